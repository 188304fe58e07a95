"""Answers requests to routes that have an integration in place of a function."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from esb_gateway.apis.events import Circumstances
from esb_gateway.apis.responses import BadAnswer, Failure, build_proxied_response, failure
from esb_gateway.apis.routing import Match, Route
from esb_gateway.clocks import Timer
from esb_gateway.dependencies import Surroundings
from esb_gateway.integrations.forwarding import Forwarder, NoReply, Nowhere, Reply, Sending
from esb_gateway.integrations.types import BadPath, HttpProxy, Integration, Mock, Outgoing, outgoing
from esb_wire.http.messages import Request, Respond, Response


class Integrations:
    """What answers the routes without a function."""

    def __init__(self, routes: Iterable[Route], around: Surroundings) -> None:
        self._around = around
        forwards = any(isinstance(route.integration, HttpProxy) for route in routes)
        self._forwarder: Forwarder = around.forwarding.get() if forwards else Nowhere()

    def answer(
        self, integration: Integration, request: Request, matched: Match, known: Circumstances, send: Respond
    ) -> None:
        """Send one response, now or when another server has answered."""
        match integration:
            case _ if request.too_large:
                send(failure(matched.route.api.type, Failure.TOO_LARGE))
            case Mock(response):
                send(response)
            case HttpProxy():
                self._forward(integration, request, matched, known, send)
            case unknown:
                assert_never(unknown)

    def _forward(
        self, integration: HttpProxy, request: Request, matched: Match, known: Circumstances, send: Respond
    ) -> None:
        try:
            out = outgoing(request, integration, matched.path_parameters, known.trace, matched.route.rest)
        except BadPath:
            send(failure(matched.route.api.type, Failure.BAD_PATH))
            return
        waiting = _Waiting(self._around, matched.route, out, send)
        waiting.sending = self._forwarder.send(out, waiting.replied)
        waiting.timer = self._around.call_later(matched.route.timeout, waiting.timed_out)


@dataclass(slots=True)
class _Waiting:
    """A client that waits for another server: for its answer, or for the integration timeout, which gives it up."""

    around: Surroundings
    route: Route
    out: Outgoing
    send: Respond
    timer: Timer | None = None
    sending: Sending | None = None

    def replied(self, reply: Reply | NoReply) -> None:
        """There is an answer, or there will be none."""
        if self.timer is not None:
            self.timer.cancel()
        self.send(self._response(reply))

    def timed_out(self) -> None:
        """The integration timeout."""
        if self.sending is not None:
            self.sending.cancel()
        self.send(self._failed(Failure.TIMED_OUT, f"no answer within {self.route.timeout:g} s"))

    def _response(self, reply: Reply | NoReply) -> Response:
        if isinstance(reply, NoReply):
            return self._failed(reply.why, reply.reason)
        try:
            return build_proxied_response(reply.status, reply.headers, reply.body, self.route.api)
        except BadAnswer as error:
            return self._failed(Failure.BAD_ANSWER, str(error))

    def _failed(self, why: Failure, reason: str) -> Response:
        target = self.out.url.partition("?")[0]
        self.around.log("gateway", "ERROR", {"message": f"{self.out.method} {target}: {reason}"})
        return failure(self.route.api.type, why)
