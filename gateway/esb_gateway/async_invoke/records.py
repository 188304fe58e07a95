"""The record of an asynchronous invocation that a destination receives.

Shape: "Capturing records of Lambda asynchronous invocations" in AWS's Lambda developer guide. Request and response are
inserted byte for byte, so that no number loses a digit.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from esb_gateway.async_invoke.rules import Condition, Ended, Event
from esb_gateway.invocation import MAX_ASYNC_PAYLOAD
from esb_gateway.targets.target import About, Attribute
from esb_gateway.telemetry.logs import timestamp

_MAX_ERROR_MESSAGE: Final = 1024  # bytes


class ReadResponse(NamedTuple):
    """A function's response as others get it: `document` is JSON, `error` the message of a dead letter."""

    document: bytes
    error: str


def read_response(response: bytes) -> ReadResponse:
    """A response of 6 MB takes 5 to 100 ms."""
    return ReadResponse(_as_json(response), _error_message(response))


def record(event: Event, ended: Ended, version: str, now: float, read: ReadResponse | None = None) -> bytes:
    """The record as JSON, with the version that ran. An event that never ran has no response: it was throttled.

    `read` is what `read_response` has found, if that was asked.
    """
    parts = {
        "version": b'"1.0"',
        "timestamp": _json(timestamp(now)),
        "requestContext": _json(
            {
                "requestId": event.invocation.request_id,
                "functionArn": _qualified(event.invocation.arn),
                "condition": ended.condition.value,
                "approximateInvokeCount": ended.attempts,
            }
        ),
        "requestPayload": event.invocation.payload,
    }
    context = _response_context(ended, version)
    if context is not None:
        parts["responseContext"] = _json(context)
    if ended.response is not None:
        parts["responsePayload"] = _as_json(ended.response) if read is None else read.document
    return b"{" + b",".join(_json(name) + b":" + value for name, value in parts.items()) + b"}"


def about(event: Event, ended: Ended, destination: str) -> About:
    """The fields of an event in which a bus gets the record; recorded of AWS (lambda/test_lambda_destinations)."""
    result = "Success" if ended.condition is Condition.SUCCESS else "Failure"
    resources = (destination, _qualified(event.invocation.arn))
    return About("lambda", f"Lambda Function Invocation Result - {result}", resources)


def dead_letter_attributes(event: Event, ended: Ended, read: ReadResponse | None = None) -> dict[str, Attribute]:
    """The attributes of a dead letter: the id of the request, and why it failed. `read` as in `record`.

    Recorded of AWS (lambda/test_lambda_integration_sqs, test_sqs_queue_as_lambda_dead_letter_queue): the error code is
    the status with which a function's error is answered, 200. Without a response it was throttled, 429.
    """
    if ended.response is None:
        message = ended.condition.value
    else:
        message = _error_message(ended.response) if read is None else read.error
    return {
        "RequestID": Attribute("String", event.invocation.request_id),
        "ErrorCode": Attribute("Number", "429" if ended.response is None else "200"),
        "ErrorMessage": Attribute("String", message.encode()[:_MAX_ERROR_MESSAGE].decode("utf-8", "ignore")),
    }


def _error_message(response: bytes) -> str:
    try:
        document = json.loads(response)
    except (ValueError, RecursionError):
        document = None
    found = document.get("errorMessage") if isinstance(document, dict) else None
    return found if isinstance(found, str) and found else "Unhandled"


def _response_context(ended: Ended, version: str) -> dict[str, Any] | None:
    match ended:
        case Ended(condition=Condition.ZERO_RESERVED_CONCURRENCY):
            return None
        case Ended(response=None):
            return {"statusCode": 429}
        case Ended(condition=Condition.SUCCESS):
            return {"statusCode": 200, "executedVersion": version}
        case _:
            return {"statusCode": 200, "executedVersion": version, "functionError": "Unhandled"}


def _qualified(arn: str) -> str:
    """AWS names the version, even if the caller named none."""
    return f"{arn}:$LATEST" if arn.count(":") == 6 else arn


def _as_json(payload: bytes) -> bytes:
    """The payload as JSON; a function may respond with something else, which becomes a string."""
    if len(payload) > MAX_ASYNC_PAYLOAD:
        return payload  # no target takes a record of this size
    try:
        json.loads(payload)
    except (ValueError, RecursionError):
        return _json(payload.decode("utf-8", "replace"))
    return payload


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
