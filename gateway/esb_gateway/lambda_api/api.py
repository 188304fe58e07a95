"""Requests to the Lambda API: each is checked and answered, those to the Invoke operations by running the function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, assert_never

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
from esb_gateway.lambda_api import invoke, mapping_update
from esb_gateway.lambda_api.configurations import Configurations
from esb_gateway.lambda_api.errors import LambdaApiError
from esb_gateway.lambda_api.errors import error_response as refused
from esb_gateway.lambda_api.function_names import FunctionNames, not_found
from esb_gateway.lambda_api.invoke_stream import InvokeStream, complete
from esb_gateway.lambda_api.operations import Operation, RequestedOperation, requested_operation
from esb_gateway.pending_request import PendingRequest, guarded
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_gateway.tracing.lineage import is_loop
from esb_wire.errors import AwsProtocol, error_response
from esb_wire.function_credentials import function_of
from esb_wire.http.messages import Request, Response, json_response
from esb_wire.offload import LARGE, Offload, Overloaded
from esb_wire.sigv4 import SignatureError, Verify, access_key_of


class SourceMappings(Protocol):
    """The event source mappings that run."""

    def documents(self, loaded: float) -> Sequence[Mapping[str, Any]]:
        """Each as the Lambda API describes it; modified when the configuration was loaded, in seconds since 1970."""

    async def switch(self, uuid: str, *, enabled: bool) -> None:
        """Pause or resume one; return when that is durable."""


_OVERLOADED: Final = invoke.throttled(Throttled("ConcurrentInvocationLimitExceeded"))  # SDKs then try again
_INVOKE: Final = (Operation.INVOKE, Operation.INVOKE_WITH_RESPONSE_STREAM)


@dataclass(frozen=True, slots=True)
class LambdaApi:
    """Answers requests. Without `verify`, no signature is required."""

    names: FunctionNames
    configurations: Configurations
    invoker: Invoker
    events: EventAcceptor
    mappings: SourceMappings
    verify: Verify | None
    identifiers: Identifiers
    telemetry: Telemetry
    offload: Offload

    def handle(self, pending: PendingRequest) -> None:
        """Answer a request, now or when the function has ended."""
        request, request_id, started = pending.request, self.identifiers.request_id(), self.telemetry.clock()
        try:
            requested, caller = self._accept(request)
            if requested.operation in _INVOKE:
                self._invoke(invoke.parse(request, requested, self.names, caller), pending, request_id, started)
            elif requested.operation is Operation.UPDATE_EVENT_SOURCE_MAPPING:
                described = self.configurations.mapping(requested.resource)
                enabled = mapping_update.enabled_in(request.body, described)
                pending.run(self._update(described, enabled, pending, request_id, started))
            else:
                document = self.configurations.answer(requested, invoke.query_of(request))
                response = json_response(200, document, (("x-amzn-RequestId", request_id),))
                self._answer(pending, response, started)
        except SignatureError as error:
            response = error_response(error, AwsProtocol.REST_JSON, (("x-amzn-RequestId", request_id),))
            self._answer(pending, response, started)
        except LambdaApiError as error:
            self._answer(pending, refused(error, request_id), started)

    async def _update(
        self, described: Mapping[str, Any], enabled: bool, pending: PendingRequest, request_id: str, started: float
    ) -> None:
        """Answer when it is durable."""
        await self.mappings.switch(described["UUID"], enabled=enabled)
        document = mapping_update.answer(described, enabled=enabled)
        self._answer(pending, json_response(202, document, (("x-amzn-RequestId", request_id),)), started)

    def _accept(self, request: Request) -> tuple[RequestedOperation, str]:
        """The operation, and the function that calls it, if it has signed with credentials of its own."""
        invoke.check_size(request)
        if self.verify is None:
            return requested_operation(request.method, request.path), ""
        self.verify(request)
        return requested_operation(request.method, request.path), function_of(access_key_of(request) or "") or ""

    def _answer(self, pending: PendingRequest, response: Response, started: float) -> None:
        self.telemetry.counts.invoke_api[response.status] += 1
        self.telemetry.log_access(pending.request, response, started)
        pending.respond(response)

    def _invoke(self, call: invoke.Call, pending: PendingRequest, request_id: str, started: float) -> None:
        if len(call.payload) > LARGE:
            pending.run(self._run_large(call, pending, request_id, started))
        else:
            self._run(call, invoke.json_problem(call.payload), pending, request_id, started)

    async def _run_large(self, call: invoke.Call, pending: PendingRequest, request_id: str, started: float) -> None:
        try:
            problem = await self.offload.read(len(call.payload), invoke.json_problem, call.payload)
            self._run(call, problem, pending, request_id, started)
        except Overloaded:
            self._answer(pending, refused(_OVERLOADED, request_id), started)
        except LambdaApiError as error:
            self._answer(pending, refused(error, request_id), started)

    def _run(
        self, call: invoke.Call, problem: str | None, pending: PendingRequest, request_id: str, started: float
    ) -> None:
        if problem is not None:
            raise invoke.not_json(problem)
        invocation = Invocation(
            function=call.function.name,
            payload=call.payload,
            request_id=request_id,
            trace_id=self.identifiers.trace(pending.request.lowered.get("x-amzn-trace-id"), started),
            arn=call.arn,
            client_context=call.client_context,
            want_log_tail=call.want_log_tail,
            caller=call.caller,
        )
        if call.type is invoke.InvocationType.REQUEST_RESPONSE:
            self._check_loop(call, invocation)
        running = _RunningCall(call, pending, invocation, started, self.telemetry, self.offload)
        match call.type:
            case invoke.InvocationType.DRY_RUN:
                running.accepted(None)
            case invoke.InvocationType.EVENT:
                self.events.accept(invocation, running.accepted)
            case invoke.InvocationType.REQUEST_RESPONSE if call.stream:
                running.stream = InvokeStream(invoke.executed(call, request_id, invocation.trace_id), pending.respond)
                self._submit(invocation._replace(stream=running.stream), running.done)
            case invoke.InvocationType.REQUEST_RESPONSE:
                self._submit(invocation, running.done)
            case _:
                assert_never(call.type)

    def _check_loop(self, call: invoke.Call, invocation: Invocation) -> None:
        if not call.function.may_loop and is_loop(invocation.trace_id, call.function.name):
            self.telemetry.counts.loops[call.function.name,] += 1
            raise invoke.recursive(call.function.name)

    def _submit(self, invocation: Invocation, done: Done) -> None:
        try:
            self.invoker.submit(invocation, done)
        except Throttled as error:
            raise invoke.throttled(error) from error
        except NoSuchFunction as error:
            raise not_found(invocation.arn) from error


@dataclass(slots=True, eq=False)
class _RunningCall:
    """A call that has been accepted."""

    call: invoke.Call
    pending: PendingRequest
    invocation: Invocation
    started: float
    telemetry: Telemetry
    offload: Offload
    stream: InvokeStream | None = None
    error_type: str = ""

    @guarded
    def accepted(self, problem: NotAccepted | None) -> None:
        """The call is durable or was a dry run, or it could not be made durable."""
        request_id, trace_id = self.invocation.request_id, self.invocation.trace_id
        if problem is None:
            self._send(invoke.accepted(self.call, request_id, trace_id))
        else:
            self._send(refused(invoke.not_accepted(problem), request_id))

    @guarded
    def done(self, outcome: Outcome) -> None:
        """The function has ended."""
        self.error_type = outcome.error_type
        if self.stream is None or outcome.ending is Ending.NOT_RUN:
            self._send(invoke.response(outcome, self.call, self.invocation.request_id, self.invocation.trace_id))
        elif outcome.ending is not Ending.DONE and len(outcome.payload) > LARGE:
            self.pending.run(self._end_large_failure(self.stream, outcome))
        else:
            self._log(self.stream.end(outcome, complete(outcome)))

    async def _end_large_failure(self, stream: InvokeStream, outcome: Outcome) -> None:
        self._log(stream.end(outcome, await self.offload.run(complete, outcome)))

    def _send(self, response: Response) -> None:
        self._log(response)
        self.pending.respond(response)

    def _log(self, response: Response) -> None:
        self.telemetry.counts.invoke_api[response.status] += 1
        self.telemetry.log_access(self.pending.request, response, self.started, self.invocation, self.error_type)
