"""The Invoke operations of the Lambda API: what a request asks for, and the responses. Pure.

`POST /2015-03-31/functions/{FunctionName}/invocations` and `POST /2021-11-15/functions/{FunctionName}/
response-streaming-invocations`, "Invoke" and "InvokeWithResponseStream" in AWS's Lambda API reference.
"""

from __future__ import annotations

import base64
import json
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from esb_gateway.invocation import (
    MAX_ASYNC_PAYLOAD,
    MAX_SYNC_PAYLOAD,
    Ending,
    Function,
    NotAccepted,
    Outcome,
    Throttled,
)
from esb_gateway.lambda_api.errors import LambdaApiError, error_response, not_in_enum
from esb_gateway.lambda_api.function_names import FunctionNames
from esb_gateway.lambda_api.operations import Operation, RequestedOperation
from esb_gateway.tracing.lineage import MAX_INVOCATIONS
from esb_wire.http.messages import Headers, Request, Response

_MAX_CLIENT_CONTEXT: Final = 3583  # bytes, as base64


class InvocationType(StrEnum):
    """The values of X-Amz-Invocation-Type."""

    REQUEST_RESPONSE = "RequestResponse"
    EVENT = "Event"
    DRY_RUN = "DryRun"


_TYPES: Final = {str(each): each for each in InvocationType}


class Call(NamedTuple):
    """A valid request. `arn` includes the qualifier that the caller used; `stream` asks for a streamed response.

    `caller` is the function that has signed it with credentials of its own.
    """

    function: Function
    arn: str
    type: InvocationType
    payload: bytes
    client_context: str | None
    want_log_tail: bool
    stream: bool = False
    caller: str = ""


def parse(request: Request, requested: RequestedOperation, names: FunctionNames, caller: str = "") -> Call:
    """Parse a request for one of both operations, but for its payload: see `json_problem`. Raises LambdaApiError."""
    stream = requested.operation is Operation.INVOKE_WITH_RESPONSE_STREAM
    qualifier = query_of(request).get("Qualifier") if request.query else None
    function, arn = names.find(requested.resource, qualifier, ":$LATEST")
    invocation_type = _invocation_type(request.lowered.get("x-amz-invocation-type", "RequestResponse"), stream)
    return Call(
        function=function,
        arn=arn,
        type=invocation_type,
        payload=request.body or b"{}",
        client_context=_client_context(request.lowered.get("x-amz-client-context")),
        want_log_tail=_log_type(request.lowered.get("x-amz-log-type", "None")),
        stream=stream,
        caller=caller,
    )


def query_of(request: Request) -> dict[str, str]:
    """The parameters of the query string; of one that is there twice, the last."""
    return dict(parse_qsl(request.query, keep_blank_values=True)) if request.query else {}


def _invocation_type(text: str, stream: bool) -> InvocationType:
    if stream and text not in ("DryRun", "RequestResponse"):
        raise not_in_enum("invocationType", text, "[DryRun, RequestResponse]")
    found = _TYPES.get(text)
    if found is None:
        raise not_in_enum("invocationType", text, "[Event, DryRun, RequestResponse]")
    return found


def _log_type(text: str) -> bool:
    if text not in ("None", "Tail"):
        raise not_in_enum("logType", text, "[None, Tail]")
    return text == "Tail"


def max_payload(request: Request) -> int:
    """The maximum bytes of the payload: Event has a limit of its own."""
    is_event = request.lowered.get("x-amz-invocation-type") == InvocationType.EVENT
    return MAX_ASYNC_PAYLOAD if is_event else MAX_SYNC_PAYLOAD


def check_size(request: Request) -> None:
    """Raises LambdaApiError for a payload that is too large; it was not received, so no signature can be checked."""
    if not request.too_large and len(request.body) <= MAX_ASYNC_PAYLOAD:  # the lower one of the limits
        return
    limit = max_payload(request)
    if request.too_large or len(request.body) > limit:
        operation = "InvokeAsync" if limit == MAX_ASYNC_PAYLOAD else "InvokeFunction"
        raise LambdaApiError(
            "RequestTooLargeException", 413, f"Request must be smaller than {limit} bytes for the {operation} operation"
        )


def json_problem(payload: bytes) -> str | None:
    """Why a payload is not JSON; None if it is."""
    try:
        json.loads(payload)
    except (ValueError, RecursionError) as error:
        return str(error)
    return None


def not_json(problem: str) -> LambdaApiError:
    """The error for a payload that is not JSON."""
    return LambdaApiError("InvalidRequestContentException", 400, f"Could not parse request body into json: {problem}")


def _client_context(header: str | None) -> str | None:
    """The caller's context as JSON text; the header is base64."""
    if header is None:
        return None
    try:
        text = base64.b64decode(header, validate=True).decode("utf-8")
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LambdaApiError(
            "InvalidRequestContentException", 400, "Client context must be a valid Base64-encoded JSON object."
        ) from error
    if len(header) > _MAX_CLIENT_CONTEXT:
        raise LambdaApiError(
            "InvalidRequestContentException", 400,
            f"Client context must be no more than {_MAX_CLIENT_CONTEXT} bytes when base64-encoded.",
        )  # fmt: skip
    return text


def throttled(error: Throttled) -> LambdaApiError:
    """The error for a function that takes no more work."""
    return LambdaApiError("TooManyRequestsException", 429, "Rate Exceeded.", error.reason)


def recursive(function: str) -> LambdaApiError:
    """The error for a call that would go on a loop. Lambda API reference, "Invoke", RecursiveInvocationException."""
    return LambdaApiError(
        "RecursiveInvocationException", 400,
        f"{function} was invoked {MAX_INVOCATIONS} times in this chain of events: it is in a recursive loop. "
        "RecursiveLoop: Allow in the template lets it go on.",
    )  # fmt: skip


def not_accepted(error: NotAccepted) -> LambdaApiError:
    """The error for an event that could not be made durable."""
    if error.full:
        return LambdaApiError("TooManyRequestsException", 429, str(error))
    return LambdaApiError("ServiceException", 500, str(error))


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
