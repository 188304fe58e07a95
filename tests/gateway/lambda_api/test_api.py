"""boto3's own Lambda client against the Invoke API: each documented error is the right exception."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest

from esb_gateway.invocation import Ending, Outcome
from esb_gateway.tracing.lineage import with_invocation

pytestmark = pytest.mark.server


@pytest.fixture
def lambda_client(harness: Any, running: Any, client_of: Any) -> Iterator[Any]:
    harness.credentials = client_of.credentials
    harness.clock = time.time
    harness.invoker.answer = lambda invocation: Outcome(Ending.DONE, invocation.payload, b"the log")
    with running(harness) as (host, port), client_of(f"http://{host}:{port}") as client:
        yield client


def test_a_synchronous_call_gives_payload_log_and_request_id(lambda_client: Any, harness: Any) -> None:
    context = base64.b64encode(b'{"client":{}}').decode()
    answer = lambda_client.invoke(
        FunctionName="hello:live", Payload=b'{"a":"\xc3\xa9"}', LogType="Tail", ClientContext=context
    )
    assert json.loads(answer["Payload"].read()) == {"a": "é"}
    assert (answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer) == (200, "$LATEST", False)
    assert base64.b64decode(answer["LogResult"]) == b"the log"
    assert answer["ResponseMetadata"]["RequestId"] == harness.invoker.submitted[0].request_id
    assert harness.invoker.submitted[0].client_context == '{"client":{}}'


def test_an_arn_and_a_qualifier(lambda_client: Any) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:hello"
    assert lambda_client.invoke(FunctionName=arn, Qualifier="$LATEST")["StatusCode"] == 200


def test_event_and_dry_run(lambda_client: Any) -> None:
    assert lambda_client.invoke(FunctionName="hello", InvocationType="Event")["StatusCode"] == 202
    assert lambda_client.invoke(FunctionName="hello", InvocationType="DryRun")["StatusCode"] == 204


def test_a_call_on_a_loop(lambda_client: Any, harness: Any) -> None:
    trace = "Root=1-67a1b2c3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0"
    for _ in range(16):
        trace = with_invocation(trace, "hello")

    def add(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["X-Amzn-Trace-Id"] = trace

    lambda_client.meta.events.register("before-call.lambda.Invoke", add)
    with pytest.raises(lambda_client.exceptions.RecursiveInvocationException, match="hello was invoked 16 times"):
        lambda_client.invoke(FunctionName="hello")
    assert harness.invoker.submitted == []
    assert harness.counts.loops == {("hello",): 1}
    assert lambda_client.invoke(FunctionName="hello", InvocationType="Event")["StatusCode"] == 202


def test_a_function_error(lambda_client: Any, harness: Any) -> None:
    harness.invoker.answer = lambda _: Outcome(Ending.FUNCTION_ERROR, b'{"errorType":"E"}')
    answer = lambda_client.invoke(FunctionName="hello")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read()) == {"errorType": "E"}


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("ResourceNotFoundException", {"FunctionName": "nope"}),
        ("InvalidRequestContentException", {"FunctionName": "hello", "Payload": b"{"}),
        ("RequestTooLargeException", {"FunctionName": "hello", "Payload": b"1" * (6 * 1024 * 1024 + 1)}),
        ("RequestTooLargeException", {"FunctionName": "hello", "Payload": b"1" * (11 * 1024 * 1024)}),
        ("InvalidParameterValueException", {"FunctionName": "hello:live", "Qualifier": "other"}),
    ],
)
def test_documented_errors(lambda_client: Any, code: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(lambda_client.exceptions.from_code(code)):
        lambda_client.invoke(**arguments)


def test_a_throttled_call_is_a_429_with_its_reason(lambda_client: Any, harness: Any) -> None:
    harness.invoker.throttle = "ReservedFunctionConcurrentInvocationLimitExceeded"
    with pytest.raises(lambda_client.exceptions.TooManyRequestsException) as raised:
        lambda_client.invoke(FunctionName="hello")
    assert raised.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


@pytest.mark.parametrize(
    ("keys", "code"),
    [(("AKIDOTHER", "x"), "UnrecognizedClientException"), (("AKIDEXAMPLE", "x"), "InvalidSignatureException")],
)
def test_wrong_credentials(lambda_client: Any, client_of: Any, keys: tuple[str, str], code: str) -> None:
    with client_of(lambda_client.meta.endpoint_url, keys) as stranger:
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            stranger.invoke(FunctionName="hello")
        assert raised.value.response["Error"]["Code"] == code
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_call_without_credentials_is_refused(lambda_client: Any, client_of: Any) -> None:
    with client_of(lambda_client.meta.endpoint_url, None) as stranger:
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            stranger.invoke(FunctionName="hello")
        assert raised.value.response["Error"]["Code"] == "MissingAuthenticationTokenException"


def test_an_old_signature(lambda_client: Any, harness: Any) -> None:
    harness.clock = lambda: time.time() + 301
    with pytest.raises(botocore.exceptions.ClientError, match="Signature expired"):
        lambda_client.invoke(FunctionName="hello")
