"""A configuration in which some functions are debugged: one slot each, and no deadline. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from esb_gateway.apis.api import Route
from esb_gateway.apis.route_auth import LambdaAuthorizer, RouteAuth
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.pools.slots import NO_DEADLINE
from esb_gateway.integrations.lambda_proxy import LambdaProxy
from esb_gateway.invocation import Function
from esb_schemas.near_miss import near_miss

SETTING: Final = "ESB_DEBUG"


def name_of(function: str, functions: Mapping[str, Function], given_by: str) -> str:
    """The name of a function that is given by its name or its logical id. Raises ConfigurationError."""
    by_id = {each.logical_id: name for name, each in functions.items() if each.logical_id is not None}
    name = function if function in functions else by_id.get(function)
    if name is None:
        near = near_miss(function, sorted({*functions, *by_id}))
        suggestion = f"did you mean {near}?" if near else f"functions are {', '.join(sorted(functions)) or 'none'}."
        raise ConfigurationError(f"{given_by} {function}: there is no such function; {suggestion}")
    return name


def with_debugged(configuration: Configuration, names: Collection[str]) -> Configuration:
    """The configuration with these functions debugged; names are those of functions.yml.

    Such a function has one slot, which starts at once. Neither the function's timeout nor that of a route or of an
    authorizer ends a call while a person looks at it.
    """
    functions = {
        name: _debugged(function) if name in names else function for name, function in configuration.functions.items()
    }
    routes = tuple(_without_deadline(route, names) for route in configuration.routes)
    return replace(configuration, functions=functions, routes=routes)


def _debugged(function: Function) -> Function:
    return replace(
        function, timeout=NO_DEADLINE, idle_timeout=NO_DEADLINE, min_capacity=1, max_capacity=1, debugged=True
    )


def _without_deadline(route: Route, names: Collection[str]) -> Route:
    integration, auth = route.integration, route.auth
    if isinstance(integration, LambdaProxy) and integration.function in names:
        route = replace(route, timeout=NO_DEADLINE)
    if auth is not None and isinstance(auth.authorizer, LambdaAuthorizer) and auth.authorizer.function in names:
        authorizer = replace(auth.authorizer, timeout=NO_DEADLINE)
        patient: RouteAuth = replace(auth, authorizer=authorizer)
        # The client waits for both.
        route = replace(route, auth=patient, timeout=NO_DEADLINE)
    return route
