"""Hand-written AWS::ApiGateway::* and AWS::ApiGatewayV2::*."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from esb_generator.model import Api, Cors, HttpProxy, Mock, Route
from esb_generator.resources.nodes import Node, flag, integer, one_of, text, text_map, texts
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.apis import (
    Definition,
    document_candidates,
    document_closes,
    document_cors,
    key_source,
    stage,
)
from esb_generator.services.apigateway.auth import Asked, Auth, authorizers_of, decide, domain_closes, policy_closes
from esb_generator.services.apigateway.authorizers import (
    BUILT_IN,
    for_api_type,
    handwritten_authorizers,
    scheme_authorizers,
)
from esb_generator.services.apigateway.cors import http_cors, preflight_cors
from esb_generator.services.apigateway.integrations import (
    HTTP_API,
    REST_METHOD,
    Integrated,
    Spelling,
    UnsupportedIntegration,
)
from esb_generator.services.apigateway.integrations import integration as integrated
from esb_generator.services.apigateway.methods import DEFAULT, method, normal_method, path_problem
from esb_generator.services.apigateway.openapi import operations, preflight
from esb_generator.services.apigateway.routes import Candidate

_REST, _HTTP = "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"
_OPEN = ("", "NONE")
_MAPPINGS = ("AWS::ApiGateway::BasePathMapping", "AWS::ApiGatewayV2::ApiMapping")
_DOMAINS = ("AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName")


class _Stage(NamedTuple):
    name: str
    variables: Mapping[str, str]


def handwritten_definitions(stack: Stack) -> Iterator[Definition]:
    """Every hand-written API that requests can reach, in template order."""
    for resource in stack.of_type(_REST, _HTTP):
        if resource.type == _REST:
            yield _rest_definition(stack, resource)
        elif resource.properties.has("Body") or resource.properties.read("ProtocolType", text) == "HTTP":
            yield _http_definition(stack, resource)


def handwritten_candidates(stack: Stack, found: Iterable[Definition]) -> Iterator[Candidate]:
    """The routes of hand-written methods and routes, and of Body documents."""
    apis = {definition.api.logical_id: definition for definition in found}
    for definition in apis.values():
        yield from document_candidates(stack, definition)
    for resource in stack.of_type("AWS::ApiGateway::Method"):
        yield from _of_method(stack, resource, apis)
    for resource in stack.of_type("AWS::ApiGatewayV2::Route"):
        yield from _of_route(stack, resource, apis)
    for definition in apis.values():
        yield from _quick_create(stack, definition)


def _rest_definition(stack: Stack, resource: Resource) -> Definition:
    properties = resource.properties
    body = properties.get("Body")
    found = tuple(operations(body)) if body is not None else ()
    deployed = _stage_of(stack, resource, "RestApiId", ("AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment"))
    auth = _auth(stack, resource, "REST")
    api = Api(
        logical_id=resource.logical_id,
        type="REST",
        mark=resource.mark,
        stage=deployed.name if deployed else "Prod",
        name=properties.read("Name", text),
        stage_variables=deployed.variables if deployed else {},
        binary_media_types=properties.read("BinaryMediaTypes", texts) or (),
        cors=preflight(found) or _method_cors(stack, resource),
        authorizers=authorizers_of(auth),
        api_key_source=key_source(properties, body),
    )
    return Definition(api, auth, resource, found, takes_events=False)


def _auth(stack: Stack, resource: Resource, kind: Literal["REST", "HTTP"]) -> Auth:
    """What an API has to check its callers; a hand-written one asks nothing of all routes alike."""
    properties = resource.properties
    body = properties.get("Body") if properties.has("Body") else None
    policy = properties.get("Policy") if properties.has("Policy") else None
    closed = policy_closes([policy]) or document_closes(body) or _domain(stack, resource)
    known = {**scheme_authorizers(stack, body), **handwritten_authorizers(stack, resource)}
    return Auth({**BUILT_IN, **for_api_type(known, kind)}, kind, closed=closed)


def _domain(stack: Stack, api: Resource) -> str:
    """Why a custom domain that is mapped to the API closes it."""
    for mapping in stack.of_type(*_MAPPINGS):
        properties = mapping.properties
        api_key = "RestApiId" if api.type == _REST else "ApiId"
        name = properties.read("DomainName", text)
        domain = stack.find(name, _DOMAINS) if name else None
        if domain is not None and _refers(stack, properties, api_key, api.type) is api:
            return domain_closes(domain.properties)
    return ""


def _http_definition(stack: Stack, resource: Resource) -> Definition:
    properties = resource.properties
    body = properties.get("Body")
    deployed = _stage_of(stack, resource, "ApiId", ("AWS::ApiGatewayV2::Stage",))
    auth = _auth(stack, resource, "HTTP")
    api = Api(
        logical_id=resource.logical_id,
        type="HTTP",
        mark=resource.mark,
        stage=deployed.name if deployed else DEFAULT,
        name=properties.read("Name", text),
        stage_variables=deployed.variables if deployed else {},
        cors=properties.read("CorsConfiguration", http_cors) or document_cors(body),
        authorizers=authorizers_of(auth),
    )
    found = tuple(operations(body)) if body is not None else ()
    return Definition(api, auth, resource, found, takes_events=False)


def _stage_of(stack: Stack, api: Resource, key: str, types: tuple[str, ...]) -> _Stage | None:
    for resource in stack.of_type(*types):
        properties = resource.properties
        if not properties.has("StageName") or _refers(stack, properties, key, api.type) is not api:
            continue
        variables = properties.read("Variables", text_map) or properties.read("StageVariables", text_map)
        return _Stage(properties.read("StageName", stage) or "", variables or {})
    return None


def _refers(stack: Stack, properties: Node, key: str, *types: str) -> Resource | None:
    reference = properties.read(key, text) if properties.has(key) else None
    return stack.find(reference, types) if reference else None


# REST: methods of a tree of resources


def _of_method(stack: Stack, resource: Resource, apis: Mapping[str, Definition]) -> Iterator[Candidate]:
    properties = resource.properties
    owner = _refers(stack, properties, "RestApiId", _REST)
    definition = apis.get(owner.logical_id) if owner is not None else None
    integration = properties.get("Integration")
    verb = properties.read("HttpMethod", method)
    if definition is None:
        resource.notice("its RestApiId is no AWS::ApiGateway::RestApi of this template: the method is left out")
        return
    where = _path_of(stack, properties, definition.resource)
    if verb is None or where is None or _is_common_preflight(definition.api, verb, integration):
        if where is None:
            resource.notice("its path does not begin at the API's root: the method is left out")
        return
    try:
        answerer = _answerer(stack, integration, REST_METHOD, Integrated("REST", where, definition.api.stage_variables))
    except UnsupportedIntegration as reason:
        resource.notice(f"route {verb} {where} of {definition.api.logical_id} {reason}: it is left out")
        return
    decision = decide(definition.auth, _asks(stack, properties))
    route = Route(
        path=where,
        method=verb,
        function=answerer.logical_id if isinstance(answerer, Resource) else None,
        api=definition.api.logical_id,
        mark=resource.mark,
        payload="1.0",
        timeout_in_millis=integration.read("TimeoutInMillis", integer(50, 900_000)) if integration else None,
        operation_name=properties.read("OperationName", text) if isinstance(answerer, Resource) else None,
        auth=decision.auth,
        integration=None if isinstance(answerer, Resource) else answerer,
    )
    yield Candidate(route, decision.unchecked, resource.logical_id, resource.type)


def _answerer(stack: Stack, node: Node | None, spelled: Spelling, route: Integrated) -> Resource | Mock | HttpProxy:
    """Who answers a route. Raises Unserved."""
    if node is None:
        raise UnsupportedIntegration("has no integration")
    if _kind(node, spelled.type) != "AWS_PROXY":
        return integrated(node, spelled, route)
    function = _proxied(stack, node, spelled.uri)
    if function is None:
        raise UnsupportedIntegration("goes to something that is no function of this template")
    return function


def _path_of(stack: Stack, properties: Node, api: Resource) -> str | None:
    """The path of a method's resource, found by going up to the API's root."""
    segments: list[str] = []
    reference = properties.read("ResourceId", text)
    root = stack.attribute(api, "RootResourceId")
    while reference is not None and reference != root and len(segments) < 50:
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
    """CORS as an OPTIONS method with a mock integration answers it; None for every other method."""
    if integration is None or verb != "OPTIONS" or _kind(integration, "Type") != "MOCK":
        return None
    responses = integration.get("IntegrationResponses")
    parameters = (item.get("ResponseParameters") for item in responses.items()) if responses is not None else ()
    return next(filter(None, (preflight_cors(said) for said in parameters if said is not None)), None)


def _method_cors(stack: Stack, api: Resource) -> Cors | None:
    """CORS as the first hand-written OPTIONS method that is a preflight answers it."""
    for resource in stack.of_type("AWS::ApiGateway::Method"):
        properties = resource.properties
        verb = (properties.read("HttpMethod", text) or "").upper()
        cors = _preflight(verb, properties.get("Integration"))
        if cors is not None and _refers(stack, properties, "RestApiId", _REST) is api:
            return cors
    return None


# HTTP: routes with a key and a target


def _of_route(stack: Stack, resource: Resource, apis: Mapping[str, Definition]) -> Iterator[Candidate]:
    properties = resource.properties
    owner = _refers(stack, properties, "ApiId", _HTTP)
    definition = apis.get(owner.logical_id) if owner is not None else None
    if definition is None:
        return
    integration = _refers(stack, properties, "Target", "AWS::ApiGatewayV2::Integration")
    node = integration.properties if integration is not None else None
    key = properties.need("RouteKey", _route_key)
    if key is None:
        return
    verb, path = key
    try:
        answerer = _answerer(stack, node, HTTP_API, Integrated("HTTP", path, definition.api.stage_variables))
    except UnsupportedIntegration as reason:
        shown = path if path == DEFAULT else f"{verb} {path}"
        resource.notice(f"route {shown} of {definition.api.logical_id} {reason}: it is left out")
        return
    version = node.read("PayloadFormatVersion", one_of("1.0", "2.0")) if node is not None else None
    decision = decide(definition.auth, _asks(stack, properties))
    route = Route(
        path=path,
        method=verb,
        function=answerer.logical_id if isinstance(answerer, Resource) else None,
        api=definition.api.logical_id,
        mark=resource.mark,
        payload="2.0" if version == "2.0" else "1.0",
        timeout_in_millis=node.read("TimeoutInMillis", integer(50, 900_000)) if node is not None else None,
        auth=decision.auth,
        integration=None if isinstance(answerer, Resource) else answerer,
    )
    yield Candidate(route, decision.unchecked, resource.logical_id, resource.type)


def _quick_create(stack: Stack, definition: Definition) -> Iterator[Candidate]:
    """An HTTP API may name one function itself, with `Target` and perhaps `RouteKey`."""
    resource, properties = definition.resource, definition.resource.properties
    function = _proxied(stack, properties, "Target") if resource.type == _HTTP and properties.has("Target") else None
    if function is not None:
        verb, path = properties.read("RouteKey", _route_key) or ("ANY", DEFAULT)
        api = definition.api.logical_id
        route = Route(path, verb, function.logical_id, api, resource.mark, payload="2.0")
        yield Candidate(route, definition.auth.closed, resource.logical_id, resource.type)


def _route_key(node: Node) -> tuple[str, str]:
    """`GET /orders`, or `$default`: method and path."""
    said = text(node)
    if said == DEFAULT:
        return "ANY", DEFAULT
    verb, _, path = said.partition(" ")
    if normal_method(verb) is None or path_problem(path):
        node.problem(f"must be like GET /orders/{{id}} or $default, not {said!r}")
    return normal_method(verb) or "ANY", path


def _asks(stack: Stack, properties: Node) -> Asked:
    """What a method or a route says itself; a type without its authorizer is an authorizer that nobody knows."""
    kind = properties.read("AuthorizationType", text) or ""
    types = ("AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer")
    found = _refers(stack, properties, "AuthorizerId", *types)
    if kind.upper() in _OPEN:
        names: tuple[str, ...] = ()
    elif kind.upper() == "AWS_IAM":
        names = ("AWS_IAM",)
    else:
        names = (found.logical_id if found is not None else kind,)
    return Asked(names, properties.read("AuthorizationScopes", texts), properties.read("ApiKeyRequired", flag))


def _proxied(stack: Stack, node: Node | None, key: str) -> Resource | None:
    reference = node.read(key, text) if node is not None else None
    return stack.function(reference) if reference else None


def _kind(node: Node | None, key: str) -> str:
    return (node.read(key, text) or "").upper() if node is not None else ""
