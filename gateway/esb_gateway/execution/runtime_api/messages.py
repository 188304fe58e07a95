"""The bytes that the Runtime API sends. Pure.

Headers and status codes are those of the AWS Lambda Developer Guide, "Using the Lambda runtime API for custom
runtimes"; the bodies of refusals are those of AWS's runtime interface emulator.
"""

from __future__ import annotations

from esb_gateway.execution.pools.slots import Work
from esb_gateway.tracing.lineage import with_invocation
from esb_wire.http.bodies import with_body


def next_response(work: Work, deadline_ms: int) -> tuple[bytes, ...]:
    """The pieces of the response to `GET next`: the event is the body, everything else is in headers."""
    invocation = work.invocation
    optional = ""
    if invocation.client_context is not None:
        optional = f"Lambda-Runtime-Client-Context: {header_text(invocation.client_context)}\r\n"
    if invocation.cognito_identity is not None:
        optional += f"Lambda-Runtime-Cognito-Identity: {header_text(invocation.cognito_identity)}\r\n"
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Content-Type: application/json\r\n"
        f"Lambda-Runtime-Aws-Request-Id: {invocation.request_id}\r\n"
        f"Lambda-Runtime-Deadline-Ms: {deadline_ms}\r\n"
        f"Lambda-Runtime-Invoked-Function-Arn: {header_text(invocation.arn)}\r\n"
        f"Lambda-Runtime-Trace-Id: {header_text(with_invocation(invocation.trace_id, invocation.function))}\r\n"
        f"{optional}"
        f"Content-Length: {len(invocation.payload)}\r\n\r\n"
    )
    return with_body(head.encode(), invocation.payload)


def header_text(value: str) -> str:
    """The value as one line of ASCII. JSON keeps its meaning: line breaks become spaces, the rest is escaped."""
    if value.isascii() and value.isprintable():
        return value
    return "".join(map(_header_character, value))


def _header_character(character: str) -> str:
    if not character.isascii():
        units = character.encode("utf-16-be", "surrogatepass").hex()
        return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    return character if character.isprintable() else " "


def switched(address: str) -> bytes:
    """The answer to a supervisor that asks for its connection. `address` is the IP address of ours that it reached:
    a runtime that looks up a name gives up after a second, as awslambdaric does, and so would fail its start.
    """
    known = f"Esb-Address: {address}\r\n" if ":" not in address else ""  # HOST:PORT has no room for IPv6
    return f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: esb-slots/2\r\n{known}\r\n".encode()


def _response(status: str, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body]).encode()


def _refusal(status: str, error_type: str, message: str, *headers: str) -> bytes:
    return _response(status, f'{{"errorMessage":"{message}","errorType":"{error_type}"}}\n', *headers)


_CLOSE = "Connection: close"

ACCEPTED = _response("202 Accepted", '{"status":"OK"}\n')
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
UNKNOWN_REQUEST = _refusal("400 Bad Request", "InvalidRequestID", "Invalid request ID")
WRONG_STATE = _refusal("403 Forbidden", "InvalidStateTransition", "State transition is not allowed")
NO_SUCH_PATH = _refusal("404 Not Found", "NotFound", "The Runtime API has no such path")
MALFORMED = _refusal("400 Bad Request", "InvalidRequest", "This is not an HTTP/1.1 request", _CLOSE)
OUT_OF_TURN = _refusal("400 Bad Request", "InvalidRequest", "A request followed an unanswered next", _CLOSE)
UNKNOWN_CALLER = _refusal("403 Forbidden", "UnknownRuntime", "No function is known by this Host header", _CLOSE)
TOO_LARGE = _refusal("431 Request Header Fields Too Large", "InvalidRequest", "The headers are too large", _CLOSE)
