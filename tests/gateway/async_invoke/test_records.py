"""The record of an asynchronous invocation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from esb_gateway.async_invoke.records import dead_letter_attributes, record
from esb_gateway.async_invoke.rules import Condition, Ended, Event
from esb_gateway.invocation import MAX_ASYNC_PAYLOAD, Invocation

NOW = 1_700_000_000.0
ARN = "arn:aws:lambda:us-east-1:123456789012:function:work"
INVOCATION = Invocation("work", b'{"n": 1.10}', "id-1", "Root=1-0", ARN)
RAN = {"statusCode": 200, "executedVersion": "$LATEST"}
SUCCESS, EXHAUSTED = Ended(Condition.SUCCESS, 1, b"1"), Ended(Condition.RETRIES_EXHAUSTED, 3, b"{}")


def event(attempts: int = 0) -> Event:
    return Event(INVOCATION, accepted=NOW, due=NOW, attempts=attempts)


def test_a_record_has_the_shape_of_aws() -> None:
    assert json.loads(record(event(2), EXHAUSTED, "$LATEST", NOW)) == {
        "version": "1.0",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "requestContext": {
            "requestId": "id-1",
            "functionArn": f"{ARN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"n": 1.1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {},
    }


@pytest.mark.parametrize(
    ("ended", "context", "payload"),
    [
        (SUCCESS, RAN, 1),
        (
            Ended(Condition.SUCCESS, 1, b"no json\xff"),
            {"statusCode": 200, "executedVersion": "$LATEST"},
            "no json\ufffd",
        ),
        (Ended(Condition.EVENT_AGE_EXCEEDED, 0), {"statusCode": 429}, None),
        (Ended(Condition.ZERO_RESERVED_CONCURRENCY, 0), None, None),
    ],
)
def test_the_response_in_a_record(ended: Ended, context: Any, payload: Any) -> None:
    made = json.loads(record(event(), ended, "$LATEST", NOW))
    assert (made.get("responseContext"), made.get("responsePayload")) == (context, payload)


def test_the_request_is_in_the_record_byte_for_byte() -> None:
    assert b'"requestPayload":{"n": 1.10}' in record(event(), SUCCESS, "$LATEST", NOW)


def test_a_qualifier_stays_in_the_arn_and_the_version_is_named() -> None:
    aliased = Event(Invocation("work", b"{}", "id", "", f"{ARN}:live"), NOW, NOW)
    made = json.loads(record(aliased, SUCCESS, "1", NOW))
    assert made["requestContext"]["functionArn"] == f"{ARN}:live"
    assert made["responseContext"]["executedVersion"] == "1"


def test_a_response_that_no_target_would_take_is_not_parsed() -> None:
    response = b"x" * (MAX_ASYNC_PAYLOAD + 1)
    made = record(event(), Ended(Condition.SUCCESS, 1, response), "$LATEST", NOW)
    assert made.endswith(b'"responsePayload":' + response + b"}")


@pytest.mark.parametrize(
    ("response", "code", "message"),
    [
        (b'{"errorMessage": "no", "errorType": "E"}', "200", "no"),
        (b'{"errorMessage": "' + "é".encode() * 1000 + b'"}', "200", "é" * 512),
        (b"no JSON", "200", "Unhandled"),
        (b"[]", "200", "Unhandled"),
        (None, "429", "RetriesExhausted"),
    ],
)
def test_a_dead_letter_says_why(response: bytes | None, code: str, message: str) -> None:
    found = dead_letter_attributes(event(), Ended(Condition.RETRIES_EXHAUSTED, 3, response))
    assert {name: each.value for name, each in found.items()} == {
        "RequestID": "id-1",
        "ErrorCode": code,
        "ErrorMessage": message,
    }
