"""Requests to APIs: each is matched with a route, its caller is authenticated, and the route's integration answers.

A request to an open route goes from callback to callback until it is answered; a task and a future for each would be
most of its cost. A request that has to be authenticated or validated runs in its own task.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar, assert_never

from esb_gateway.apis.api import Integration
from esb_gateway.apis.api_call import ApiCall, Rejected
from esb_gateway.apis.api_types import Failure
from esb_gateway.apis.cors import answer_preflight
from esb_gateway.apis.events import Principal, RequestContext
from esb_gateway.apis.gateway_responses import build_failure
from esb_gateway.apis.routing import Match, NotFound, Preflight, Routed, Router
from esb_gateway.apis.validation import validate
from esb_gateway.pending_request import PendingRequest
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_wire.http.messages import Request, Response
from esb_wire.offload import Offload

I_contra = TypeVar("I_contra", bound=Integration, contravariant=True)


class IntegrationHandler(Protocol[I_contra]):
    """Answers the calls of routes that have an integration of one type."""

    @property
    def max_body(self) -> int:
        """The maximum bytes of a request's body."""

    def handle(self, integration: I_contra, call: ApiCall) -> Coroutine[Any, Any, None] | None:
        """Answer the call now or in a callback; or give the coroutine that answers it."""


Handlers: TypeAlias = Mapping[type[Integration], IntegrationHandler[Any]]


class Authenticator(Protocol):
    """Checks who calls a route."""

    async def authenticate(self, call: ApiCall) -> Principal:
        """The caller. Raises Rejected."""

    def check_preflight(self, preflight: Preflight, request: Request, context: RequestContext) -> None:
        """Raises Rejected if the API's resource policy does not allow the request."""


@dataclass(frozen=True, slots=True)
class RouteApi:
    """Answers the requests of all APIs."""

    router: Router
    authenticator: Authenticator
    handlers: Handlers
    account_id: str
    partition: str
    identifiers: Identifiers
    telemetry: Telemetry
    offload: Offload

    def handle(self, pending: PendingRequest) -> None:
        """Answer a request, now or later."""
        request, started = pending.request, self.telemetry.clock()
        match self._match(request):
            case NotFound(api):
                why, context = api.type.failures[Failure.NOT_FOUND], self._context(pending, started)
                self._send(pending, build_failure(api, why, request, context), started)
            case Preflight() as preflight:
                self._send(pending, self._preflight(pending, preflight, started), started)
            case Match() as match:
                self._call(ApiCall(pending, match, self._context(pending, started), self.telemetry))
            case unknown:
                assert_never(unknown)

    def has_route(self, request: Request) -> bool:
        """Whether a route, or an API itself, answers the request."""
        return not isinstance(self._match(request), NotFound)

    def body_limit(self, request: Request) -> int:
        """The maximum bytes of a request's body, by its head."""
        found = self._match(request)
        return self.handlers[type(found.route.integration)].max_body if isinstance(found, Match) else 0

    def _match(self, request: Request) -> Routed:
        host = request.lowered.get("host", "").partition(":")[0]
        asked = request.lowered.get("access-control-request-method") if "origin" in request.lowered else None
        return self.router.match(request.method, request.path, host, preflight_for=asked)

    def _preflight(self, pending: PendingRequest, preflight: Preflight, started: float) -> Response:
        request = pending.request
        if preflight.api.policy is not None:
            try:
                self.authenticator.check_preflight(preflight, request, self._context(pending, started))
            except Rejected as rejected:
                return rejected.response
        return answer_preflight(request, preflight)

    def _send(self, pending: PendingRequest, response: Response, started: float) -> None:
        """Answer a request that no route answers."""
        self.telemetry.counts.routes["", "", "", response.status] += 1
        self.telemetry.log_access(pending.request, response, started)
        pending.respond(response)

    def _context(self, pending: PendingRequest, started: float) -> RequestContext:
        ids = self.identifiers
        return RequestContext(
            trace_id=ids.trace(pending.request.lowered.get("x-amzn-trace-id"), started),
            account_id=self.account_id,
            partition=self.partition,
            request_id=ids.request_id(),
            extended_request_id=ids.extended_request_id(),
            time=started,
        )

    def _call(self, call: ApiCall) -> None:
        if call.request.too_large:  # before a signature, which cannot be checked without the body
            call.fail(Failure.TOO_LARGE)
        elif call.match.route.auth is not None or call.match.route.validation is not None:
            call.pending.run(self._checked(call))
        elif (work := self._handle(call)) is not None:
            call.pending.run(work)

    async def _checked(self, call: ApiCall) -> None:
        route = call.match.route
        try:
            if route.auth is not None:
                call.principal = await self.authenticator.authenticate(call)
            if route.validation is not None:
                await validate(call, route.validation, self.offload)
        except Rejected as rejected:
            call.send(rejected.response)
            return
        if (work := self._handle(call)) is not None:
            await work

    def _handle(self, call: ApiCall) -> Coroutine[Any, Any, None] | None:
        integration = call.match.route.integration
        return self.handlers[type(integration)].handle(integration, call)
