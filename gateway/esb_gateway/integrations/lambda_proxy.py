"""A function answers: it gets the request as an event, and its result is the response.

This is the gateway's hot path, so it has callbacks instead of a coroutine: a task and a future for each request would
be most of its cost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from esb_gateway.apis.api import Integration
from esb_gateway.apis.api_call import ApiCall
from esb_gateway.apis.api_types import Failure
from esb_gateway.apis.events import build_event
from esb_gateway.apis.responses import InvalidResponse, build_response
from esb_gateway.clocks import CallLater, Timer
from esb_gateway.identifiers import Identifiers
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
from esb_gateway.telemetry import Telemetry

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

    def handle(self, integration: LambdaProxy, call: ApiCall) -> None:
        event = build_event(call.request, call.match, call.context, call.principal)
        invocation = Invocation(
            function=integration.function,
            payload=_ENCODER.encode(event).encode("utf-8", "replace"),
            request_id=self.identifiers.request_id(),
            trace_id=call.context.trace_id,
            arn=integration.arn,
        )
        waiting = _WaitingCall(call, call.pending, invocation, self.telemetry)
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


@dataclass(slots=True, eq=False)
class _WaitingCall:
    """A client that waits for a function. It gets what comes first: the result or the integration timeout."""

    call: ApiCall
    pending: PendingRequest
    invocation: Invocation
    telemetry: Telemetry
    timer: Timer | None = None
    answered: bool = False

    @guarded
    def done(self, outcome: Outcome) -> None:
        """The function has ended. After a timeout, its result is dropped."""
        if self.answered:
            return
        if self.timer is not None:
            self.timer.cancel()
        match outcome.ending:
            case Ending.DONE:
                self._send_result(outcome.payload)
            case Ending.NOT_RUN:
                self.fail(Failure.THROTTLED)
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
        call = self.call
        try:
            response = build_response(payload, call.match.route, call.request)
        except InvalidResponse as error:
            self.telemetry.log_error(self.invocation, f"{Failure.INVALID_RESPONSE.value}: {error}")
            self.fail(error.why)
        else:
            self.answered = True
            call.send(response, self.invocation)
