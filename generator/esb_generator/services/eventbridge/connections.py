"""Connections with their API destinations as entries of resources.yml.

Sources: CloudFormation template reference, "AWS::Events::Connection" and "AWS::Events::ApiDestination".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from esb_generator.resources.nodes import (
    SILENT,
    Dropped,
    Field,
    Node,
    Shape,
    flag,
    integer,
    one_of,
    read_shape,
    shaped,
    text,
)
from esb_generator.resources.stack import Resource, Stack
from esb_schemas.sections.eventbridge_connections import DESTINATIONS, NAME, PARAMETERS

CONNECTION_TYPE = "AWS::Events::Connection"
DESTINATION_TYPE = "AWS::Events::ApiDestination"
SECTION = NAME
_DIRECT = Dropped("there is no private connectivity in the stack; requests go straight to the endpoint")


def _http_parameters(node: Node) -> list[Mapping[str, Any]]:
    """Parameters of a connection. IsValueSecret defaults to true, as in CloudFormation."""
    return [{"IsValueSecret": True, **read_shape(item, _HTTP_PARAMETER)} for item in node.items()]


_HTTP_PARAMETER: Shape = {
    "Key": Field(text, required=True),
    "Value": Field(text, required=True),
    "IsValueSecret": Field(flag),
}
_HTTP_PARAMETERS: Shape = {
    "HeaderParameters": Field(_http_parameters),
    "QueryStringParameters": Field(_http_parameters),
    "BodyParameters": Field(_http_parameters),
}
_OAUTH: Shape = {
    "AuthorizationEndpoint": Field(text, required=True),
    "HttpMethod": Field(one_of("GET", "POST", "PUT"), required=True),
    "ClientParameters": Field(
        shaped({"ClientID": Field(text, required=True), "ClientSecret": Field(text, required=True)}), required=True
    ),
    "OAuthHttpParameters": Field(shaped(_HTTP_PARAMETERS)),
}
_PARAMETERS: Shape = {
    "ApiKeyAuthParameters": Field(
        shaped({"ApiKeyName": Field(text, required=True), "ApiKeyValue": Field(text, required=True)})
    ),
    "BasicAuthParameters": Field(
        shaped({"Username": Field(text, required=True), "Password": Field(text, required=True)})
    ),
    "OAuthParameters": Field(shaped(_OAUTH)),
    "InvocationHttpParameters": Field(shaped(_HTTP_PARAMETERS)),
    "ConnectivityParameters": _DIRECT,
}
CONNECTION: Shape = {
    "Name": None,
    "Description": Field(text),
    "AuthorizationType": Field(one_of(*PARAMETERS), required=True),
    "AuthParameters": Field(shaped(_PARAMETERS), required=True),
    "InvocationConnectivityParameters": _DIRECT,
    "KmsKeyIdentifier": SILENT,
}
DESTINATION: Shape = {
    "Name": None,
    "Description": Field(text),
    "ConnectionArn": None,
    "InvocationEndpoint": Field(text, required=True),
    "HttpMethod": Field(one_of("POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"), required=True),
    "InvocationRateLimitPerSecond": Field(integer(1)),
}


def connection(stack: Stack, resource: Resource) -> Mapping[str, Any]:
    """A connection with the API destinations that use it."""
    destinations = [
        {"Name": stack.name(each), **read_shape(each.properties, DESTINATION)}
        for each in stack.of_type(DESTINATION_TYPE)
        if _connection_of(stack, each) == resource.logical_id
    ]
    return {
        "Name": stack.name(resource),
        **read_shape(resource.properties, CONNECTION),
        **({DESTINATIONS: destinations} if destinations else {}),
    }


def destination_support(stack: Stack, resource: Resource) -> str:
    """Why an API destination is unsupported: its connection is not in the template."""
    arn = resource.properties.need("ConnectionArn", text)
    if arn is None or _connection_of(stack, resource) is not None:
        return ""
    return f"{arn} is not a connection of this template, so its credentials are not known"


def destination_calls(_: Stack, __: Resource) -> Iterator[str | None]:
    """No functions: a URL may lead to one, but it is not the function's only caller."""
    yield from ()


def is_api_destination(stack: Stack, arn: str) -> bool:
    """Whether an ARN is that of an API destination of the template, whose connection is there, too."""
    return any(
        stack.attribute(each, "Arn") == arn and _connection_of(stack, each) is not None
        for each in stack.of_type(DESTINATION_TYPE)
    )


def _connection_of(stack: Stack, destination: Resource) -> str | None:
    """The logical id of the connection of an API destination."""
    arn = destination.properties.read("ConnectionArn", text)
    connections = stack.of_type(CONNECTION_TYPE)
    return next((each.logical_id for each in connections if stack.attribute(each, "Arn") == arn), None)
