"""A request to a function URL: checked, turned into an event, run, and the function's answer turned into a response.

The rules are those of "Creating and managing Lambda function URLs" and the pages below it in AWS's Lambda guide. There
is no integration timeout: a client waits as long as the function may run.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from esb_gateway.apis.cors import answer_url_preflight, with_own_cors
from esb_gateway.apis.events import Circumstances, build_url_event
from esb_gateway.apis.function_urls import UrlMatch
from esb_gateway.apis.responses import BadAnswer, build_url_response
from esb_gateway.apis.url_stream import UrlStream
from esb_gateway.config import Configuration
from esb_gateway.dependencies import Surroundings
from esb_gateway.identifiers import root_of
from esb_gateway.invocation import Ending, Invocation, Invoker, NoSuchFunction, Outcome, Throttled
from esb_gateway.lambda_api.invoke import MAX_SYNC_PAYLOAD
from esb_wire.http.messages import Request, Respond, Response, json_response
from esb_wire.sigv4 import SignatureError, access_key_of

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

_FORBIDDEN = json_response(403, {"Message": "Forbidden"})
_TOO_LARGE = json_response(413, {"Message": "Request Entity Too Large"})
_THROTTLED = json_response(429, {"Message": "Too Many Requests"})
_FAILED = Response(502, (("Content-Type", "text/plain"),), b"Internal Server Error")


class UrlApi:
    """Answers the requests of all function URLs."""

    def __init__(self, configuration: Configuration, invoker: Invoker, surroundings: Surroundings) -> None:
        self._configuration = configuration
        self._invoker = invoker
        self._around = surroundings

    def handle(self, request: Request, matched: UrlMatch, respond: Respond) -> None:
        """Answer once, now or when the function has ended."""
        started = self._around.clock()
        cors = matched.url.cors
        if cors is not None and _is_preflight(request):
            self._refuse(request, answer_url_preflight(request, cors), matched, started, respond)
        elif request.too_large:  # before the signature, which cannot be checked without the body
            self._refuse(request, _TOO_LARGE, matched, started, respond)
        elif not self._may_call(request, matched):
            self._refuse(request, _FORBIDDEN, matched, started, respond)
        else:
            self._run(request, matched, started, respond)

    def _may_call(self, request: Request, matched: UrlMatch) -> bool:
        if not matched.url.signed or self._around.verify is None:
            return True
        try:
            self._around.verify(request)
        except SignatureError:
            return False
        return True

    def _refuse(
        self, request: Request, response: Response, matched: UrlMatch, started: float, respond: Respond
    ) -> None:
        response = _with_cors(matched, request, response)
        self._around.counts.urls[matched.url.function, response.status] += 1
        self._around.note(request, response, started)
        respond(response)

    def _run(self, request: Request, matched: UrlMatch, started: float, respond: Respond) -> None:
        invocation = self._invocation(request, matched, started)

        def send(response: Response) -> Response:
            identity = (
                ("x-amzn-RequestId", invocation.request_id),
                ("X-Amzn-Trace-Id", root_of(invocation.trace_id)),
            )
            response = _with_cors(matched, request, response._replace(headers=(*response.headers, *identity)))
            respond(response)
            return response

        def note(response: Response) -> None:
            self._around.counts.urls[invocation.function, response.status] += 1
            self._around.note(request, response, started, invocation)

        def refuse(reason: str) -> Response:
            self._around.complain(invocation, f"the function's answer has not the form that its URL expects: {reason}")
            return send(_FAILED)

        stream = UrlStream(matched.url.match(matched.path), send, refuse) if matched.url.streams else None

        def done(outcome: Outcome) -> None:
            sent = stream.end(whole=outcome.ending is Ending.DONE) if stream is not None else None
            note(sent or self._answer(matched, outcome, send, refuse))

        if len(invocation.payload) > MAX_SYNC_PAYLOAD:
            note(send(_TOO_LARGE))
            return
        try:
            self._invoker.submit(invocation._replace(stream=stream) if stream is not None else invocation, done)
        except Throttled:
            note(send(_THROTTLED))
        except NoSuchFunction:
            note(send(_FAILED))

    def _invocation(self, request: Request, matched: UrlMatch, started: float) -> Invocation:
        ids, url = self._around.identifiers, matched.url
        trace_id = ids.trace(request.lowered.get("x-amzn-trace-id"), started)
        request_id = ids.request_id()
        known = Circumstances(
            account_id=self._configuration.stack.account_id,
            request_id=request_id,
            extended_request_id="",
            trace_id=trace_id,
            time=started,
        )
        checked = url.signed and self._around.verify is not None
        caller = access_key_of(request) if checked else None
        event = build_url_event(request, url.match(matched.path), known, caller)
        function = self._configuration.functions[url.function]
        return Invocation(
            function=function.name,
            payload=_ENCODER.encode(event).encode("utf-8", "replace"),
            request_id=request_id,
            trace_id=trace_id,
            arn=f"{function.arn}:{url.qualifier}" if url.qualifier else function.arn,
        )

    def _answer(
        self,
        matched: UrlMatch,
        outcome: Outcome,
        send: Callable[[Response], Response],
        refuse: Callable[[str], Response],
    ) -> Response:
        match outcome.ending:
            case Ending.NOT_RUN:
                return send(_THROTTLED)
            case Ending.DONE:
                try:
                    return send(
                        build_url_response(outcome.payload, outcome.content_type, matched.url.match(matched.path))
                    )
                except BadAnswer as error:
                    return refuse(str(error))
            case _:
                return send(_FAILED)


def _is_preflight(request: Request) -> bool:
    asks = "origin" in request.lowered and "access-control-request-method" in request.lowered
    return asks and request.method == "OPTIONS"


def _with_cors(matched: UrlMatch, request: Request, response: Response) -> Response:
    cors = matched.url.cors
    if cors is None or _is_preflight(request):
        return response
    return response._replace(headers=with_own_cors(cors, request.lowered.get("origin"), response.headers))
