"""AWS::ApiGateway::* resources: a REST API with its methods on a tree of resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from esb_generator.resources.nodes import Node, text, texts
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.auth.route_auth import authorizers_of, decide
from esb_generator.services.apigateway.cors import preflight_cors
from esb_generator.services.apigateway.definitions import ApiDefinition, handled, key_source
from esb_generator.services.apigateway.gateway_responses import gateway_responses
from esb_generator.services.apigateway.integrations.mock_and_http import REST_METHOD, Integrated, UnsupportedIntegration
from esb_generator.services.apigateway.resources.resource_apis import (
    REST_API,
    auth_of,
    handler_of,
    kind_of,
    referred,
    resource_auth,
    stage_of,
)
from esb_generator.services.apigateway.routes.http_events import TIMEOUT
from esb_generator.services.apigateway.routes.matching_order import Candidate
from esb_generator.services.apigateway.routes.methods import method, path_problem
from esb_generator.services.apigateway.routes.openapi import operations, preflight
from esb_generator.services.apigateway.validation import method_validation
from esb_schemas.contract import Api, Cors, Route

_METHOD = "AWS::ApiGateway::Method"
_STAGES = ("AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment")
_MAX_DEPTH = 50


def rest_definitions(stack: Stack) -> Iterator[ApiDefinition]:
    """Every REST API, in template order."""
    for resource in stack.of_type(REST_API):
        properties = resource.properties
        body = properties.child("Body")
        found = tuple(operations(body, "REST"))
        deployed = stage_of(stack, resource, "RestApiId", _STAGES, "Prod")
        auth = auth_of(stack, resource, "REST")
        api = Api(
            type="REST",
            stage=deployed.name,
            name=properties.read("Name", text),
            stage_variables=deployed.variables,
            binary_media_types=properties.read("BinaryMediaTypes", texts) or (),
            cors=preflight(found) or _method_cors(stack, resource),
            authorizers=authorizers_of(auth),
            api_key_source=key_source(properties, body),
            gateway_responses=gateway_responses(stack, resource, body),
            policy=auth.policy,
        )
        yield ApiDefinition(api, auth, resource, found, takes_events=False, document=body)


def method_candidates(stack: Stack, apis: Mapping[str, ApiDefinition]) -> Iterator[Candidate]:
    """The routes of methods; `apis` are the APIs by logical id."""
    for resource in stack.of_type(_METHOD):
        owner = referred(stack, resource.properties, "RestApiId", REST_API)
        definition = apis.get(owner.logical_id) if owner is not None else None
        if definition is None:
            resource.notice("its RestApiId is not an AWS::ApiGateway::RestApi of this template: the method is left out")
        else:
            yield from _of_method(stack, resource, definition)


def _of_method(stack: Stack, resource: Resource, definition: ApiDefinition) -> Iterator[Candidate]:
    properties, api = resource.properties, definition.api
    integration = properties.get("Integration")
    verb = properties.read("HttpMethod", method)
    path = _path_of(stack, properties, definition.resource)
    if path is None:
        resource.notice("its path does not begin at the API's root: the method is left out")
        return
    if verb is None or _is_common_preflight(api, verb, integration):
        return
    try:
        handler = handler_of(stack, integration, REST_METHOD, Integrated("REST", path, api.stage_variables))
    except UnsupportedIntegration as reason:
        resource.notice(f"route {verb} {path} of {definition.logical_id} {reason}: it is left out")
        return
    decision = decide(definition.auth, resource_auth(stack, properties))
    route = Route(
        path=path,
        method=verb,
        api=definition.logical_id,
        payload="1.0",
        timeout_in_millis=integration.read("TimeoutInMillis", TIMEOUT) if integration else None,
        operation_name=properties.read("OperationName", text),
        auth=decision.auth,
        validation=method_validation(stack, properties),
    )
    yield Candidate(handled(stack, route, handler), resource.mark, decision.unchecked, resource)


def _path_of(stack: Stack, properties: Node, api: Resource) -> str | None:
    """The path of a method's resource, found by going up to the API's root."""
    segments: list[str] = []
    reference = properties.read("ResourceId", text)
    root = stack.attribute(api, "RootResourceId")
    while reference is not None and reference != root and len(segments) < _MAX_DEPTH:
        found = stack.find(reference, ("AWS::ApiGateway::Resource",))
        if found is None:
            return None
        segments.append(found.properties.need("PathPart", text) or "")
        reference = found.properties.need("ParentId", text)
    path = "/" + "/".join(reversed(segments))
    if problem := path_problem(path):
        properties.problem(f"path {problem}")
    return path if reference == root else None


def _is_common_preflight(api: Api, verb: str, integration: Node | None) -> bool:
    """Whether the gateway answers as the method would, by the API's Cors."""
    cors = _preflight(verb, integration)
    return cors is not None and cors == api.cors


def _preflight(verb: str, integration: Node | None) -> Cors | None:
    """CORS by the answer of an OPTIONS method with a mock integration; None for any other method."""
    if integration is None or verb != "OPTIONS" or kind_of(integration, "Type") != "MOCK":
        return None
    parameters = (item.child("ResponseParameters") for item in integration.items_of("IntegrationResponses"))
    return next(filter(None, map(preflight_cors, parameters)), None)


def _method_cors(stack: Stack, api: Resource) -> Cors | None:
    """CORS by the answer of the first OPTIONS method that is a preflight."""
    for resource in stack.of_type(_METHOD):
        properties = resource.properties
        verb = (properties.read("HttpMethod", text) or "").upper()
        cors = _preflight(verb, properties.get("Integration"))
        if cors is not None and referred(stack, properties, "RestApiId", REST_API) is api:
            return cors
    return None
