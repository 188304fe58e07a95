"""The call of a service by a route: what is wrong with its parameters, and with changes of the response."""

from __future__ import annotations

from typing import Any

import pytest

from esb_schemas.errors import dotted
from esb_schemas.service_integrations.rules import request_problems, response_problems
from esb_schemas.service_integrations.subtypes import SUBTYPES

GIVEN = {"QueueUrl": "http://cloud:4566/1/q", "MessageBody": "$request.body"}


def said(parameters: dict[str, str], subtype: str = "SQS-SendMessage", path: str = "/a/{id}") -> list[str]:
    problems = request_problems(subtype, parameters, path)
    return [": ".join(filter(None, (dotted(problem.path), problem.text))) for problem in problems]


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_the_required_parameters_are_enough(subtype: str) -> None:
    assert said(dict.fromkeys(SUBTYPES[subtype].required, "$request.body.a"), subtype) == []


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"QueueUrl": "x"}, "SQS-SendMessage needs 'MessageBody'"),
        (
            {**GIVEN, "MessageGroupID": "a"},
            "MessageGroupID: SQS-SendMessage has no such parameter; did you mean MessageGroupId?",
        ),
        ({**GIVEN, "Detail": "a"}, "Detail: SQS-SendMessage has no such parameter"),
        ({**GIVEN, "MessageBody": ""}, "MessageBody: must not be empty"),
        ({**GIVEN, "MessageBody": "$request.path.name"}, "MessageBody: the path /a/{id} has no parameter 'name'"),
        (
            {**GIVEN, "MessageAttributes": "a"},
            "MessageAttributes: must be a JSON object, or a selection of one, such as $request.body.attributes",
        ),
    ],
)
def test_wrong_parameters(parameters: dict[str, str], problem: str) -> None:
    assert said(parameters) == [problem]


@pytest.mark.parametrize(
    "attributes",
    [
        '{"A": {"DataType": "String", "StringValue": "${request.header.a}"}}',
        "$request.body.attributes",
        "$request.body",
    ],
)
def test_attributes_are_an_object_or_selected(attributes: str) -> None:
    assert said({**GIVEN, "MessageAttributes": attributes, "DelaySeconds": "5"}) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"OK": {}}, "OK: must be a status from 200 to 599, not 'OK'"),
        ({"200": {"overwrite:statuscode": "700"}}, "must be a status from 200 to 599, not '700'"),
        ({"200": {"append:header.Content-Length": "1"}}, "changes a header that API Gateway reserves"),
        ({"200": {"append:header.x-amzn-a": "1"}}, "changes a header that API Gateway reserves"),
        ({"200": {"append:querystring.a": "1"}}, "is not overwrite:statuscode, append:header.name"),
        ({"200": {"append:header.a": "$request.body"}}, "is not one of $response.body, $response.header, $context"),
    ],
)
def test_wrong_changes_of_the_response(changes: dict[str, Any], problem: str) -> None:
    (found,) = response_problems(changes)
    assert problem in f"{dotted(found.path)}: {found.text}"


def test_changes_of_the_response() -> None:
    changes = {"200": {"overwrite:statuscode": "202", "append:header.A": "$response.body.a", "remove:header.B": "''"}}
    assert list(response_problems(changes)) == []
