"""The bytes that the Extensions API sends. Pure.

Bodies and headers are those of the AWS Lambda Developer Guide, "Using the Lambda Extensions API to create extensions";
the types of refusals are those of AWS's runtime interface emulator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from esb_gateway.execution.pools.slots import Work
from esb_gateway.invocation import Function
from esb_gateway.tracing.lineage import with_invocation

INVOKE: Final = "INVOKE"
SHUTDOWN: Final = "SHUTDOWN"
MAX_EXTENSIONS: Final = 10


def registered(function: Function, identifier: str, *, with_account: bool) -> bytes:
    """The answer to `register`; with the function's account if the extension accepts `accountId`."""
    body = {"functionName": function.name, "functionVersion": function.version, "handler": function.handler}
    if with_account:
        body["accountId"] = function.arn.split(":")[4]
    return _response("200 OK", body, f"Lambda-Extension-Identifier: {identifier}")


def invoke_event(work: Work, deadline_ms: int, event_id: str) -> bytes:
    """The answer to `next` at the start of an invocation."""
    invocation = work.invocation
    trace_id = with_invocation(invocation.trace_id, invocation.function)
    body = {
        "eventType": INVOKE,
        "deadlineMs": deadline_ms,
        "requestId": invocation.request_id,
        "invokedFunctionArn": invocation.arn,
        "tracing": {"type": "X-Amzn-Trace-Id", "value": trace_id},
    }
    return _response("200 OK", body, f"Lambda-Extension-Event-Identifier: {event_id}")


def shutdown_event(reason: str, deadline_ms: int, event_id: str) -> bytes:
    """The answer to `next` at the end of the environment; `reason` is spindown, timeout or failure."""
    body = {"eventType": SHUTDOWN, "shutdownReason": reason, "deadlineMs": deadline_ms}
    return _response("200 OK", body, f"Lambda-Extension-Event-Identifier: {event_id}")


def refusal(error_type: str, message: str) -> bytes:
    """403, with the reason."""
    return _response("403 Forbidden", {"errorMessage": message, "errorType": error_type})


def unsupported(api: str) -> bytes:
    """The answer of the Logs or Telemetry API where there is none: 202, as in AWS's local environments.

    An extension that gets an error ends, and then no invocation of its function succeeds.
    """
    return _response(
        "202 Accepted", {"errorMessage": f"{api} API is not supported", "errorType": f"{api}.NotSupported"}
    )


def _response(status: str, body: Mapping[str, object], *headers: str) -> bytes:
    content = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers, f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


ACCEPTED = _response("202 Accepted", {"status": "OK"})
NO_SUCH_PATH = _response(
    "404 Not Found", {"errorMessage": "The Extensions API has no such path", "errorType": "NotFound"}
)
