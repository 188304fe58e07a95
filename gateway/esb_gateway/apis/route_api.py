"""A request to an API's route: matched, checked, turned into an event, run, and the answer turned into a response.

A route without a function is answered by integrations.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from esb_gateway.apis.auth.authenticator import Admission
from esb_gateway.apis.cors import answer_preflight, with_cors
from esb_gateway.apis.events import Caller, Circumstances, build_event
from esb_gateway.apis.responses import BadAnswer, Failure, build_response, failure
from esb_gateway.apis.routing import ApiType, Match, NotFound, Preflight, Router
from esb_gateway.clocks import Timer
from esb_gateway.config import Configuration
from esb_gateway.dependencies import Surroundings
from esb_gateway.integrations.handlers import Integrations
from esb_gateway.invocation import Ending, Invocation, Invoker, NoSuchFunction, Outcome, Throttled
from esb_gateway.lambda_api.invoke import MAX_SYNC_PAYLOAD
from esb_wire.http.messages import Request, Respond, Response

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class RouteApi:
    """Answers the requests of all APIs."""

    def __init__(self, configuration: Configuration, invoker: Invoker, surroundings: Surroundings) -> None:
        self._configuration = configuration
        self._invoker = invoker
        self._around = surroundings
        self._router = Router(configuration.apis, configuration.routes)
        self._admission = Admission(configuration, invoker, surroundings)
        self._integrations = Integrations(configuration.routes, surroundings)

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer once, now or when the function has ended."""
        started = self._around.clock()
        host = request.lowered.get("host", "").partition(":")[0]
        asked = request.lowered.get("access-control-request-method") if "origin" in request.lowered else None
        match self._router.match(request.method, request.path, host, preflight_for=asked):
            case NotFound(api_type):
                self._answer(request, failure(api_type, Failure.NOT_FOUND), started, respond)
            case Preflight() as preflight:
                self._answer(request, answer_preflight(request, preflight), started, respond)
            case Match() as matched:
                self._begin(request, matched, started, respond)
            case unknown:
                assert_never(unknown)

    def _answer(self, request: Request, response: Response, started: float, respond: Respond) -> None:
        self._around.counts.routes["", "", "", response.status] += 1
        self._around.note(request, response, started)
        respond(response)

    def _begin(self, request: Request, matched: Match, started: float, respond: Respond) -> None:
        ids = self._around.identifiers
        known = Circumstances(
            trace_id=ids.trace(request.lowered.get("x-amzn-trace-id"), started),
            account_id=self._configuration.stack.account_id,
            request_id=ids.request_id(),
            extended_request_id=ids.extended_request_id(),
            time=started,
        )
        if matched.route.guard is None:
            self._run(request, matched, known, respond)
        else:
            self._check(request, matched, known, respond)

    def _check(self, request: Request, matched: Match, known: Circumstances, respond: Respond) -> None:
        refuse = partial(self._send, request, matched, known, respond)
        if request.too_large:  # before a signature, which cannot be checked without the body
            refuse(failure(matched.route.api.type, Failure.TOO_LARGE))
        else:
            admit = partial(self._run, request, matched, known, respond)
            self._admission.check(request, matched, known, admit, refuse)

    def _send(
        self, request: Request, matched: Match, known: Circumstances, respond: Respond, response: Response
    ) -> None:
        """An answer that no function has given."""
        response = _identified(response, matched, request, known)
        route = matched.route
        self._around.counts.routes[route.api.id, route.method, route.path, response.status] += 1
        self._around.note(request, response, known.time)
        respond(response)

    def _run(
        self, request: Request, matched: Match, known: Circumstances, respond: Respond, caller: Caller | None = None
    ) -> None:
        if (integration := matched.route.integration) is not None:
            send = partial(self._send, request, matched, known, respond)
            self._integrations.answer(integration, request, matched, known, send)
            return
        function = self._configuration.functions[matched.route.function]
        invocation = Invocation(
            function=function.name,
            payload=_ENCODER.encode(build_event(request, matched, known, caller)).encode("utf-8", "replace"),
            request_id=self._around.identifiers.request_id(),
            trace_id=known.trace_id,
            arn=function.arn,
        )
        waiting = _Waiting(self._around, request, matched, known, invocation, respond)
        if request.too_large or len(invocation.payload) > MAX_SYNC_PAYLOAD:
            waiting.fail(Failure.TOO_LARGE)
        else:
            self._submit(invocation, waiting)

    def _submit(self, invocation: Invocation, waiting: _Waiting) -> None:
        try:
            self._invoker.submit(invocation, waiting.done)
        except Throttled:
            waiting.fail(Failure.THROTTLED)
        except NoSuchFunction:
            waiting.fail(Failure.FUNCTION_ERROR)
        else:
            waiting.timer = self._around.call_later(waiting.matched.route.timeout, waiting.timed_out)


@dataclass(slots=True)
class _Waiting:
    """A client that waits for a function. The first end counts: an answer, or the integration timeout."""

    around: Surroundings
    request: Request
    matched: Match
    known: Circumstances
    invocation: Invocation
    respond: Respond | None
    timer: Timer | None = None

    def done(self, outcome: Outcome) -> None:
        """The function has ended; a client that has its timeout already gets nothing more."""
        if self.respond is None:
            return
        if self.timer is not None:
            self.timer.cancel()
        match outcome.ending:
            case Ending.DONE:
                self._send_answer(outcome.payload)
            case Ending.NOT_RUN:
                self.fail(Failure.THROTTLED)
            case _:
                self.fail(Failure.FUNCTION_ERROR)

    def timed_out(self) -> None:
        """The integration timeout. The function goes on; its answer will be dropped."""
        if self.respond is not None:
            self.around.complain(self.invocation, f"no answer within {self.matched.route.timeout:g} s")
            self.fail(Failure.TIMED_OUT)

    def fail(self, why: Failure) -> None:
        """Answer with API Gateway's own words."""
        self._send(failure(self.matched.route.api.type, why))

    def _send_answer(self, payload: bytes) -> None:
        try:
            response = build_response(payload, self.matched.route, self.request)
        except BadAnswer as error:
            self.around.complain(self.invocation, f"{Failure.BAD_ANSWER.value}: {error}")
            self.fail(Failure.BAD_ANSWER)
        else:
            self._send(response)

    def _send(self, response: Response) -> None:
        if (respond := self.respond) is None:
            return
        self.respond = None
        response = _identified(response, self.matched, self.request, self.known)
        route = self.matched.route
        self.around.counts.routes[route.api.id, route.method, route.path, response.status] += 1
        self.around.note(self.request, response, self.known.time, self.invocation)
        respond(response)


def _identified(response: Response, matched: Match, request: Request, known: Circumstances) -> Response:
    """The response with the headers that an API adds to each: CORS and the ids of the request."""
    api = matched.route.api
    headers = with_cors(api, request.lowered.get("origin"), response.headers)
    if api.type is ApiType.REST:
        headers += (("x-amzn-RequestId", known.request_id), ("x-amz-apigw-id", known.extended_request_id))
    else:
        headers += (("Apigw-Requestid", known.extended_request_id),)
    return Response(response.status, (*headers, ("X-Amzn-Trace-Id", known.trace)), response.body)
