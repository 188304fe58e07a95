"""Requests to function URLs: each is checked, its function runs with an event, and the result becomes the response.

The rules are those of "Creating and managing Lambda function URLs" and the pages below it in AWS's Lambda guide. There
is no integration timeout: a client waits as long as the function may run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from esb_gateway.apis.api import Api
from esb_gateway.apis.api_types import RETRY_AFTER
from esb_gateway.apis.cors import add_cors, answer_url_preflight
from esb_gateway.apis.events import RequestContext, build_url_event
from esb_gateway.apis.function_urls import UrlMatch
from esb_gateway.apis.media import media_type
from esb_gateway.apis.responses import PRELUDE_TYPE, InvalidResponse, build_url_response
from esb_gateway.apis.routing import Match
from esb_gateway.apis.url_stream import UrlStream
from esb_gateway.invocation import (
    MAX_SYNC_PAYLOAD,
    Ending,
    Invocation,
    Invoker,
    NoSuchFunction,
    Outcome,
    Throttled,
)
from esb_gateway.pending_request import PendingRequest, guarded
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers, root_of
from esb_wire.http.messages import Request, Response, json_response
from esb_wire.offload import LARGE, Offload, Overloaded, is_large, size_of
from esb_wire.sigv4 import SignatureError, Verify, access_key_of

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

# Both as recorded on AWS; the second is for a URL that does not exist.
_ACCESS_DENIED: Final = (("x-amzn-ErrorType", "AccessDeniedException"),)
_FORBIDDEN: Final = json_response(
    403,
    {
        "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
    },
    _ACCESS_DENIED,
)
_NO_URL: Final = json_response(403, {"Message": None}, _ACCESS_DENIED)
_TOO_LARGE: Final = json_response(413, {"Message": "Request Entity Too Large"})
_THROTTLED: Final = json_response(429, {"Message": "Too Many Requests"})
_UNAVAILABLE: Final = Response(503, (("Content-Type", "text/plain"), RETRY_AFTER), b"Service Unavailable")
_FAILED: Final = Response(502, (("Content-Type", "text/plain"),), b"Internal Server Error")


@dataclass(frozen=True, slots=True)
class UrlApi:
    """Answers the requests of all function URLs. Without `verify`, no signature is required."""

    invoker: Invoker
    verify: Verify | None
    account_id: str
    partition: str
    identifiers: Identifiers
    telemetry: Telemetry
    offload: Offload

    def handle(self, pending: PendingRequest, matched: UrlMatch) -> None:
        """Answer a request, now or when the function has ended."""
        request = pending.request
        call = _UrlCall(pending, matched, self.telemetry.clock(), self.telemetry, self.offload)
        cors = matched.url.cors
        if cors is not None and _is_preflight(request):
            call.reject(answer_url_preflight(request, cors))
        elif request.too_large:  # before the signature, which cannot be checked without the body
            call.reject(_TOO_LARGE)
        elif not self._is_allowed(request, matched):
            call.reject(_FORBIDDEN)
        elif is_large(request):
            pending.run(self._run_large(call))
        else:
            context = self._context(call)
            self._submit(call, context, _payload(request, matched.match, context, self._access_key(call)))

    async def _run_large(self, call: _UrlCall) -> None:
        request, context = call.pending.request, self._context(call)
        key = self._access_key(call)
        try:
            payload = await self.offload.read(size_of(request), _payload, request, call.matched.match, context, key)
        except Overloaded:
            call.reject(_UNAVAILABLE)
        else:
            self._submit(call, context, payload)

    def reject(self, pending: PendingRequest) -> None:
        """Answer a request for a URL that does not exist."""
        self.telemetry.counts.urls["", _NO_URL.status] += 1
        self.telemetry.log_access(pending.request, _NO_URL, self.telemetry.clock())
        pending.respond(_NO_URL)

    def _is_allowed(self, request: Request, matched: UrlMatch) -> bool:
        if not matched.url.signed or self.verify is None:
            return True
        try:
            self.verify(request)
        except SignatureError:
            return False
        return True

    def _submit(self, call: _UrlCall, context: RequestContext, payload: bytes) -> None:
        url = call.matched.url
        call.invocation = Invocation(url.function, payload, context.request_id, context.trace_id, url.arn)
        if call.matched.url.streams:
            call.stream = UrlStream(call.matched.match.route.api, call.send, call.fail)
            call.invocation = call.invocation._replace(stream=call.stream)
        if len(call.invocation.payload) > MAX_SYNC_PAYLOAD:
            call.log(call.send(_TOO_LARGE))
            return
        try:
            self.invoker.submit(call.invocation, call.done)
        except Throttled:
            call.log(call.send(_THROTTLED))
        except NoSuchFunction:
            call.log(call.send(_FAILED))

    def _context(self, call: _UrlCall) -> RequestContext:
        received = call.pending.request.lowered.get("x-amzn-trace-id")
        return RequestContext(
            account_id=self.account_id,
            partition=self.partition,
            trace_id=self.identifiers.trace(received, call.started),
            request_id=self.identifiers.request_id(),
            extended_request_id="",
            time=call.started,
        )

    def _access_key(self, call: _UrlCall) -> str | None:
        return access_key_of(call.pending.request) if call.matched.url.signed and self.verify is not None else None


def _payload(request: Request, match: Match, context: RequestContext, access_key: str | None) -> bytes:
    return _ENCODER.encode(build_url_event(request, match, context, access_key)).encode("utf-8", "replace")


@dataclass(slots=True, eq=False)
class _UrlCall:
    """A request to a function URL. A request that is rejected has no `invocation`."""

    pending: PendingRequest
    matched: UrlMatch
    started: float
    telemetry: Telemetry
    offload: Offload
    invocation: Invocation | None = None
    stream: UrlStream | None = None
    error_type: str = ""

    def reject(self, response: Response) -> None:
        response = self._with_cors(response)
        self.log(response)
        self.pending.respond(response)

    def send(self, response: Response) -> Response:
        if self.invocation is not None:
            identity = (
                ("x-amzn-RequestId", self.invocation.request_id),
                ("X-Amzn-Trace-Id", root_of(self.invocation.trace_id)),
            )
            response = response._replace(headers=(*response.headers, *identity))
        response = self._with_cors(response)
        self.pending.respond(response)
        return response

    def log(self, response: Response) -> None:
        """Count and log the request; for a streamed response, after its end."""
        self.telemetry.counts.urls[self.matched.url.function, response.status] += 1
        self.telemetry.log_access(self.pending.request, response, self.started, self.invocation, self.error_type)

    def fail(self, reason: str) -> Response:
        """The function's result is not valid."""
        if self.invocation is not None:
            message = f"the function's response does not have the form that its URL expects: {reason}"
            self.telemetry.log_error(self.invocation, message)
        return self.send(_FAILED)

    @guarded
    def done(self, outcome: Outcome) -> None:
        """The function has ended."""
        self.error_type = outcome.error_type
        sent = self.stream.end(whole=outcome.ending is Ending.DONE) if self.stream is not None else None
        if sent is None and outcome.ending is Ending.DONE and len(outcome.payload) > LARGE:
            self.pending.run(self._send_large_result(outcome))
        else:
            self.log(sent or self._send_outcome(outcome))

    async def _send_large_result(self, outcome: Outcome) -> None:
        try:
            response = self.send(await self.offload.run(_response, outcome, self._api, streams=self.stream is not None))
        except InvalidResponse as error:
            response = self.fail(str(error))
        self.log(response)

    @property
    def _api(self) -> Api:
        return self.matched.match.route.api

    def _send_outcome(self, outcome: Outcome) -> Response:
        match outcome.ending:
            case Ending.NOT_RUN:
                return self.send(_THROTTLED)
            case Ending.STOPPED:
                return self.send(_UNAVAILABLE)
            case Ending.DONE:
                try:
                    return self.send(_response(outcome, self._api, streams=self.stream is not None))
                except InvalidResponse as error:
                    return self.fail(str(error))
            case _:
                return self.send(_FAILED)

    def _with_cors(self, response: Response) -> Response:
        cors, request = self.matched.url.cors, self.pending.request
        if cors is None or _is_preflight(request):
            return response
        return response._replace(headers=add_cors(cors, request.lowered.get("origin"), response.headers))


def _response(outcome: Outcome, api: Api, *, streams: bool) -> Response:
    if streams and media_type(outcome.content_type) != PRELUDE_TYPE:
        # The function does not stream: its result is the stream, whatever it contains.
        return Response(200, (("Content-Type", outcome.content_type),), outcome.payload)
    return build_url_response(outcome.payload, outcome.content_type, api)


def _is_preflight(request: Request) -> bool:
    asks = "origin" in request.lowered and "access-control-request-method" in request.lowered
    return asks and request.method == "OPTIONS"
