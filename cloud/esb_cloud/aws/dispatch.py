"""From a request to its response: the service, the operation, the signature, the work, the result.

JSON names the operation in X-Amz-Target; Query has it as `Action` of a form, and its service is that of the signature,
or the one that has this operation and version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from esb_cloud.aws import json_protocol, query_protocol
from esb_cloud.aws.query_protocol import QueryApi, QueryCall, parse_or_error, read_call
from esb_cloud.aws.service import Call, Operation, Result, Service, Wait
from esb_cloud.aws.shapes import is_longer
from esb_cloud.aws.stack import Stack
from esb_cloud.aws.waiting import Waiters
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction
from esb_schemas.endpoints import EndpointTable
from esb_wire import service_events
from esb_wire.errors import AwsError
from esb_wire.http.messages import Headers, Request, Respond, Response, call_on_disconnect, is_connected
from esb_wire.offload import LARGE, Offload, Overloaded
from esb_wire.random_ids import RandomIds
from esb_wire.sigv4 import Verifier, access_key_of, service_of
from esb_wire.task_set import TaskSet
from esb_wire.timers import CallLater, Timer

_INTERNAL: Final = AwsError("InternalFailure", "The request processing has failed because of a defect.", 500)
_SURROGATE: Final = AwsError("SerializationException", "A text has a surrogate that is not part of a pair.")
_XML: Final = "text/xml"

MANY_FIELDS: Final = 1000  # of a form; 64 KB of short ones take 11 ms

Report = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Target:
    """The operation that a request is for. `parameters` are None as long as they are JSON that was not read, or the
    error of reading them; `page`: it is no API.
    """

    service: Service
    name: str
    operation: Operation
    parameters: dict[str, Any] | AwsError | None = None
    page: bool = False

    @property
    def is_query(self) -> bool:
        return self.parameters is not None and not self.page


class Dispatcher:
    """Answers requests to the AWS APIs of the services."""

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        services: Iterable[Service],
        *,
        store: Store,
        waiters: Waiters[PendingCall],
        stack: Stack,
        verifier: Callable[[str], Verifier] | None,
        call_later: CallLater,
        offload: Offload,
        report: Report,
    ) -> None:
        """`verifier` makes that of a service, by its name in signatures; without it, no signature is required."""
        self.store: Final = store
        self.waiters: Final = waiters
        self.stack: Final = stack
        self.call_later: Final = call_later
        self.offload: Final = offload
        self.ids: Final = RandomIds()
        self.counts: Final[dict[tuple[str, str, int], int]] = {}  # responses by service, operation and status
        self._services: Final = tuple(services)
        self._by_target: Final = {service.target: service for service in self._services if service.target}
        self._verifiers: Final[Mapping[str, Verifier]] = (
            {} if verifier is None else {service.name: verifier(service.signing_name) for service in self._services}
        )
        self._by_name: Final = {service.name: service for service in self._services}
        self._query_apis: Final = _query_apis(self._services)
        self.tasks: Final = TaskSet()
        self._pages: Final = {page.endpoint: (each, page.operation) for each in self._services for page in each.pages}
        self._endpoints: Final = EndpointTable("", "", self._pages)
        self._report = report

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer a request. Raises nothing."""
        reply = Reply(self, request, respond, self.ids.uuid())
        try:
            if request.too_large:
                raise AwsError("RequestEntityTooLarge", "The request is too large.", 413)
            if self._verifiers and len(request.body) > LARGE:
                reply.verified_for = self._verify_large(request)
            if self._is_large(request):
                self.tasks.start(self._read_large(reply))
                return
            reply.target = target = self._find_named(request) or self._found(read_call(*self._form(request)))
            self._check_signature(reply, target)
            self._begin(reply, target, _parameters(request, target))
        except Exception as error:
            reply.fail(error)

    def verify(self, request: Request, service: str) -> None:
        """Raises AwsError unless the request is signed for this service."""
        if self._verifiers:
            self._verifiers[service](request)

    def defect(self, request: Request, error: Exception) -> AwsError:
        self._report(f"{request.method} {request.path}: {error!r}")
        return _INTERNAL

    def count(self, target: Target | None, status: int) -> None:
        key = ("", "", status) if target is None else (target.service.name, target.name, status)
        self.counts[key] = self.counts.get(key, 0) + 1

    @staticmethod
    def _is_large(request: Request) -> bool:
        """Whether reading the parameters would take too long here."""
        if len(request.body) > LARGE:
            return True
        return "x-amz-target" not in request.lowered and request.body.count(b"&") > MANY_FIELDS

    async def _read_large(self, reply: Reply) -> None:
        request, size, read = reply.request, len(reply.request.body), self.offload.read
        try:
            target = self._find_named(request)
            if target is None:
                target = self._found(await read(size, read_call, *self._form(request)))
            reply.target = target
            self._check_signature(reply, target)
            if target.parameters is None:
                parameters = await read(size, json_protocol.parse, request.body, target.operation.input)
            else:
                parameters = _parameters(request, target)
            self._begin(reply, target, parameters)
        except Overloaded as error:
            reply.fail(AwsError("ServiceUnavailable", str(error), 503))
        except Exception as error:
            reply.fail(error)

    def _begin(self, reply: Reply, target: Target, parameters: dict[str, Any]) -> None:
        PendingCall(reply, target, self._call(reply.request, target, parameters)).start()

    def _check_signature(self, reply: Reply, target: Target) -> None:
        request, service = reply.request, target.service
        signed = target.operation.signed or "authorization" in request.lowered
        if self._verifiers and signed and reply.verified_for != service.signing_name:
            self._verifiers[service.name](request)

    def _find_named(self, request: Request) -> Target | None:
        """The operation that a header or the path names; None: it is in a form."""
        target = request.lowered.get("x-amz-target")
        if target is None:
            return self._find_page(request)
        prefix, _, name = target.partition(".")
        service = self._by_target.get(prefix)
        if service is None or name not in service.operations:
            raise AwsError("UnknownOperationException", f"{target} is not served here.")
        return Target(service, name, service.operations[name])

    def _verify_large(self, request: Request) -> str:
        """The signing name that the signature is for. Raises AwsError unless a service of that name accepts it."""
        signed_for = service_of(request)
        named = (service for service in self._services if service.signing_name == signed_for)
        service = next(named, self._services[0])
        self._verifiers[service.name](request)
        return service.signing_name

    def _find_page(self, request: Request) -> Target | None:
        asked = self._endpoints.find(request.method, request.path)
        if asked is None:
            return None
        service, operation = self._pages[asked.endpoint]
        form = {**query_protocol.read_form(request.query), **asked.parts}
        parameters = parse_or_error(form, operation.input)
        return Target(service, operation.run.__name__, operation, parameters, page=True)

    def _form(self, request: Request) -> tuple[str, bytes, Mapping[str, QueryApi]]:
        """The arguments of `read_call`: with a signature, a form is for the services of its name."""
        body = request.body if request.method == "POST" else b""
        return request.query, body, self._query_apis.get(service_of(request), {})

    def _found(self, call: QueryCall) -> Target:
        service = self._by_name[call.service]
        return Target(service, call.operation, service.operations[call.operation], call.parameters)

    def _call(self, request: Request, target: Target, parameters: dict[str, Any]) -> Call:
        for name in target.operation.input.required:
            if name not in parameters:
                raise AwsError(target.service.missing_code, f"The request must contain the parameter {name}.")
        base_url = f"{request.scheme}://{request.lowered.get('host', '')}"
        trace = request.lowered.get("x-amzn-trace-id", "")
        by_service = service_events.HEADER.lower() in request.lowered
        return Call(parameters, base_url, request.path, self.stack, access_key_of(request) or "", trace, by_service)


def _parameters(request: Request, target: Target) -> dict[str, Any]:
    """Raises AwsError if they are not what the operation takes."""
    found = target.parameters
    if isinstance(found, AwsError):
        raise found
    return json_protocol.parse(request.body, target.operation.input) if found is None else found


def _query_apis(services: Iterable[Service]) -> dict[str | None, dict[str, QueryApi]]:
    """Those that are called by forms, by the name in signatures; None has all of them."""
    found: dict[str | None, dict[str, QueryApi]] = {None: {}}
    for service in services:
        if service.query is not None:
            inputs = {name: operation.input for name, operation in service.operations.items()}
            api = QueryApi(service.query.version, inputs)
            found[None][service.name] = api
            found.setdefault(service.signing_name, {})[service.name] = api
    return found


@dataclass(slots=True, eq=False)
class Reply:
    """A request that gets one response, in its protocol. `verified_for`: the signing name that its signature was
    verified for, before its body was read.
    """

    dispatcher: Dispatcher
    request: Request
    respond: Respond
    request_id: str
    target: Target | None = None
    verified_for: str | None = None

    def send(self, result: Result | Response) -> None:
        if isinstance(result, Response):
            self._respond(result)
        elif is_longer(result, LARGE):
            self.dispatcher.tasks.start(self._send_large(result))
        else:
            content_type, render, arguments = self._rendering(result)
            self._respond(Response(200, self._headers(content_type), render(*arguments)))

    async def _send_large(self, result: Result) -> None:
        """In another process EMPTY is another object, but an operation without a result has no large one."""
        content_type, render, arguments = self._rendering(result)
        try:
            body = await self.dispatcher.offload.run(render, *arguments)
        except Exception as error:
            self.fail(error)
        else:
            self._respond(Response(200, self._headers(content_type), body))

    def _rendering(self, result: Result) -> tuple[str, Callable[..., bytes], tuple[Any, ...]]:
        """The type of the document, and the function and arguments that make it."""
        target = self.target
        assert target is not None  # noqa: S101 - there is no result without an operation
        service = target.service
        if target.is_query and service.query is not None:
            arguments = (target.name, result, target.operation.output, service.query, self.request_id)
            return _XML, query_protocol.render, arguments
        content_type = "application/json" if target.page else f"application/x-amz-json-{service.json_version}"
        return content_type, json_protocol.render, (result,)

    def fail(self, error: Exception) -> None:
        """Answer with the error; one that is no AwsError is a defect, logged and a 500, unless a text of the request
        has no bytes: JSON can write half of a character, as `\\ud800`.
        """
        if isinstance(error, AwsError):
            known = error
        elif isinstance(error, UnicodeEncodeError) and error.encoding == "utf-8":
            known = _SURROGATE
        else:
            known = self.dispatcher.defect(self.request, error)
        service = None if self.target is None else self.target.service
        codes = {} if service is None else service.query_codes
        if self._is_query:
            dialect = (service and service.query) or _PLAIN
            body = query_protocol.render_error(codes.get(known.code, known.code), known, dialect, self.request_id)
            self._respond(Response(known.status, self._headers(_XML), body))
        else:
            headers = self._headers("application/x-amz-json-1.0")
            if known.code in codes:
                fault = "Sender" if known.status < 500 else "Receiver"
                headers = (*headers, ("x-amzn-query-error", f"{codes[known.code]};{fault}"))
            body = json_protocol.render({"__type": known.code, "message": str(known)})
            self._respond(Response(known.status, headers, body))

    @property
    def _is_query(self) -> bool:
        return self.target.is_query if self.target else "x-amz-target" not in self.request.lowered

    def _headers(self, content_type: str) -> Headers:
        return (("Content-Type", content_type), ("x-amzn-RequestId", self.request_id))

    def _respond(self, response: Response) -> None:
        self.dispatcher.count(self.target, response.status)
        self.respond(response)


_PLAIN: Final = query_protocol.QueryDialect("", "http://webservices.amazon.com/AWSFault/2005-15-09")


@dataclass(slots=True, eq=False)
class PendingCall:
    """A call to an operation that is being done, or waits. `Waiter`."""

    reply: Reply
    target: Target
    call: Call
    _waiting: Wait | None = None  # the last result, while it waits
    _deadline: Timer | None = None
    _expired: bool = False  # while it ran: what it receives now is still answered, or it would be lost for a while

    @property
    def is_connected(self) -> bool:
        return is_connected(self.reply.respond)

    def start(self) -> None:
        dispatcher = self.reply.dispatcher
        size, synced = len(self.reply.request.body), self.target.operation.synced
        dispatcher.store.run(self.work, self._first, self.reply.fail, size, synced=synced)

    def retry(self) -> None:
        self.reply.dispatcher.store.run(self.work, self.done, self.failed, synced=self.target.operation.synced)

    def leave(self) -> None:
        if self._waiting is not None:
            self._end(self._waiting.otherwise)

    def work(self, transaction: Transaction) -> Result | Response | Wait:
        """The operation, in a thread of the store."""
        return self.target.operation.run(transaction, self.call)

    def done(self, result: Result | Response | Wait) -> None:
        """It was called again."""
        if not isinstance(result, Wait):
            self._end(result)
        elif self._expired or self._waiters.closed:
            self._end(result.otherwise)
        else:
            self._waiters.wait_on(result.key, self, result.retry_in)

    def failed(self, error: Exception) -> None:
        """It was called again, and raised this."""
        self._end(error)

    @property
    def _waiters(self) -> Waiters[PendingCall]:
        return self.reply.dispatcher.waiters

    def _first(self, result: Result | Response | Wait) -> None:
        if not isinstance(result, Wait):
            self.reply.send(result)
        elif result.seconds <= 0 or self._waiters.closed:
            self.reply.send(result.otherwise)
        else:
            self._waiting = result
            self._deadline = self.reply.dispatcher.call_later(result.seconds, self._give_up)
            self._waiters.add(result.key, self, result.retry_in)
            call_on_disconnect(self.reply.respond, self._give_up)

    def _give_up(self) -> None:
        """Its time is over, or its client does not wait any more."""
        waiting = self._waiting
        if waiting is not None and self._waiters.remove(waiting.key, self):
            self._end(waiting.otherwise)
        else:
            self._expired = True

    def _end(self, result: Result | Response | Exception) -> None:
        waiting, self._waiting = self._waiting, None
        if self._deadline is not None:
            self._deadline.cancel()
        if isinstance(result, Exception):
            self.reply.fail(result)
        else:
            self.reply.send(result)
        if waiting is not None:
            self._waiters.answered(waiting.key, self)
