"""An API with its OpenAPI document, and the document's routes."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from esb_generator.resources.nodes import Node, matching, text
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.auth.route_auth import ApiAuth, Decision, RouteAuthSettings, decide
from esb_generator.services.apigateway.cors import openapi_cors
from esb_generator.services.apigateway.integrations.mock_and_http import (
    DOCUMENT,
    Integrated,
    UnsupportedIntegration,
    function_failure,
    integration,
    warn_mapping,
)
from esb_generator.services.apigateway.integrations.service_calls import service_call
from esb_generator.services.apigateway.routes.http_events import TIMEOUT
from esb_generator.services.apigateway.routes.matching_order import Candidate
from esb_generator.services.apigateway.routes.openapi import (
    Operation,
    function_meant,
    function_reference,
    own_preflight,
    payload,
)
from esb_generator.services.apigateway.validation import operation_validation
from esb_generator.values import NOTHING
from esb_schemas.contract import Api, Cors, Integration, Route
from esb_schemas.lazy_pattern import LazyPattern

Handler: TypeAlias = Resource | Integration  # of a route; the resource is a function
stage = matching(LazyPattern(r"\$default|[A-Za-z0-9_-]{1,128}"), "must be letters, digits, - and _")


class ApiDefinition(NamedTuple):
    """An API with its document; `takes_events` is whether events add routes to it (SAM's merge rules).

    `overrides` are the settings of events for the document's own routes (`OverrideApiAuth`), by path and method.
    """

    api: Api
    auth: ApiAuth
    resource: Resource
    operations: tuple[Operation, ...]
    takes_events: bool
    document: Node
    overrides: Mapping[tuple[str, str], RouteAuthSettings] = NOTHING

    @property
    def logical_id(self) -> str:
        """The API's logical id."""
        return self.resource.logical_id


def handled(stack: Stack, route: Route, handler: Handler) -> Route:
    """The route with its handler."""
    if isinstance(handler, Resource):
        return route._replace(function=stack.name(handler))
    return route._replace(integration=handler, operation_name=None, payload=None)


def document_cors(document: Node) -> Cors | None:
    """CORS in the document of an HTTP API."""
    return document.read("x-amazon-apigateway-cors", openapi_cors)


def key_source(properties: Node, document: Node) -> Literal["HEADER", "AUTHORIZER"]:
    """The source of a REST API's keys."""
    said = properties.read("ApiKeySourceType", text) or document.read("x-amazon-apigateway-api-key-source", text)
    return "AUTHORIZER" if said == "AUTHORIZER" else "HEADER"


def document_candidates(stack: Stack, definition: ApiDefinition) -> Iterator[Candidate]:
    """The routes of an API's document; unsupported ones are reported."""
    for operation in definition.operations:
        if operation.integration is None and definition.takes_events:
            continue  # an event may bring the integration
        cors = own_preflight(operation)
        if cors is not None and cors == definition.api.cors:
            continue  # the gateway answers preflights itself, by the API's Cors
        try:
            yield _candidate(stack, definition, operation, _handler(stack, definition, operation))
        except UnsupportedIntegration as reason:
            if cors is None:
                name = definition.logical_id
                operation.node.notice(f"route {operation.shown} of {name} {reason}: it is left out")


def decide_operation(auth: ApiAuth, operation: Operation) -> Decision:
    """The checks of an operation's route."""
    return decide(auth, RouteAuthSettings(operation.schemes or None, operation.scopes or ()))


def _candidate(stack: Stack, definition: ApiDefinition, operation: Operation, handler: Handler) -> Candidate:
    api, node = definition.api, operation.integration
    function = node if isinstance(handler, Resource) else None
    if function is not None and _streams(function):
        function.notice(f"route {operation.shown}: answers are not streamed; they are sent when they are whole")
    auth = definition.auth.for_method(operation.method)
    override = definition.overrides.get((operation.path, operation.method))
    decision = decide(auth, override) if override is not None else decide_operation(auth, operation)
    route = Route(
        path=operation.path,
        method=operation.method,
        api=definition.logical_id,
        payload=payload(function) if function is not None and api.type == "HTTP" else "1.0",
        timeout_in_millis=node.read("timeoutInMillis", TIMEOUT) if node is not None else None,
        operation_name=operation.node.read("operationId", text) if api.type == "REST" else None,
        auth=decision.auth,
        validation=operation_validation(definition.document, operation) if api.type == "REST" else None,
    )
    route = handled(stack, route, handler)
    return Candidate(route, operation.node.mark, decision.unchecked, definition.resource)


def _streams(integration: Node) -> bool:
    return (function_reference(integration) or "").endswith("/response-streaming-invocations")


def _handler(stack: Stack, definition: ApiDefinition, operation: Operation) -> Handler:
    """The handler of the operation's route. Raises UnsupportedIntegration."""
    node = operation.integration
    if node is None:
        raise UnsupportedIntegration("has no integration")
    api = definition.api
    route = Integrated(api.type, operation.path, api.stage_variables)
    called = service_call(node, DOCUMENT, route, stack.context.identity.region)
    if called is not None:
        return called
    if operation.kind != "aws_proxy":
        return integration(node, DOCUMENT, route)
    reference = function_reference(node) or ""
    for name, value in api.stage_variables.items():
        reference = reference.replace(f"${{stageVariables.{name}}}", value)
    function = function_meant(stack, reference, definition.resource)
    if function is None:
        raise UnsupportedIntegration("goes to something that is not a function of this template")
    if api.type == "REST":
        return function_failure(node, DOCUMENT) or function
    warn_mapping(node, DOCUMENT)
    return function
