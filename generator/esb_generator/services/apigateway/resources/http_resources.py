"""AWS::ApiGatewayV2::* resources: an HTTP API with its routes, each with a key and a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from esb_generator.resources.cors import http_cors
from esb_generator.resources.nodes import Node, one_of, text
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.auth.route_auth import authorizers_of, decide
from esb_generator.services.apigateway.definitions import ApiDefinition, document_cors, handled
from esb_generator.services.apigateway.integrations.mock_and_http import HTTP_ROUTE, Integrated, UnsupportedIntegration
from esb_generator.services.apigateway.resources.resource_apis import (
    HTTP_API,
    auth_of,
    handler_of,
    referred,
    resource_auth,
    stage_of,
)
from esb_generator.services.apigateway.routes.http_events import TIMEOUT
from esb_generator.services.apigateway.routes.matching_order import Candidate
from esb_generator.services.apigateway.routes.methods import DEFAULT, normal_method, path_problem, warn_trailing_slash
from esb_generator.services.apigateway.routes.openapi import operations, uri
from esb_schemas.contract import Api, Route

_INTEGRATION = "AWS::ApiGatewayV2::Integration"
_HTTP_APIS = (HTTP_API, "AWS::Serverless::HttpApi")  # a route may belong to an API of SAM


def http_definitions(stack: Stack) -> Iterator[ApiDefinition]:
    """Every HTTP API, in template order."""
    for resource in stack.of_type(HTTP_API):
        properties = resource.properties
        if not properties.has("Body") and properties.read("ProtocolType", text) != "HTTP":
            continue
        body = properties.child("Body")
        deployed = stage_of(stack, resource, "ApiId", ("AWS::ApiGatewayV2::Stage",), DEFAULT)
        auth = auth_of(stack, resource, "HTTP")
        api = Api(
            type="HTTP",
            stage=deployed.name,
            name=properties.read("Name", text),
            stage_variables=deployed.variables,
            cors=properties.read("CorsConfiguration", http_cors) or document_cors(body),
            authorizers=authorizers_of(auth),
        )
        yield ApiDefinition(api, auth, resource, tuple(operations(body, "HTTP")), takes_events=False, document=body)


def route_candidates(stack: Stack, apis: Mapping[str, ApiDefinition]) -> Iterator[Candidate]:
    """The routes of AWS::ApiGatewayV2::Route, then those of quick create; `apis` are the APIs by logical id."""
    for resource in stack.of_type("AWS::ApiGatewayV2::Route"):
        owner = referred(stack, resource.properties, "ApiId", *_HTTP_APIS)
        definition = apis.get(owner.logical_id) if owner is not None else None
        if definition is not None:
            yield from _of_route(stack, resource, definition)
    for definition in apis.values():
        yield from _quick_create(stack, definition)


def functions_behind(stack: Stack, api: Resource) -> Iterable[str | None]:
    """The URIs of an API's integrations."""
    for integration in stack.of_type(_INTEGRATION):
        if referred(stack, integration.properties, "ApiId", api.type) is api:
            yield integration.properties.read("IntegrationUri", uri)


def _of_route(stack: Stack, resource: Resource, definition: ApiDefinition) -> Iterator[Candidate]:
    properties, api = resource.properties, definition.api
    integration = referred(stack, properties, "Target", _INTEGRATION)
    node = integration.properties if integration is not None else None
    key = properties.need("RouteKey", _route_key)
    if key is None:
        return
    verb, path = key
    try:
        handler = handler_of(stack, node, HTTP_ROUTE, Integrated("HTTP", path, api.stage_variables))
    except UnsupportedIntegration as reason:
        shown = path if path == DEFAULT else f"{verb} {path}"
        resource.notice(f"route {shown} of {definition.logical_id} {reason}: it is left out")
        return
    # SAM's default authorizer is for the routes of its document.
    decision = decide(definition.auth._replace(default=""), resource_auth(stack, properties))
    route = Route(
        path=path,
        method=verb,
        api=definition.logical_id,
        payload=(node.read("PayloadFormatVersion", one_of("1.0", "2.0")) if node is not None else None) or "1.0",
        timeout_in_millis=node.read("TimeoutInMillis", TIMEOUT) if node is not None else None,
        auth=decision.auth,
    )
    yield Candidate(handled(stack, route, handler), resource.mark, decision.unchecked, resource)


def _quick_create(stack: Stack, definition: ApiDefinition) -> Iterator[Candidate]:
    """An HTTP API may name one function itself, with `Target` and perhaps `RouteKey`."""
    resource, properties = definition.resource, definition.resource.properties
    if resource.type != HTTP_API or (function := stack.function(properties.read("Target", text))) is None:
        return
    verb, path = properties.read("RouteKey", _route_key) or ("ANY", DEFAULT)
    route = Route(path, verb, stack.name(function), api=definition.logical_id, payload="2.0")
    yield Candidate(route, resource.mark, definition.auth.closed, resource)


def _route_key(node: Node) -> tuple[str, str]:
    """`GET /orders`, or `$default`: method and path."""
    said = text(node)
    if said == DEFAULT:
        return "ANY", DEFAULT
    verb, _, path = said.partition(" ")
    if normal_method(verb) is None or path_problem(path):
        node.problem(f"must be like GET /orders/{{id}} or $default, not {said!r}")
    warn_trailing_slash(node, path)
    return normal_method(verb) or "ANY", path
