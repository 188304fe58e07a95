"""Dispatches requests by their path, whatever server they came from.

The path decides: dated ones as `/2015-03-31/functions` are the Lambda API, `/_esb/` is the gateway's own. A function
URL has a host name or a path of its own (function_urls.py). All other requests are for the routes of APIs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from esb_gateway.admin.events_api import PATH as EVENTS
from esb_gateway.admin.events_api import Events, EventsApi
from esb_gateway.admin.pages import Page
from esb_gateway.admin.state_page import OWN_PREFIX, admin_page
from esb_gateway.apis.auth.api_keys import KeyRing, Meter
from esb_gateway.apis.auth.authenticator import RouteAuthenticator, issuers_here, token_authorizers
from esb_gateway.apis.auth.lambda_authorizers import LambdaAuthorizerHandler
from esb_gateway.apis.function_urls import NoUrl, UrlMatch, UrlTable
from esb_gateway.apis.route_api import RouteApi
from esb_gateway.apis.routing import Router
from esb_gateway.apis.url_api import UrlApi
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.forwarding.forwarder import Forwarder
from esb_gateway.integrations.service_call import OpenClient
from esb_gateway.integrations.table import Services, open_handlers
from esb_gateway.invocation import MAX_SYNC_PAYLOAD, Invoker
from esb_gateway.lambda_api.api import LambdaApi, SourceMappings
from esb_gateway.lambda_api.configurations import Configurations
from esb_gateway.lambda_api.function_names import FunctionNames
from esb_gateway.lambda_api.invoke import max_payload
from esb_gateway.lambda_api.operations import is_lambda_api
from esb_gateway.pending_request import ErrorBoundary, PendingRequest
from esb_gateway.serving.dependencies import Dependencies
from esb_schemas.partitions import partition_of
from esb_wire.http.messages import Request, Respond, json_response
from esb_wire.sigv4 import for_operators

_TOO_LARGE: Final = json_response(413, {"message": "Request Entity Too Large"})


class Gateway:
    """Answers requests by a configuration, which may change."""

    def __init__(  # noqa: PLR0913 - each is an owner of state that outlives a configuration
        self,
        configuration: Configuration,
        invoker: Invoker,
        events: Events,
        mappings: SourceMappings,
        dependencies: Dependencies,
        *,
        pages: Mapping[str, Page] = MappingProxyType({}),
        aws: OpenClient = lambda _: None,
    ) -> None:
        """`pages` are further pages, by path; one whose path ends in `/` has pages below it, too. `aws` opens the
        clients of services that routes call.
        """
        self._invoker = invoker
        self._events = events
        self._mappings = mappings
        self._deps = dependencies
        self._pages = pages
        self._aws = aws
        self._boundary = ErrorBoundary(dependencies.telemetry.log)
        self._events_api = EventsApi(events, for_operators(dependencies.verify), dependencies.offload)
        self._forwarder: Forwarder | None = None
        self.configure(configuration)

    def configure(self, configuration: Configuration) -> None:
        """Use this configuration from now on. Requests that are being answered end with the one that they began with.

        Everything that is made of a configuration is made here. What has state is made once and passed in, or takes the
        new configuration itself: see `RunningGateway`.
        """
        deps, stack = self._deps, configuration.stack
        loaded = deps.telemetry.clock()
        names = FunctionNames(configuration.functions, stack)
        self._lambda_api = LambdaApi(
            names=names,
            configurations=Configurations(names, loaded, partial(self._mappings.documents, loaded)),
            invoker=self._invoker,
            events=self._events,
            mappings=self._mappings,
            verify=deps.verify,
            identifiers=deps.identifiers,
            telemetry=deps.telemetry,
            offload=deps.offload,
        )
        self._urls = UrlTable(configuration.urls)
        self._url_api = UrlApi(
            invoker=self._invoker,
            verify=deps.verify,
            account_id=stack.account_id,
            partition=partition_of(stack.region),
            identifiers=deps.identifiers,
            telemetry=deps.telemetry,
            offload=deps.offload,
        )
        self._configure_routes(configuration)

    def _configure_routes(self, configuration: Configuration) -> None:
        deps, stack, routes = self._deps, configuration.stack, configuration.routes
        tokens = deps.auth.open_tokens() if token_authorizers(routes) else None
        self._key_sets = {} if tokens is None else tokens.key_sets(issuers_here(routes))
        authenticator = RouteAuthenticator(
            verify=deps.auth.verify_call,
            key_ring=KeyRing(configuration.api_keys, deps.auth.secret),
            meter=Meter(configuration.usage_plans, deps.auth.usage),
            lambdas=LambdaAuthorizerHandler(self._invoker, deps.call_later, stack, deps.identifiers, deps.telemetry),
            tokens=tokens,
            telemetry=deps.telemetry,
        )
        services = Services(
            invoker=self._invoker,
            call_later=deps.call_later,
            identifiers=deps.identifiers,
            telemetry=deps.telemetry,
            offload=deps.offload,
            forwarder=self._open_forwarder,
            aws=self._aws,
        )
        self._route_api = RouteApi(
            router=Router(configuration.apis, routes),
            authenticator=authenticator,
            handlers=open_handlers(routes, services),
            account_id=stack.account_id,
            partition=partition_of(stack.region),
            identifiers=deps.identifiers,
            telemetry=deps.telemetry,
            offload=deps.offload,
        )

    def _open_forwarder(self) -> Forwarder:
        """The one forwarder: its connections outlive a configuration."""
        if self._forwarder is None:
            self._forwarder = self._deps.open_forwarder()
        return self._forwarder

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer a request by calling `respond` once, now or later. Never raises."""
        self._boundary.handle(request, respond, self._dispatch)

    def body_limit(self, request: Request) -> int:
        """The maximum size of a request's body in bytes, by its head."""
        if is_lambda_api(request.path):
            return max_payload(request)
        if request.path.startswith(OWN_PREFIX):
            return 0
        if self._urls.match(request) is not None:
            return MAX_SYNC_PAYLOAD
        return self._route_api.body_limit(request)

    async def close(self) -> None:
        """Cancel requests that are not answered yet, and close connections to other servers."""
        await self._boundary.close()
        self._deps.offload.close()
        if self._forwarder is not None:
            await self._forwarder.close()

    def _dispatch(self, pending: PendingRequest) -> None:
        request = pending.request
        if request.too_large and request.path.startswith(OWN_PREFIX):
            pending.respond(_TOO_LARGE)
        elif is_lambda_api(request.path):
            self._lambda_api.handle(pending)
        elif request.path == EVENTS or request.path.startswith(f"{EVENTS}/"):
            self._events_api.handle(request, pending.respond)
        elif request.path.startswith(OWN_PREFIX):
            self._answer_page(pending)
        elif (matched := self._urls.match(request)) is not None:
            self._answer_url(pending, matched)
        elif (file := self._static_file(request)) is not None:
            pending.run(self._answer_static(pending, file))
        else:
            self._route_api.handle(pending)

    def _static_file(self, request: Request) -> Path | None:
        static = self._deps.static
        return None if static is None or self._route_api.has_route(request) else static.find(request)

    async def _answer_static(self, pending: PendingRequest, file: Path) -> None:
        assert self._deps.static is not None  # noqa: S101 - the file is one of its files
        started = self._deps.telemetry.clock()
        response = await self._deps.static.answer(pending.request, file)
        self._deps.telemetry.log_access(pending.request, response, started)
        pending.respond(response)

    def _answer_page(self, pending: PendingRequest) -> None:
        async def answer(page: Page) -> None:
            pending.respond(await page(pending.request))

        path = pending.request.path
        first = path.removeprefix(OWN_PREFIX).partition("/")[0]
        page = self._pages.get(path) or self._pages.get(f"{OWN_PREFIX}{first}/")
        if page is None:
            pending.respond(admin_page(pending.request, self._deps.readiness, self._key_sets))
        else:
            pending.run(answer(page))

    def _answer_url(self, pending: PendingRequest, matched: UrlMatch | NoUrl) -> None:
        if isinstance(matched, NoUrl):
            self._url_api.reject(pending)
        else:
            self._url_api.handle(pending, matched)
