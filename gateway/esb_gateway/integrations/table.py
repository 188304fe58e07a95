"""The table of integrations: how routing.yml's entry of each type is compiled, and what handles it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from esb_gateway.apis.api import Integration, Route
from esb_gateway.apis.route_api import Handlers, IntegrationHandler
from esb_gateway.forwarding.forwarder import Forwarder
from esb_gateway.integrations.http_proxy import HttpProxy, HttpProxyHandler
from esb_gateway.integrations.lambda_proxy import LambdaProxy, LambdaProxyHandler
from esb_gateway.integrations.mock import Mock, MockHandler
from esb_gateway.integrations.service_call import OpenClient, ServiceCall, ServiceCallHandler
from esb_gateway.invocation import Function, Invoker
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas import contract
from esb_wire.offload import Offload
from esb_wire.timers import CallLater


@dataclass(frozen=True, slots=True)
class Services:
    """Arguments of handlers. `forwarder` is called only if there is a route to another server, `aws` when a service is
    called.
    """

    invoker: Invoker
    call_later: CallLater
    identifiers: Identifiers
    telemetry: Telemetry
    offload: Offload
    forwarder: Callable[[], Forwarder]
    aws: OpenClient


@dataclass(frozen=True, slots=True)
class IntegrationType:
    """A row of the table. `compile` takes the entry of routing.yml, or the name of the function, and all functions."""

    compiled: type[Integration]
    compile: Callable[[Any, Mapping[str, Function]], Integration]
    open_handler: Callable[[Services], IntegrationHandler[Any]]


FUNCTION: Final = IntegrationType(
    LambdaProxy,
    LambdaProxy.compile,
    lambda use: LambdaProxyHandler(use.invoker, use.call_later, use.identifiers, use.telemetry, use.offload),
)
# By the type of the integration in API Gateway's words; to it, a function is AWS_PROXY, too.
INTEGRATIONS: Final[Mapping[str, IntegrationType]] = {
    "AWS_PROXY": IntegrationType(
        ServiceCall, ServiceCall.compile, lambda use: ServiceCallHandler(use.aws, use.telemetry.log)
    ),
    "MOCK": IntegrationType(Mock, Mock.compile, lambda _: MockHandler()),
    "HTTP_PROXY": IntegrationType(
        HttpProxy, HttpProxy.compile, lambda use: HttpProxyHandler(use.forwarder(), use.telemetry.log)
    ),
}


def compile_integration(route: contract.Route, functions: Mapping[str, Function]) -> Integration:
    """The integration of a route, which leads to a function if it has none."""
    if route.integration is None:
        return FUNCTION.compile(route.function, functions)
    return INTEGRATIONS[route.integration.type].compile(route.integration, functions)


def open_handlers(routes: Iterable[Route], services: Services) -> Handlers:
    """A handler for each type of integration that the routes have."""
    used = {type(route.integration) for route in routes}
    return {
        row.compiled: row.open_handler(services) for row in (FUNCTION, *INTEGRATIONS.values()) if row.compiled in used
    }
