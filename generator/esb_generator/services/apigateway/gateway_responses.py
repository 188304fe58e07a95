"""Gateway responses of REST APIs: how a template changes the responses that API Gateway itself gives.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from esb_generator.resources.nodes import Node, check_keys, integer, names, text
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.integrations.mock_and_http import LITERAL
from esb_schemas.contract import RESPONSE_VARIABLES, GatewayResponse, unknown_variables
from esb_schemas.lazy_pattern import LazyPattern

_TYPES: Final = names(
    "ACCESS_DENIED API_CONFIGURATION_ERROR AUTHORIZER_CONFIGURATION_ERROR AUTHORIZER_FAILURE BAD_REQUEST_BODY "
    "BAD_REQUEST_PARAMETERS DEFAULT_4XX DEFAULT_5XX EXPIRED_TOKEN INTEGRATION_FAILURE INTEGRATION_TIMEOUT "
    "INVALID_API_KEY INVALID_SIGNATURE MISSING_AUTHENTICATION_TOKEN QUOTA_EXCEEDED REQUEST_TOO_LARGE "
    "RESOURCE_NOT_FOUND THROTTLED UNAUTHORIZED UNSUPPORTED_MEDIA_TYPE WAF_FILTERED"
)
_SAM: Final = names("ResponseParameters ResponseTemplates StatusCode")
_HEADER: Final = "gatewayresponse.header."
_HEADER_NAME: Final = LazyPattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STATUS: Final = integer(200, 599)


def gateway_responses(stack: Stack, api: Resource, document: Node) -> dict[str, GatewayResponse]:
    """The gateway responses of a REST API, by type."""
    return {
        **_document_responses(document),
        **_sam_responses(api.properties),
        **_resource_responses(stack, api),
    }


def _sam_responses(properties: Node) -> dict[str, GatewayResponse]:
    found = {}
    node = properties.child("GatewayResponses")
    check_keys(node, _TYPES)
    for type_, response in node.entries():
        check_keys(response, _SAM)
        headers = response.child("ResponseParameters").entries_of("Headers")
        found[type_] = _response(response, headers, ("StatusCode", "ResponseTemplates"))
    return found


def _document_responses(document: Node) -> dict[str, GatewayResponse]:
    node = document.child("x-amazon-apigateway-gateway-responses")
    check_keys(node, _TYPES)
    return {
        type_: _response(response, _headers(response, "responseParameters"), ("statusCode", "responseTemplates"))
        for type_, response in node.entries()
    }


def _resource_responses(stack: Stack, api: Resource) -> dict[str, GatewayResponse]:
    found = {}
    for resource in stack.of_type("AWS::ApiGateway::GatewayResponse"):
        node = resource.properties
        if stack.find(node.read("RestApiId", text), (api.type,)) is not api:
            continue
        type_ = node.need("ResponseType", text) or ""
        if type_ in _TYPES:
            found[type_] = _response(node, _headers(node, "ResponseParameters"), ("StatusCode", "ResponseTemplates"))
        else:
            node.problem(f"has the ResponseType {type_}, which API Gateway does not have")
    return found


def _response(node: Node, headers: Iterable[tuple[str, Node]], keys: tuple[str, str]) -> GatewayResponse:
    status, templates = keys
    return GatewayResponse(node.read(status, _STATUS), dict(_literals(headers)), dict(_templates(node, templates)))


def _headers(node: Node, key: str) -> Iterator[tuple[str, Node]]:
    for name, value in node.entries_of(key):
        if name.startswith(_HEADER):
            yield name.removeprefix(_HEADER), value


def _literals(headers: Iterable[tuple[str, Node]]) -> Iterator[tuple[str, str]]:
    for name, node in headers:
        literal = LITERAL.fullmatch(text(node))
        if literal is not None and _HEADER_NAME.fullmatch(name):
            yield name, literal[1]
        else:
            node.notice(f"{node.path}: {text(node)} is not a quoted literal: the header is left out")


def _templates(node: Node, key: str) -> Iterator[tuple[str, str]]:
    for kind, template in node.entries_of(key):
        said = text(template)
        if unknown := unknown_variables(said):
            known = ", ".join(RESPONSE_VARIABLES)
            template.notice(
                f"{template.path}: {', '.join(unknown)} is not supported: the template is left out, and the body is "
                f"AWS's; use {known}"
            )
        else:
            yield kind, said
