"""AWS::Serverless::Api and AWS::Serverless::HttpApi, explicit and implicit, with the routes of events and documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from esb_generator.errors import TemplateError
from esb_generator.resources.files import object_in_s3
from esb_generator.resources.nodes import Node, flag, text, text_map, texts
from esb_generator.resources.stack import Resource, Stack
from esb_generator.sam.implicit_apis import HTTP_API, IMPLICIT_APIS, REST_API
from esb_generator.services.apigateway.auth.authorizers import sam_authorizers, scheme_authorizers
from esb_generator.services.apigateway.auth.resource_policies import POLICY, Policy, document_policy, sam_policy
from esb_generator.services.apigateway.auth.route_auth import api_auth, authorizers_of, decide, event_auth
from esb_generator.services.apigateway.cors import rest_cors, sam_http_cors
from esb_generator.services.apigateway.definitions import (
    ApiDefinition,
    decide_operation,
    document_candidates,
    document_cors,
    key_source,
    stage,
)
from esb_generator.services.apigateway.gateway_responses import gateway_responses
from esb_generator.services.apigateway.routes.http_events import HttpEvent
from esb_generator.services.apigateway.routes.matching_order import Candidate
from esb_generator.services.apigateway.routes.methods import DEFAULT, ApiType
from esb_generator.services.apigateway.routes.openapi import Operation, operations, preflight
from esb_generator.services.apigateway.validation import event_validation, operation_validation
from esb_generator.values import Map
from esb_schemas.contract import Api, Route, Validation

_MEDIA_TYPES = "x-amazon-apigateway-binary-media-types"
_IMPLICIT = {"REST": REST_API, "HTTP": HTTP_API}
# Events may also name an API in plain CloudFormation; then they add permissions, and no route.
_REFERRED = {
    "REST": ("AWS::Serverless::Api", "AWS::ApiGateway::RestApi"),
    "HTTP": ("AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api"),
}


def events_by_api(stack: Stack, events: Iterable[HttpEvent]) -> dict[str, list[HttpEvent]]:
    """The events by the logical id of the API to which they add a route."""
    found: dict[str, list[HttpEvent]] = {}
    for event in events:
        api = _api_of(stack, event)
        if api is not None:
            found.setdefault(api, []).append(event)
    return found


def definitions(stack: Stack, by_api: Mapping[str, Sequence[HttpEvent]]) -> Iterator[ApiDefinition]:
    """Every API in template order, then the implicit ones that events use."""
    for resource in stack.of_type("AWS::Serverless::Api", "AWS::Serverless::HttpApi"):
        if resource.scope.logical_id not in IMPLICIT_APIS or (
            not by_api.get(resource.logical_id) and _is_written(resource)
        ):
            yield _definition(stack, resource, by_api.get(resource.logical_id, ()))
        elif resource.logical_id in by_api:
            events = by_api[resource.logical_id]
            yield _definition(stack, resource._replace(mark=events[0].node.mark), events)


def _is_written(resource: Resource) -> bool:
    """Whether the template has the resource; all parts of a generated one have the same place."""
    return resource.mark != resource.properties.mark


def candidates(
    stack: Stack, found: Iterable[ApiDefinition], by_api: Mapping[str, Sequence[HttpEvent]]
) -> Iterator[Candidate]:
    """The routes of every API: those of its document, then those of events."""
    for definition in found:
        events = by_api.get(definition.logical_id, ())
        served = [*document_candidates(stack, definition)]
        yield from _with_events(served, events) if definition.api.type == "HTTP" else served
        if definition.takes_events:
            taken = {(candidate.route.path, candidate.route.method) for candidate in served}
            if definition.api.type == "HTTP":
                taken |= {(found.path, found.method) for found in definition.operations if found.integration}
            yield from _of_events(stack, definition, events, taken)


def _definition(stack: Stack, resource: Resource, events: Iterable[HttpEvent]) -> ApiDefinition:
    properties = resource.properties
    kind: ApiType = "REST" if resource.type == "AWS::Serverless::Api" else "HTTP"
    stack.check_properties(resource)
    document, remote = _document(stack, properties)
    found = tuple(operations(document, kind))
    has_document = properties.has("DefinitionBody") or properties.has("DefinitionUri")
    merges = properties.read("MergeDefinitions", flag) or not has_document
    # SAM writes the authorizers of Auth over the document's.
    known = {**scheme_authorizers(stack, document), **sam_authorizers(stack, properties.child("Auth"), kind)}
    auth = api_auth(properties, known, kind)
    auth = auth._replace(closed=auth.closed or remote)
    api = _rest_api(stack, resource, document, found) if kind == "REST" else _http_api(resource, document)
    auth = auth.with_policy(_policy(properties, document, api, found, events))
    api = api._replace(authorizers=authorizers_of(auth), policy=auth.policy)
    overrides = {
        (event.path, event.method): event_auth(event.auth, kind) for event in events if _overrides(event.auth, kind)
    }
    return ApiDefinition(api, auth, resource, found, kind == "HTTP" or merges, document, overrides)


def _policy(
    properties: Node, document: Node, api: Api, found: Iterable[Operation], events: Iterable[HttpEvent]
) -> Policy:
    """The resource policy: that of the API, and what events add to it for the methods of their path so far."""
    if api.type == "HTTP":
        return Policy()
    own = sam_policy(properties.child("Auth").get("ResourcePolicy"), api.stage)
    policy = own.and_also(document_policy(properties.get("Policy"))).and_also(document_policy(document.get(POLICY)))
    methods: dict[str, list[str]] = {}
    places: list[Operation | HttpEvent] = [*found, *events]
    for place in places:
        known = methods.setdefault(place.path, [])
        known.append("*" if place.method == "ANY" else place.method)
        if isinstance(place, HttpEvent) and place.auth is not None:
            added = sam_policy(place.auth.get("ResourcePolicy"), api.stage, dict.fromkeys(known), place.path)
            policy = policy.and_also(added)
    return policy


def _overrides(auth: Node | None, kind: ApiType) -> bool:
    """Whether an event's Auth overrides that of the document's route: in a REST API only with OverrideApiAuth."""
    if auth is None or kind == "HTTP":
        return auth is not None and bool(auth.value)
    return auth.read("OverrideApiAuth", flag) is True


def _rest_api(stack: Stack, resource: Resource, document: Node, found: tuple[Operation, ...]) -> Api:
    properties = resource.properties
    types = (*(properties.read("BinaryMediaTypes", texts) or ()), *(document.read(_MEDIA_TYPES, texts) or ()))
    return Api(
        type="REST",
        stage=properties.need("StageName", stage) or "Prod",
        name=properties.read("Name", text),
        stage_variables=properties.read("Variables", text_map) or {},
        binary_media_types=tuple(dict.fromkeys(name.replace("~1", "/") for name in types)),
        cors=properties.read("Cors", rest_cors) or preflight(found),
        api_key_source=key_source(properties, document),
        gateway_responses=gateway_responses(stack, resource, document),
    )


def _http_api(resource: Resource, document: Node) -> Api:
    properties = resource.properties
    return Api(
        type="HTTP",
        stage=properties.read("StageName", stage) or DEFAULT,
        name=properties.read("Name", text),
        stage_variables=properties.read("StageVariables", text_map) or {},
        cors=properties.read("CorsConfiguration", sam_http_cors) or document_cors(document),
    )


def _document(stack: Stack, properties: Node) -> tuple[Node, str]:
    """The API's document, empty if there is none; if it cannot be fetched, why the API's routes are closed."""
    body = properties.child("DefinitionBody")
    uri = properties.get("DefinitionUri")
    if properties.has("DefinitionBody") or uri is None:
        return body, ""
    if (place := object_in_s3(uri)) is not None:
        fix = "its routes are left out; give a local file"
        uri.notice(f"DefinitionUri is {place}, which the build cannot fetch: {fix}")
        return body, "is of an API whose document, and what it says of callers, cannot be fetched"
    try:
        content = stack.context.read_file(text(uri), uri.mark)
    except TemplateError as error:
        uri.problem(f"names {text(uri)}, which is wrong: {error}")
        return body, ""
    mark = content.mark if isinstance(content, Map) else uri.mark
    return uri._replace(value=content, mark=mark), ""


def _api_of(stack: Stack, event: HttpEvent) -> str | None:
    if event.api is None:
        return event.function.sibling_id(_IMPLICIT[event.type])
    found = stack.find(event.api, _REFERRED[event.type])
    if found is not None:
        return found.logical_id
    key = "RestApiId" if event.type == "REST" else "ApiId"
    event.node._replace(mark=event.api_mark).problem(
        f"has the {key} {event.api}, which is not an {_REFERRED[event.type][0]} of this template; use !Ref with one"
    )
    return None


def _of_events(
    stack: Stack, definition: ApiDefinition, events: Iterable[HttpEvent], taken: set[tuple[str, str]]
) -> Iterator[Candidate]:
    """The routes that only events define; the security that a document defines for them applies too."""
    in_document = {(operation.path, operation.method): operation for operation in definition.operations}
    for event in events:
        if (event.path, event.method) in taken:
            continue
        auth = definition.auth.for_method(event.method)
        has_auth, is_http = event.auth is not None and bool(event.auth.value), definition.api.type == "HTTP"
        if has_auth and is_http:
            auth = definition.auth  # an Auth that names no authorizer means the default one, on OPTIONS too
        decision = decide(auth, event_auth(event.auth, definition.api.type))
        operation = in_document.get((event.path, event.method))
        if operation and operation.schemes and (decision.is_open or (is_http and not has_auth)):
            decision = decide_operation(auth, operation)
        route = Route(
            path=event.path,
            method=event.method,
            function=stack.name(event.function),
            api=definition.logical_id,
            payload=event.payload,
            timeout_in_millis=event.timeout_in_millis,
            auth=decision.auth,
            validation=None if is_http else _validation(definition, event, operation),
        )
        yield Candidate(route, event.node.mark, decision.unchecked, event.function)


def _validation(definition: ApiDefinition, event: HttpEvent, operation: Operation | None) -> Validation | None:
    """The validation of an event's route, for which the document may have an operation."""
    found = event_validation(event.node, definition.resource)
    return operation_validation(definition.document, operation) if found is None and operation else found


def _with_events(candidates: Iterable[Candidate], events: Iterable[HttpEvent]) -> Iterator[Candidate]:
    """The routes of an HTTP API's document, with the payload format and the timeout of events for the same routes."""
    by_route = {(event.path, event.method): event for event in events}
    for candidate in candidates:
        route = candidate.route
        event = by_route.get((route.path, route.method))
        if event is None or route.function is None:
            yield candidate
            continue
        version = event.payload if event.node.has("PayloadFormatVersion") else route.payload
        limit = event.timeout_in_millis or route.timeout_in_millis
        yield candidate._replace(route=route._replace(payload=version, timeout_in_millis=limit))
