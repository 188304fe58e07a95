"""Common parts of AWS::ApiGateway and AWS::ApiGatewayV2 resources: stages, authorizers, integrations."""

from collections.abc import Mapping
from typing import NamedTuple

from esb_generator.resources.nodes import Node, flag, text, text_map, texts
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.auth.authorizers import (
    BUILT_IN,
    for_api_type,
    resource_authorizers,
    scheme_authorizers,
)
from esb_generator.services.apigateway.auth.resource_policies import POLICY, document_policy
from esb_generator.services.apigateway.auth.route_auth import ApiAuth, RouteAuthSettings, domain_closes
from esb_generator.services.apigateway.definitions import Handler, stage
from esb_generator.services.apigateway.integrations.mock_and_http import (
    Integrated,
    Spelling,
    UnsupportedIntegration,
    function_failure,
    integration,
    warn_mapping,
)
from esb_generator.services.apigateway.integrations.service_calls import service_call
from esb_generator.services.apigateway.routes.methods import ApiType

REST_API, HTTP_API = "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"
_OPEN = ("", "NONE")
_MAPPINGS = ("AWS::ApiGateway::BasePathMapping", "AWS::ApiGatewayV2::ApiMapping")
_DOMAINS = ("AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName")


class DeployedStage(NamedTuple):
    """The stage through which requests reach an API."""

    name: str
    variables: Mapping[str, str]


def stage_of(stack: Stack, api: Resource, key: str, types: tuple[str, ...], otherwise: str) -> DeployedStage:
    """The first stage of an API."""
    for resource in stack.of_type(*types):
        properties = resource.properties
        if properties.has("StageName") and referred(stack, properties, key, api.type) is api:
            variables = properties.read("Variables", text_map) or properties.read("StageVariables", text_map)
            return DeployedStage(properties.read("StageName", stage) or "", variables or {})
    return DeployedStage(otherwise, {})


def auth_of(stack: Stack, api: Resource, api_type: ApiType) -> ApiAuth:
    """The authentication settings of an API; unlike SAM's, none of them apply to all routes."""
    properties = api.properties
    body = properties.child("Body")
    policy = document_policy(properties.get("Policy")).and_also(document_policy(body.get(POLICY)))
    known = {**scheme_authorizers(stack, body), **resource_authorizers(stack, api)}
    auth = ApiAuth({**BUILT_IN, **for_api_type(known, api_type)}, api_type, closed=_domain(stack, api))
    return auth.with_policy(policy)


def _domain(stack: Stack, api: Resource) -> str:
    """Why a custom domain that is mapped to the API closes it."""
    for mapping in stack.of_type(*_MAPPINGS):
        properties = mapping.properties
        api_key = "RestApiId" if api.type == REST_API else "ApiId"
        domain = stack.find(properties.read("DomainName", text), _DOMAINS)
        if domain is not None and referred(stack, properties, api_key, api.type) is api:
            return domain_closes(domain.properties)
    return ""


def referred(stack: Stack, properties: Node, key: str, *types: str) -> Resource | None:
    """The resource that a property refers to."""
    return stack.find(properties.read(key, text), types) if properties.has(key) else None


def handler_of(stack: Stack, node: Node | None, spelling: Spelling, route: Integrated) -> Handler:
    """The handler of a route. Raises UnsupportedIntegration."""
    if node is None:
        raise UnsupportedIntegration("has no integration")
    called = service_call(node, spelling, route, stack.context.identity.region)
    if called is not None:
        return called
    if kind_of(node, spelling.type) != "AWS_PROXY":
        return integration(node, spelling, route)
    function = stack.function(node.read(spelling.uri, text))
    if function is None:
        raise UnsupportedIntegration("goes to something that is not a function of this template")
    if route.api_type == "REST":
        return function_failure(node, spelling) or function
    warn_mapping(node, spelling)
    return function


def kind_of(node: Node | None, key: str) -> str:
    """The type of an integration in upper case."""
    return (node.read(key, text) or "").upper() if node is not None else ""


def resource_auth(stack: Stack, properties: Node) -> RouteAuthSettings:
    """The settings of a method or a route; a type without an authorizer counts as one that is not defined."""
    kind = properties.read("AuthorizationType", text) or ""
    types = ("AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer")
    found = referred(stack, properties, "AuthorizerId", *types)
    if kind.upper() in _OPEN:
        names: tuple[str, ...] = ()
    elif kind.upper() == "AWS_IAM":
        names = ("AWS_IAM",)
    else:
        names = (found.logical_id if found is not None else kind,)
    scopes = properties.read("AuthorizationScopes", texts)
    return RouteAuthSettings(names, scopes, properties.read("ApiKeyRequired", flag))
