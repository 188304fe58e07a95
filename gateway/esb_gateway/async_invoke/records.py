"""The record of an asynchronous invocation that a destination receives.

Shape: "Capturing records of Lambda asynchronous invocations" in AWS's Lambda developer guide. Request and response are
inserted byte for byte, so that no number loses a digit.
"""

from __future__ import annotations

import json
from typing import Any

from esb_gateway.async_invoke.rules import Condition, Ended, Event
from esb_gateway.invocation import MAX_ASYNC_PAYLOAD
from esb_gateway.logs import timestamp


def record(event: Event, ended: Ended, version: str, now: float) -> bytes:
    """The record as JSON, with the version that ran. An event that never ran has no response: it was throttled."""
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
        parts["responsePayload"] = _as_json(ended.response)
    return b"{" + b",".join(_json(name) + b":" + value for name, value in parts.items()) + b"}"


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
        return payload  # no target takes a record of this size, and the event loop would have to wait for its parsing
    try:
        json.loads(payload)
    except (ValueError, RecursionError):
        return _json(payload.decode("utf-8", "replace"))
    return payload


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
