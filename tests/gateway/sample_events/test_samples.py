"""Sample events: one for each source that is served, and every option changes the event."""

from __future__ import annotations

import io
import itertools
import json
import sys
from typing import Any

import pytest

from esb_gateway.apis.api_types import API_TYPES
from esb_gateway.cli import main
from esb_gateway.errors import ConfigurationError
from esb_gateway.event_sources.table import OPEN
from esb_gateway.sample_events.sample import Given, Sample
from esb_gateway.sample_events.table import SAMPLES, maker
from esb_gateway.tracing.identifiers import Identifiers

HERE = [sample for sample in SAMPLES if not sample.make.startswith("cloud:")]
BY_NAME = {(sample.service, sample.event): sample for sample in SAMPLES}
NEW = {
    "attribute": ["kind=first"],
    "body": '{"new": true}',
    "header": ["X-New=yes"],
    "keys": '{"id": {"S": "2"}}',
    "method": "GET",
    "operation": "REMOVE",
    "outcome": "success",
    "path": "/other?q=1",
    "resource": "/{proxy+}",
    "response": '{"new": true}',
}


SAMPLE_OF = {
    "api http 1.0": "apigateway-http-api-proxy-v1",
    "api http 2.0": "apigateway-http-api-proxy",
    "api rest 1.0": "apigateway-aws-proxy",
    "authorizer http 1.0": "apigateway-http-api-authorizer-v1",
    "authorizer http 2.0": "apigateway-http-api-authorizer",
    "authorizer rest request": "apigateway-request-authorizer",
    "authorizer rest token": "apigateway-authorizer",
    "cloud eventbridge": "eventbridge-event",
    "cloud sns": "sns-notification",
    "destination": "lambda-destination",
    "event source Schedule": "eventbridge-scheduled-event",
    "event source ScheduleV2": "scheduler-scheduled-event",
    "event source dynamodb": "dynamodb-update",
    "event source s3": "s3-put",
    "event source sqs": "sqs-receive-message",
    "function url": "lambda-function-url",
}


def name_of(sample: Sample) -> str:
    return f"{sample.service}-{sample.event}"


def make(sample: Sample, **changed: Any) -> Any:
    """The event of a sample; what is random, and the time, are the same each time."""
    defaults: dict[str, Any] = {option.name: [] if option.repeated else option.default for option in sample.options}
    numbers = itertools.count()
    identifiers = Identifiers(lambda count: bytes(next(numbers) % 256 for _ in range(count)))
    region = changed.pop("region", "eu-central-1")
    return json.loads(maker(sample)(Given({**defaults, **changed}, region, "123456789012", 1_700_000_000, identifiers)))


def test_every_source_that_is_served_has_a_sample() -> None:
    payloads = {"REST": ("1.0",), "HTTP": ("1.0", "2.0")}
    authorizers = {"authorizer rest token", "authorizer rest request", "authorizer http 1.0", "authorizer http 2.0"}
    apis = {f"api {name.lower()} {payload}" for name in API_TYPES for payload in payloads[name]}
    sources = {f"event source {name}" for name in OPEN}
    others = {"function url", "destination", "cloud sns", "cloud eventbridge"}
    assert apis | sources | authorizers | others <= SAMPLE_OF.keys()
    assert set(SAMPLE_OF.values()) <= set(map(name_of, SAMPLES))


def test_samples_of_a_service_stand_together() -> None:
    """`esb-gateway event --help` lists each service once."""
    assert [(sample.service, sample.event) for sample in SAMPLES] == sorted(BY_NAME, key=lambda name: name[0])


@pytest.mark.parametrize("sample", HERE, ids=name_of)
def test_every_option_changes_the_event(sample: Sample) -> None:
    event = make(sample)
    assert event == make(sample)
    for option in sample.options:
        assert make(sample, **{option.name: NEW.get(option.name, "other")}) != event, option.name
    assert ("eu-central-1" in json.dumps(event)) == ("us-east-1" in json.dumps(make(sample, region="us-east-1")))


def test_a_request_has_its_route_and_its_parts() -> None:
    rest, http = BY_NAME["apigateway", "aws-proxy"], BY_NAME["apigateway", "http-api-proxy"]
    parts = {"path": "/orders/42?detail=full&detail=no", "resource": "/orders/{id}", "method": "PUT"}
    event = make(rest, **parts, stage="dev", header=["X-Shop=one"], body="{}")
    assert (event["resource"], event["path"], event["pathParameters"]) == ("/orders/{id}", "/orders/42", {"id": "42"})
    assert (event["httpMethod"], event["requestContext"]["path"]) == ("PUT", "/dev/orders/42")
    assert event["multiValueQueryStringParameters"] == {"detail": ["full", "no"]}
    assert (event["headers"]["X-Shop"], event["body"]) == ("one", "{}")
    event = make(http, **parts)
    assert (event["version"], event["routeKey"], event["pathParameters"]) == ("2.0", "PUT /orders/{id}", {"id": "42"})
    assert make(http, method="GET").get("body") is None
    assert make(BY_NAME["apigateway", "http-api-proxy-v1"])["version"] == "1.0"


def test_authorizers_get_the_token() -> None:
    token = make(BY_NAME["apigateway", "authorizer"], token="Bearer x", path="/orders", method="GET")
    assert token == {
        "type": "TOKEN",
        "authorizationToken": "Bearer x",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:MyApi/Prod/GET/orders",
    }
    request = make(BY_NAME["apigateway", "request-authorizer"], token="Bearer x")
    assert (request["type"], request["headers"]["Authorization"]) == ("REQUEST", "Bearer x")
    http = make(BY_NAME["apigateway", "http-api-authorizer"], token="Bearer x")
    assert (http["version"], http["identitySource"]) == ("2.0", ["Bearer x"])
    assert make(BY_NAME["apigateway", "http-api-authorizer-v1"])["version"] == "1.0"


def test_messages_schedules_and_records() -> None:
    (record,) = make(BY_NAME["sqs", "receive-message"], queue="jobs.fifo", attribute=["kind=first"], body="tea")[
        "Records"
    ]
    assert record["eventSourceARN"] == "arn:aws:sqs:eu-central-1:123456789012:jobs.fifo"
    assert (record["body"], record["md5OfBody"]) == ("tea", "7239ea2b5dc943f61f3c0a0276c20974")
    assert record["attributes"]["MessageGroupId"] == "1"
    assert record["messageAttributes"]["kind"]["stringValue"] == "first"
    rule = make(BY_NAME["eventbridge", "scheduled-event"], rule="nightly")
    assert rule["resources"] == ["arn:aws:events:eu-central-1:123456789012:rule/nightly"]
    assert rule["time"] == "2023-11-14T22:13:00Z"
    sent = make(BY_NAME["scheduler", "scheduled-event"], schedule="s", body='["<aws.scheduler.schedule-arn>"]')
    assert sent == ["arn:aws:scheduler:eu-central-1:123456789012:schedule/default/s"]
    (created,) = make(BY_NAME["s3", "put"], bucket="files", key="a b.txt", body="tea")["Records"]
    assert (created["eventName"], created["awsRegion"]) == ("ObjectCreated:Put", "eu-central-1")
    assert created["s3"]["bucket"]["name"] == "files"
    assert (created["s3"]["object"]["key"], created["s3"]["object"]["size"]) == ("a+b.txt", 3)
    assert make(BY_NAME["s3", "delete"])["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    failed = make(BY_NAME["lambda", "destination"], function="f", body='{"a": 1}')
    assert (failed["requestPayload"], failed["requestContext"]["condition"]) == ({"a": 1}, "RetriesExhausted")
    assert make(BY_NAME["lambda", "destination"], outcome="success")["requestContext"]["condition"] == "Success"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (("apigateway", "aws-proxy"), {"path": "orders"}, "--path orders: not a path"),
        (("apigateway", "aws-proxy"), {"path": "//[a"}, r"--path //\[a: the route //\[a has no such path"),
        (("apigateway", "aws-proxy"), {"path": "?/orders"}, r"--path \?/orders: not a path"),
        (("apigateway", "aws-proxy"), {"resource": "orders"}, "--resource orders: not a route"),
        (("apigateway", "aws-proxy"), {"resource": "/b"}, "--path /hello: the route /b has no such path"),
        (("apigateway", "aws-proxy"), {"header": ["x"]}, "--header x: not a header"),
        (("sqs", "receive-message"), {"attribute": ["x"]}, "--attribute x: not an attribute"),
        (("lambda", "destination"), {"body": "x"}, "--body: not JSON"),
    ],
)
def test_an_option_that_makes_no_event_is_one_sentence(name: tuple[str, str], options: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make(BY_NAME[name], **options)


@pytest.mark.parametrize(
    ("event", "given", "sentence"),
    [
        (("s3", "put"), b"\xff", "--body: standard input is not UTF-8."),
        (("sns", "notification"), b"a\0b", "esb-cloud cannot be started with these options (embedded null byte)."),
    ],
)
def test_standard_input_that_makes_no_event_is_one_sentence(
    event: tuple[str, str],
    given: bytes,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert main(["event", *event, "--body", "-"]) == 1
    assert capsys.readouterr().err == f"esb-gateway: {sentence}\n"


def test_the_command_prints_an_event_also_of_esb_cloud(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["event", "sqs", "receive-message", "--body", "tea"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["Records"][0]["body"] == "tea"
    assert main(["event", "sns", "notification", "--body=-x", "--attribute=a=b", "--region", "eu-west-1"]) == 0
    sns = json.loads(capfdbinary.readouterr().out)["Records"][0]["Sns"]
    assert (sns["Message"], sns["TopicArn"]) == ("-x", "arn:aws:sns:eu-west-1:123456789012:my-topic")
    assert main(["event", "eventbridge", "event", "--body", "x"]) == 1
    assert capfdbinary.readouterr().err.startswith(b"esb-gateway: --body: the detail of an event is a JSON object")
