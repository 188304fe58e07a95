"""A function answers: it gets the request as an event, and its result is the response.

This is the gateway's hot path, so it has callbacks instead of a coroutine: a task and a future for each request would
be most of its cost. Large bodies and results have coroutines, because their work is done elsewhere: see offload.py.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from esb_gateway.apis.api import Integration, Route
from esb_gateway.apis.api_call import ApiCall
from esb_gateway.apis.api_types import Failure
from esb_gateway.apis.events import Principal, RequestContext, build_event
from esb_gateway.apis.responses import InvalidResponse, build_response
from esb_gateway.apis.routing import Match
from esb_gateway.invocation import (
    MAX_SYNC_PAYLOAD,
    Ending,
    Function,
    Invocation,
    Invoker,
    NoSuchFunction,
    Outcome,
    Throttled,
)
from esb_gateway.pending_request import PendingRequest, guarded
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_wire.http.messages import Request, Response
from esb_wire.offload import LARGE, Offload, Overloaded, is_large, size_of
from esb_wire.timers import CallLater, Timer

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class LambdaProxy(Integration):
    """A function, by name and ARN."""

    function: str
    arn: str

    @classmethod
    def compile(cls, function: str, functions: Mapping[str, Function]) -> LambdaProxy:
        return cls(function, functions[function].trigger_arn)


@dataclass(frozen=True, slots=True)
class LambdaProxyHandler:
    """See `IntegrationHandler`."""

    max_body: ClassVar = MAX_SYNC_PAYLOAD

    invoker: Invoker
    call_later: CallLater
    identifiers: Identifiers
    telemetry: Telemetry
    offload: Offload

    def handle(self, integration: LambdaProxy, call: ApiCall) -> Coroutine[Any, Any, None] | None:
        if is_large(call.request):
            return self._handle_large(integration, call)
        self._submit(integration, call, _payload(call.request, call.match, call.context, call.principal))
        return None

    async def _handle_large(self, integration: LambdaProxy, call: ApiCall) -> None:
        match = call.match._replace(route=_plain(call.match.route))
        request, size = call.request, size_of(call.request)
        try:
            payload = await self.offload.read(size, _payload, request, match, call.context, call.principal)
        except Overloaded:
            call.fail(Failure.UNAVAILABLE)
        else:
            self._submit(integration, call, payload)

    def _submit(self, integration: LambdaProxy, call: ApiCall, payload: bytes) -> None:
        invocation = Invocation(
            function=integration.function,
            payload=payload,
            request_id=self.identifiers.request_id(),
            trace_id=call.context.trace_id,
            arn=integration.arn,
        )
        waiting = _WaitingCall(call, call.pending, invocation, self.telemetry, self.offload)
        if len(invocation.payload) > MAX_SYNC_PAYLOAD:
            waiting.fail(Failure.TOO_LARGE)
            return
        try:
            self.invoker.submit(invocation, waiting.done)
        except Throttled:
            waiting.fail(Failure.THROTTLED)
        except NoSuchFunction:
            waiting.fail(Failure.FUNCTION_ERROR)
        else:
            waiting.timer = self.call_later(call.match.route.timeout, waiting.timed_out)


def _plain(route: Route) -> Route:
    """The route without what cannot be pickled, and has been done with."""
    return replace(route, auth=None, validation=None)


def _payload(request: Request, match: Match, context: RequestContext, principal: Principal | None) -> bytes:
    return _ENCODER.encode(build_event(request, match, context, principal)).encode("utf-8", "replace")


@dataclass(slots=True, eq=False)
class _WaitingCall:
    """A client that waits for a function. It gets what comes first: the result or the integration timeout."""

    call: ApiCall
    pending: PendingRequest
    invocation: Invocation
    telemetry: Telemetry
    offload: Offload
    timer: Timer | None = None
    answered: bool = False

    @guarded
    def done(self, outcome: Outcome) -> None:
        """The function has ended. After a timeout, its result is dropped."""
        if self.answered:
            return
        if self.timer is not None:
            self.timer.cancel()
        self.call.error_type = outcome.error_type
        match outcome.ending:
            case Ending.DONE if len(outcome.payload) > LARGE:
                self.pending.run(self._send_large_result(outcome.payload))
            case Ending.DONE:
                self._send_result(outcome.payload)
            case Ending.NOT_RUN | Ending.STOPPED:
                self.fail(Failure.UNAVAILABLE)
            case _:
                self.fail(Failure.FUNCTION_ERROR)

    @guarded
    def timed_out(self) -> None:
        """The integration timeout. The function runs on."""
        if not self.answered:
            self.telemetry.log_error(self.invocation, f"no answer within {self.call.match.route.timeout:g} s")
            self.fail(Failure.TIMED_OUT)

    def fail(self, why: Failure) -> None:
        self.answered = True
        self.call.fail(why, self.invocation)

    def _send_result(self, payload: bytes) -> None:
        try:
            response = build_response(payload, self.call.match.route, self.call.request)
        except InvalidResponse as error:
            self._reject_result(error)
        else:
            self._send(response)

    async def _send_large_result(self, payload: bytes) -> None:
        route, request = _plain(self.call.match.route), self.call.request._replace(body=b"")
        try:
            response = await self.offload.run(build_response, payload, route, request)
        except InvalidResponse as error:
            self._reject_result(error)
        else:
            self._send(response)

    def _send(self, response: Response) -> None:
        self.answered = True
        self.call.send(response, self.invocation)

    def _reject_result(self, error: InvalidResponse) -> None:
        self.telemetry.log_error(self.invocation, f"{Failure.INVALID_RESPONSE.value}: {error}")
        self.fail(error.why)
