"""The record of an asynchronous invocation that a destination receives.

Shape: "Capturing records of Lambda asynchronous invocations" in AWS's Lambda developer guide. Request and response are
put in as the bytes that they are, so that no number loses a digit.
"""

from __future__ import annotations

import json
from typing import Any

from esb_gateway.async_invoke.rules import Condition, Event, Over
from esb_gateway.logs import timestamp


def record(event: Event, over: Over, ended: float) -> bytes:
    """The record as JSON. An event that never ran has no response; what it met with instead was a throttle."""
    parts = {
        "version": b'"1.0"',
        "timestamp": _json(timestamp(ended)),
        "requestContext": _json(
            {
                "requestId": event.invocation.request_id,
                "functionArn": _qualified(event.invocation.arn),
                "condition": over.condition.value,
                "approximateInvokeCount": over.attempts,
            }
        ),
        "requestPayload": event.invocation.payload,
    }
    context = _response_context(over)
    if context is not None:
        parts["responseContext"] = _json(context)
    if over.response is not None:
        parts["responsePayload"] = _as_json(over.response)
    return b"{" + b",".join(_json(name) + b":" + value for name, value in parts.items()) + b"}"


def _response_context(over: Over) -> dict[str, Any] | None:
    match over:
        case Over(condition=Condition.ZERO_RESERVED_CONCURRENCY):
            return None
        case Over(response=None):
            return {"statusCode": 429}
        case Over(condition=Condition.SUCCESS):
            return {"statusCode": 200, "executedVersion": "$LATEST"}
        case _:
            return {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}


def _qualified(arn: str) -> str:
    """AWS names the version that was meant, also where the caller named none."""
    return f"{arn}:$LATEST" if arn.count(":") == 6 else arn


def _as_json(payload: bytes) -> bytes:
    """A function may answer with what is no JSON."""
    try:
        json.loads(payload)
    except (ValueError, RecursionError):
        return _json(payload.decode("utf-8", "replace"))
    return payload


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
