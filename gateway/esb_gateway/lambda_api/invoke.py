"""The Invoke operations of the Lambda API: what a request asks for, and the responses. Pure.

`POST /2015-03-31/functions/{FunctionName}/invocations` and `POST /2021-11-15/functions/{FunctionName}/
response-streaming-invocations`, "Invoke" and "InvokeWithResponseStream" in AWS's Lambda API reference.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote

from esb_gateway.invocation import (
    MAX_ASYNC_PAYLOAD,
    MAX_SYNC_PAYLOAD,
    Ending,
    Function,
    NotAccepted,
    Outcome,
    Throttled,
)
from esb_schemas.contract import Stack
from esb_wire.errors import AwsError
from esb_wire.http.messages import Headers, Request, Response

PREFIX: Final = "/2015-03-31/functions/"
SUFFIX: Final = "/invocations"
STREAM_PREFIX: Final = "/2021-11-15/functions/"
STREAM_SUFFIX: Final = "/response-streaming-invocations"

_MAX_CLIENT_CONTEXT: Final = 3583  # bytes, as base64

_NAME_RULE: Final = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
_NAME: Final = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_-]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?"
)


class InvocationType(Enum):
    """The values of X-Amz-Invocation-Type."""

    REQUEST_RESPONSE = "RequestResponse"
    EVENT = "Event"
    DRY_RUN = "DryRun"


class Call(NamedTuple):
    """A valid request. `arn` includes the qualifier that the caller used; `stream` asks for a streamed response."""

    function: Function
    arn: str
    type: InvocationType
    payload: bytes
    client_context: str | None
    want_log_tail: bool
    stream: bool = False


class InvokeError(AwsError):
    """The request is rejected with one of the Invoke page's errors."""

    def __init__(self, code: str, status: int, message: str, reason: str | None = None) -> None:
        self.reason = reason
        super().__init__(code, message, status)


def is_invoke(path: str) -> bool:
    """True if the path belongs to the Lambda API. No route of an API can have it."""
    return path.startswith((PREFIX, STREAM_PREFIX))


def parse(request: Request, functions: Mapping[str, Function], stack: Stack) -> Call:
    """Parse a request. Raises InvokeError."""
    stream = request.path.startswith(STREAM_PREFIX)
    before, after = (STREAM_PREFIX, STREAM_SUFFIX) if stream else (PREFIX, SUFFIX)
    if request.method != "POST" or not request.path.endswith(after):
        raise InvokeError(
            "UnknownOperationException", 404,
            f"{request.method} {request.path}: of Lambda's API, ESB has Invoke and InvokeWithResponseStream only.",
        )  # fmt: skip
    function, arn = _find(request, unquote(request.path[len(before) : -len(after)]), functions, stack)
    invocation_type = _invocation_type(request.lowered.get("x-amz-invocation-type", "RequestResponse"), stream)
    return Call(
        function=function,
        arn=arn,
        type=invocation_type,
        payload=_payload(request.body),
        client_context=_client_context(request.lowered.get("x-amz-client-context")),
        want_log_tail=_log_type(request.lowered.get("x-amz-log-type", "None")),
        stream=stream,
    )


def _find(request: Request, text: str, functions: Mapping[str, Function], stack: Stack) -> tuple[Function, str]:
    name = _NAME.fullmatch(text)
    if name is None or len(text) > 170:
        raise InvokeError(
            "ValidationException", 400,
            f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {_NAME_RULE}",
        )  # fmt: skip
    qualifier = _qualifier(name["qualifier"], request.query)
    home = (stack.region, stack.account_id)
    if (name["region"] or stack.region, name["account"] or stack.account_id) != home:
        raise not_found(text)
    function = functions.get(name["name"]) or _by_logical_id(name["name"], functions)
    arn = stack.function_arn(name["name"] if function is None else function.name)
    if function is None or not _has_qualifier(function, qualifier):
        known = function is not None and function.name != name["name"]
        hint = f" ({name['name']} is the logical id of {function.name})" if function is not None and known else ""
        raise not_found(f"{arn}:{qualifier or '$LATEST'}{hint}")
    return function, f"{arn}:{qualifier}" if qualifier else arn


def not_found(arn: str) -> InvokeError:
    """The error for a function that does not exist, or not with this qualifier."""
    return InvokeError("ResourceNotFoundException", 404, f"Function not found: {arn}")


def _by_logical_id(name: str, functions: Mapping[str, Function]) -> Function | None:
    """The function that the template calls so; AWS knows no such name, but tools of developers use it."""
    return next((function for function in functions.values() if function.logical_id == name), None)


def _qualifier(in_name: str | None, query: str) -> str | None:
    asked = parse_qs(query, keep_blank_values=True).get("Qualifier", [None])[-1] if query else None
    if in_name is not None and asked is not None and in_name != asked:
        raise InvokeError(
            "InvalidParameterValueException", 400,
            "The derived qualifier from the function name does not match the specified qualifier.",
        )  # fmt: skip
    return asked or in_name


def _has_qualifier(function: Function, qualifier: str | None) -> bool:
    """A function has one version at most besides $LATEST."""
    return qualifier in (None, "$LATEST", *function.aliases) or (function.published and qualifier == function.version)


def _invocation_type(text: str, stream: bool) -> InvocationType:
    if stream and text not in ("DryRun", "RequestResponse"):
        raise _not_in_enum("invocationType", text, "[DryRun, RequestResponse]")
    try:
        return InvocationType(text)
    except ValueError:
        raise _not_in_enum("invocationType", text, "[Event, DryRun, RequestResponse]") from None


def _log_type(text: str) -> bool:
    if text not in ("None", "Tail"):
        raise _not_in_enum("logType", text, "[None, Tail]")
    return text == "Tail"


def _not_in_enum(member: str, value: str, allowed: str) -> InvokeError:
    return InvokeError(
        "ValidationException", 400,
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must satisfy enum value set: {allowed}",
    )  # fmt: skip


def max_payload(request: Request) -> int:
    """How many bytes the payload may have: Event has a limit of its own."""
    is_event = request.lowered.get("x-amz-invocation-type") == InvocationType.EVENT.value
    return MAX_ASYNC_PAYLOAD if is_event else MAX_SYNC_PAYLOAD


def check_size(request: Request) -> None:
    """Raises InvokeError for a payload that is too large; it was not received, so no signature can be checked."""
    limit = max_payload(request)
    if request.too_large or len(request.body) > limit:
        operation = "InvokeAsync" if limit == MAX_ASYNC_PAYLOAD else "InvokeFunction"
        raise InvokeError(
            "RequestTooLargeException", 413, f"Request must be smaller than {limit} bytes for the {operation} operation"
        )


def _payload(body: bytes) -> bytes:
    """The body, which must be JSON. No body is the empty object."""
    if not body:
        return b"{}"
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvokeError(
            "InvalidRequestContentException", 400, f"Could not parse request body into json: {error}"
        ) from error
    return body


def _client_context(header: str | None) -> str | None:
    """The caller's context as JSON text; the header is base64."""
    if header is None:
        return None
    try:
        text = base64.b64decode(header, validate=True).decode("utf-8")
        json.loads(text)
    except ValueError as error:
        raise InvokeError(
            "InvalidRequestContentException", 400, "Client context must be a valid Base64-encoded JSON object."
        ) from error
    if len(header) > _MAX_CLIENT_CONTEXT:
        raise InvokeError(
            "InvalidRequestContentException", 400,
            f"Client context must be no more than {_MAX_CLIENT_CONTEXT} bytes when base64-encoded.",
        )  # fmt: skip
    return text


def error_response(error: InvokeError, request_id: str) -> Response:
    """The error as Lambda sends it: the code in a header, the message in the body."""
    content: dict[str, str] = {"Reason": error.reason} if error.reason else {}
    content["Type"] = "User"
    # Lambda's model capitalizes the member of this error and of its relatives.
    content["Message" if error.code == "ResourceNotFoundException" else "message"] = str(error)
    headers = (("Content-Type", "application/json"), ("x-amzn-RequestId", request_id))
    return Response(error.status, (*headers, ("x-amzn-ErrorType", error.code)), json.dumps(content).encode())


def throttled(error: Throttled) -> InvokeError:
    """The error for a function that takes no more work."""
    return InvokeError("TooManyRequestsException", 429, "Rate Exceeded.", error.reason)


def not_accepted(error: NotAccepted) -> InvokeError:
    """The error for an event that could not be made durable."""
    if error.full:
        return InvokeError("TooManyRequestsException", 429, str(error))
    return InvokeError("ServiceException", 500, str(error))


def accepted(call: Call, request_id: str, trace_id: str) -> Response:
    """The response to a call whose result the caller does not wait for: 202 for Event, 204 for DryRun."""
    status = 202 if call.type is InvocationType.EVENT else 204
    return Response(status, _identity(request_id, trace_id))


def response(outcome: Outcome, call: Call, request_id: str, trace_id: str) -> Response:
    """The response to a synchronous call. A function that failed is a 200 with X-Amz-Function-Error.

    A call that waited in vain for a slot is a 429, as if it had been throttled at once.
    """
    if outcome.ending is Ending.NOT_RUN:
        return error_response(throttled(Throttled("ConcurrentInvocationLimitExceeded")), request_id)
    headers: Headers = (("Content-Type", outcome.content_type), *executed(call, request_id, trace_id))
    if outcome.ending is not Ending.DONE:
        headers += (("X-Amz-Function-Error", "Unhandled"),)
    if outcome.log_tail:
        headers += (("X-Amz-Log-Result", base64.b64encode(outcome.log_tail).decode("ascii")),)
    return Response(200, headers, outcome.payload)


def executed(call: Call, request_id: str, trace_id: str) -> Headers:
    """The headers that identify an invocation and the version that ran."""
    version = call.function.executed_version(call.arn)
    return (*_identity(request_id, trace_id), ("X-Amz-Executed-Version", version))


def _identity(request_id: str, trace_id: str) -> Headers:
    return (("x-amzn-RequestId", request_id), ("X-Amzn-Trace-Id", trace_id))
