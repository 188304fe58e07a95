"""A request to the Invoke API: checked, run, answered. What it may ask for and what is answered is in invoke.py."""

from __future__ import annotations

from typing import assert_never

from esb_gateway.config import Configuration
from esb_gateway.dependencies import Surroundings
from esb_gateway.invocation import (
    Done,
    Ending,
    EventAcceptor,
    Invocation,
    Invoker,
    NoSuchFunction,
    NotAccepted,
    Outcome,
    Throttled,
)
from esb_gateway.lambda_api import invoke
from esb_gateway.lambda_api.invoke_stream import InvokeStream
from esb_wire.errors import AwsProtocol, error_response
from esb_wire.http.messages import Request, Respond, Response
from esb_wire.sigv4 import SignatureError


class InvokeApi:
    """Answers calls of functions."""

    def __init__(
        self, configuration: Configuration, invoker: Invoker, events: EventAcceptor, surroundings: Surroundings
    ) -> None:
        self._configuration = configuration
        self._invoker = invoker
        self._events = events
        self._around = surroundings

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer once, now or when the function has ended."""
        request_id = self._around.identifiers.request_id()
        started = self._around.clock()
        try:
            call = self._accept(request)
            self._run(call, request, request_id, started, respond)
        except SignatureError as error:
            response = error_response(error, AwsProtocol.REST_JSON, (("x-amzn-RequestId", request_id),))
            self._refuse(request, response, started, respond)
        except invoke.Refused as error:
            self._refuse(request, invoke.refusal(error, request_id), started, respond)

    def _accept(self, request: Request) -> invoke.Call:
        invoke.check_arrival(request)
        if self._around.verify is not None:
            self._around.verify(request)
        return invoke.parse(request, self._configuration.functions, self._configuration.stack)

    def _refuse(self, request: Request, response: Response, started: float, respond: Respond) -> None:
        self._around.counts.invoke_api[response.status] += 1
        self._around.note(request, response, started)
        respond(response)

    def _run(self, call: invoke.Call, request: Request, request_id: str, started: float, respond: Respond) -> None:
        trace_id = self._around.identifiers.trace(request.lowered.get("x-amzn-trace-id"), started)
        invocation = Invocation(
            function=call.function.name,
            payload=call.payload,
            request_id=request_id,
            trace_id=trace_id,
            arn=call.arn,
            client_context=call.client_context,
            want_log_tail=call.want_log_tail,
        )
        if call.stream and call.type is invoke.InvocationType.REQUEST_RESPONSE:
            self._run_streamed(invocation, request, started, respond)
            return

        def send(response: Response) -> None:
            self._around.counts.invoke_api[response.status] += 1
            self._around.note(request, response, started, invocation)
            respond(response)

        def accepted(refused: NotAccepted | None) -> None:
            if refused is None:
                send(invoke.accepted(call, request_id, trace_id))
            else:
                send(invoke.refusal(invoke.not_accepted(refused), request_id))

        match call.type:
            case invoke.InvocationType.DRY_RUN:
                send(invoke.accepted(call, request_id, trace_id))
            case invoke.InvocationType.EVENT:
                self._events.accept(invocation, accepted)
            case invoke.InvocationType.REQUEST_RESPONSE:
                self._submit(invocation, lambda outcome: send(invoke.answer(outcome, request_id, trace_id)))
            case _:
                assert_never(call.type)

    def _run_streamed(self, invocation: Invocation, request: Request, started: float, respond: Respond) -> None:
        stream = InvokeStream(invoke.executed(invocation.request_id, invocation.trace_id), respond)

        def end(outcome: Outcome) -> None:
            if outcome.ending is Ending.NOT_RUN:
                response = invoke.answer(outcome, invocation.request_id, invocation.trace_id)
                respond(response)
            else:
                response = stream.end(outcome)
            self._around.counts.invoke_api[response.status] += 1
            self._around.note(request, response, started, invocation)

        self._submit(invocation._replace(stream=stream), end)

    def _submit(self, invocation: Invocation, done: Done) -> None:
        try:
            self._invoker.submit(invocation, done)
        except Throttled as error:
            raise invoke.throttled(error) from error
        except NoSuchFunction as error:
            raise invoke.not_found(invocation.arn) from error
