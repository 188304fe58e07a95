"""Validation of requests to REST APIs: request validators, required parameters and models.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from esb_generator.resources.nodes import Node, check_keys, flag, names, text, texts
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.routes.openapi import Operation
from esb_generator.values import Map, Seq, Value
from esb_schemas.contract import MODEL, BodySchema, Route, Validation
from esb_schemas.lazy_pattern import LazyPattern

Model: TypeAlias = tuple[BodySchema, Node]  # with where it stands

_VALIDATOR: Final = "x-amazon-apigateway-request-validator"
_JSON: Final = "application/json"
_PLACES: Final = {"header": "header", "path": "path", "query": "querystring"}  # by OpenAPI's `in`
_PARAMETER: Final = LazyPattern(r"method\.request\.((?:header|path|querystring)\..+)")
_IN_DOCUMENT: Final = LazyPattern(r"#/(?:definitions|components/schemas)/([^/]+)(/.*)?")
_BY_URL: Final = LazyPattern(r"https://apigateway\.amazonaws\.com/restapis/[^/]*/models/([^/#]+)(?:#(.*))?")
_EMPTY: Final = {"type": "object"}
_BUILT_IN: Final[Mapping[str, BodySchema]] = {
    "Empty": _EMPTY,
    "Error": {**_EMPTY, "properties": {"message": {"type": "string"}}},
}
# https://json-schema.org/draft-04/json-schema-validation, 7.3
_TEXT_FORMATS: Final = frozenset({"date-time", "email", "hostname", "ipv4", "ipv6", "uri"})
_REQUEST_MODEL: Final = names("Model Required ValidateBody ValidateParameters")


def used_models(stack: Stack, api: Resource, document: Node, routes: Iterable[Route]) -> dict[str, BodySchema]:
    """The models of a REST API that the validation of its routes refers to, by name."""
    wanted = [name for route in routes if route.validation for name in _references(route.validation.bodies)]
    if not wanted:
        return {}
    models = {**_document_models(document), **_sam_models(api.properties), **_resource_models(stack, api)}
    found: dict[str, BodySchema] = {}
    while wanted:
        name = wanted.pop()
        if name in models and name not in found:
            found[name], node = models[name]
            _warn_formats(found[name], node)
            wanted += _references(found[name])
    return dict(sorted(found.items()))


def _warn_formats(schema: object, node: Node) -> None:
    """A notice for the formats of a schema that are not checked; OpenAPI's own are no rules for texts."""
    formats = sorted({*_formats(schema)} & _TEXT_FORMATS)
    if formats:
        node.notice(
            f"{node.path or 'the schema'} has the format {' and '.join(formats)}: formats are not checked, so a text "
            "of any form is valid; add a pattern, or let the function check it"
        )


def _formats(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        found = value.get("format")
        if isinstance(found, str):
            yield found
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _formats(item)


def _references(value: object) -> Iterator[str]:
    """The names of models in a schema."""
    if isinstance(value, Mapping):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith(MODEL):
            yield reference.removeprefix(MODEL).partition("#")[0]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)


def _schema(value: Value, *, in_document: bool) -> Any:
    """A schema as plain data, with references to models as the contract writes them."""
    if isinstance(value, Seq):
        return [_schema(item, in_document=in_document) for item in value]
    if not isinstance(value, Map):
        return value
    made = {key: _schema(item, in_document=in_document) for key, item in value.items()}
    if isinstance(value.get("$ref"), str):
        made["$ref"] = _reference(f"{value['$ref']}", in_document=in_document)
    return made


def _reference(reference: str, *, in_document: bool) -> str:
    match = _BY_URL.fullmatch(reference) or (_IN_DOCUMENT.fullmatch(reference) if in_document else None)
    if match is None:
        return reference
    return f"{MODEL}{match[1]}#{match[2]}" if match[2] else f"{MODEL}{match[1]}"


# OpenAPI documents


def _document_models(document: Node) -> dict[str, Model]:
    holders = (document.child("definitions"), document.child("components").child("schemas"))
    found = (entry for holder in holders if isinstance(holder.value, Map) for entry in holder.entries())
    return {name: (_schema(node.value, in_document=True), node) for name, node in found if isinstance(node.value, Map)}


def operation_validation(document: Node, operation: Operation) -> Validation | None:
    """The validation of an operation by its request validator, else by the document's."""
    name = operation.node.read(_VALIDATOR, text) or document.read(_VALIDATOR, text)
    if name is None:
        return None
    validator = document.child(f"{_VALIDATOR}s").get(name)
    if validator is None:
        operation.node.problem(f"has the request validator {name}, which is not in {_VALIDATOR}s; add it there")
        return None
    parameters = [*_parameters(document, operation)]
    required = [
        f"{_PLACES[place]}.{name}"
        for place, name, node in parameters
        if place in _PLACES and node.read("required", flag)
    ]
    return Validation(
        tuple(required) if validator.read("validateRequestParameters", flag) else (),
        _bodies(document, operation, parameters) if validator.read("validateRequestBody", flag) else {},
    )


def _parameters(document: Node, operation: Operation) -> Iterator[tuple[str, str, Node]]:
    """The place, the name and the definition of each parameter; an operation's own come after those of its path."""
    found: dict[tuple[str, str], Node] = {}
    for holder in (document.child("paths").child(operation.path), operation.node):
        for item in holder.items_of("parameters"):
            node = _followed(document, item)
            found[node.read("in", text) or "", node.read("name", text) or ""] = node
    return ((place, name, node) for (place, name), node in found.items())


def _bodies(document: Node, operation: Operation, parameters: Iterable[tuple[str, str, Node]]) -> dict[str, BodySchema]:
    """The schemas of an operation's bodies, by media type: OpenAPI 3, else 2."""
    body = operation.node.get("requestBody")
    found = {kind: item.get("schema") for kind, item in _followed(document, body).entries_of("content")} if body else {}
    for place, _, node in parameters:
        if place == "body":
            kinds = operation.node.read("consumes", texts) or document.read("consumes", texts) or (_JSON,)
            found |= dict.fromkeys(kinds, node.get("schema"))
    schemas = {kind: (_schema(node.value, in_document=True), node) for kind, node in found.items() if node is not None}
    for schema, node in schemas.values():
        _warn_formats(schema, node)
    return {kind: schema for kind, (schema, _) in schemas.items()}


def _followed(document: Node, node: Node) -> Node:
    """The node that `$ref` names, or the node itself."""
    if not node.has("$ref"):
        return node
    reference = node.read("$ref", text) or ""
    found = document
    for step in reference.removeprefix("#/").split("/"):
        found = found.child(step.replace("~1", "/").replace("~0", "~"))
    if not found.value:
        node.problem(f"has the $ref {reference}, which is not in the document")
    return found


# SAM


def _sam_models(properties: Node) -> dict[str, Model]:
    """Models of AWS::Serverless::Api; the SAM transform writes the names in lower case."""
    models = properties.entries_of("Models")
    return {name.lower(): (_schema(node.value, in_document=True), node) for name, node in models}


def event_validation(event: Node, api: Resource) -> Validation | None:
    """The validation of the route of an Api event, by its RequestModel and RequestParameters."""
    model = event.get("RequestModel")
    required = tuple(_event_parameters(event))
    if model is None:
        return None
    check_keys(model, _REQUEST_MODEL)
    name = model.need("Model", text)
    if name is not None and not api.properties.child("Models").has(name):
        model.problem(f"has the Model {name}, which is not in Models of {api.logical_id}; define it there")
        return None
    return Validation(
        required if model.read("ValidateParameters", flag) else (),
        {_JSON: {"$ref": f"{MODEL}{name.lower()}"}} if name and model.read("ValidateBody", flag) else {},
    )


def _event_parameters(event: Node) -> Iterator[str]:
    """The required ones of RequestParameters: a list of names, or of mappings with one name each."""
    for item in event.items_of("RequestParameters"):
        for name, settings in item.entries() if isinstance(item.value, Map) else [(text(item), None)]:
            match = _PARAMETER.fullmatch(name)
            if match is None:
                item.problem(f"must begin with method.request.header., .path. or .querystring., not {name!r}")
            elif settings is not None and settings.read("Required", flag):
                yield match[1]


# AWS::ApiGateway


def _resource_models(stack: Stack, api: Resource) -> dict[str, Model]:
    """The models of AWS::ApiGateway::Model resources, and those that every API has."""
    found = {name: (schema, api.properties) for name, schema in _BUILT_IN.items()}
    for resource in stack.of_type("AWS::ApiGateway::Model"):
        if stack.find(resource.properties.read("RestApiId", text), (api.type,)) is api:
            schema = resource.properties.read("Schema", _written_schema) or _EMPTY
            found[stack.name(resource)] = (schema, resource.properties.child("Schema"))
    return found


def _written_schema(node: Node) -> Any:
    """A schema, or its JSON text."""
    if not isinstance(node.value, str):
        return _schema(node.value, in_document=False)
    try:
        return _schema(_marked(json.loads(node.value), node), in_document=False)
    except ValueError as error:
        node.problem(f"must be a JSON Schema, and is not JSON: {error}")
        return _EMPTY


def _marked(value: Any, node: Node) -> Value:
    if isinstance(value, dict):
        return Map(node.mark, ((key, _marked(item, node)) for key, item in value.items()))
    if isinstance(value, list):
        return Seq(node.mark, (_marked(item, node) for item in value))
    scalar: Value = value
    return scalar


def method_validation(stack: Stack, properties: Node) -> Validation | None:
    """The validation of an AWS::ApiGateway::Method."""
    validator = stack.find(properties.read("RequestValidatorId", text), ("AWS::ApiGateway::RequestValidator",))
    if validator is None:
        return None
    required = (
        name.removeprefix("method.request.")
        for name, node in properties.entries_of("RequestParameters")
        if flag(node) and _PARAMETER.fullmatch(name)
    )
    models = {
        kind: (stack.find(text(node), ("AWS::ApiGateway::Model",)), text(node))
        for kind, node in properties.entries_of("RequestModels")
    }
    return Validation(
        tuple(required) if validator.properties.read("ValidateRequestParameters", flag) else (),
        {kind: {"$ref": f"{MODEL}{stack.name(found) if found else name}"} for kind, (found, name) in models.items()}
        if validator.properties.read("ValidateRequestBody", flag)
        else {},
    )
