"""The authorizers of an API, from every place where a template defines them.

`Auth` of AWS::Serverless::Api and HttpApi, the security schemes of an OpenAPI document with API Gateway's extensions
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html), and
AWS::ApiGateway::Authorizer and AWS::ApiGatewayV2::Authorizer. One that the gateway does not
support is an `UnsupportedAuthorizer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Final, Literal, NamedTuple, TypeAlias

from esb_generator.resources.nodes import Node, flag, integer, one_of, text, texts
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.openapi import function_meant, uri
from esb_generator.values import Map, Seq
from esb_schemas.contract import Authorizer

_TTL = integer(0, 3600)
_POOL = re.compile(r"arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[A-Za-z0-9_-]+")
_SOURCE = re.compile(
    r"\$(request\.(header|querystring)\.[^\s,]+|context\.[A-Za-z0-9_.]+|stageVariables\.[A-Za-z0-9_]+)"
)
_ISSUER = re.compile(r"https?://\S+")
# How REST APIs begin an identity source, and how HTTP APIs and routing.yml do.
_PREFIXES = (
    ("method.request.header.", "$request.header."),
    ("method.request.querystring.", "$request.querystring."),
    ("context.", "$context."),
    ("stageVariables.", "$stageVariables."),
)
_IDENTITY = (
    ("Headers", "$request.header."),
    ("QueryStrings", "$request.querystring."),
    ("StageVariables", "$stageVariables."),
    ("Context", "$context."),
)


class BuiltIn(Enum):
    """What an OpenAPI security scheme may mean besides an authorizer."""

    AWS_IAM = "AWS_IAM"
    API_KEY = "API key"


class UnsupportedAuthorizer(NamedTuple):
    """An authorizer that the gateway cannot be; `reason` goes on after its name."""

    reason: str


class SupportedAuthorizer(NamedTuple):
    """An authorizer of routing.yml; `scopes` are those of the routes that do not name their own."""

    entry: Authorizer
    scopes: tuple[str, ...] = ()


Known: TypeAlias = SupportedAuthorizer | UnsupportedAuthorizer | BuiltIn
LambdaType: TypeAlias = Literal["TOKEN", "REQUEST"]
_OTHERS: Final[Mapping[str, tuple[str, ...]]] = {"REST": ("JWT",), "HTTP": ("TOKEN", "COGNITO_USER_POOLS")}
BUILT_IN: Final[Mapping[str, Known]] = {"AWS_IAM": BuiltIn.AWS_IAM, "api_key": BuiltIn.API_KEY}


def sam_authorizers(stack: Stack, auth: Node, api_type: Literal["REST", "HTTP"]) -> dict[str, Known]:
    """`Authorizers` of the Auth property of a SAM API."""
    node = auth.get("Authorizers")
    read = _sam_rest if api_type == "REST" else _sam_http
    return {name: read(stack, authorizer) for name, authorizer in (node.entries() if node else ())}


def scheme_authorizers(stack: Stack, document: Node | None) -> dict[str, Known]:
    """`securityDefinitions` (OpenAPI 2) or `components.securitySchemes` (3) of a document."""
    if document is None:
        return {}
    places = (
        _mapping(document, "securityDefinitions"),
        _mapping(_mapping(document, "components"), "securitySchemes"),
    )
    names = [(place, name) for place in places if place is not None for name, _ in place.entries()]
    schemes = ((name, _mapping(place, name)) for place, name in names)
    return {name: _scheme(stack, scheme) for name, scheme in schemes if scheme is not None}


def _mapping(node: Node | None, key: str) -> Node | None:
    """A part of a document, whose other parts are nobody's business here, however they look."""
    child = node.value.get(key) if node is not None and isinstance(node.value, Map) else None
    return node.get(key) if node is not None and isinstance(child, Map) else None


def resource_authorizers(stack: Stack, api: Resource) -> dict[str, Known]:
    """The authorizer resources of an API, by logical id."""
    found: dict[str, Known] = {}
    for resource in stack.of_type("AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer"):
        is_rest = resource.type == "AWS::ApiGateway::Authorizer"
        reference = resource.properties.read("RestApiId" if is_rest else "ApiId", text)
        if reference is not None and stack.find(reference, (api.type,)) is api:
            read = _rest_resource if is_rest else _http_resource
            found[resource.logical_id] = read(stack, resource)
    return found


def for_api_type(known: Mapping[str, Known], api_type: Literal["REST", "HTTP"]) -> dict[str, Known]:
    """The same, without what an API of this type does not have."""
    return {name: _fitted(each, api_type) for name, each in known.items()}


def _fitted(known: Known, api_type: Literal["REST", "HTTP"]) -> Known:
    if not isinstance(known, SupportedAuthorizer):
        return known
    entry = known.entry
    if entry.type in _OTHERS[api_type]:
        return UnsupportedAuthorizer(f"whose type {entry.type} {api_type} APIs do not have")
    if api_type == "REST":
        return known._replace(entry=entry._replace(payload=None, simple_responses=False))
    if entry.simple_responses and entry.payload == "1.0":
        return UnsupportedAuthorizer("whose simple responses need payload 2.0")
    return known


def _sam_rest(stack: Stack, node: Node) -> Known:
    identity = node.get("Identity")
    scopes = node.read("AuthorizationScopes", texts) or ()
    header = (identity.read("Header", text) if identity else None) or "Authorization"
    validation = identity.read("ValidationExpression", text) if identity else None
    if node.has("UserPoolArn"):
        return _pools(node.read("UserPoolArn", _one_or_more) or (), header, validation, scopes)
    kind = node.read("FunctionPayloadType", one_of("TOKEN", "REQUEST"))
    is_request = kind == "REQUEST"
    return _lambda(
        stack,
        "REQUEST" if is_request else "TOKEN",
        node.read("FunctionArn", text),
        sources=_identity_sources(identity) if is_request else [f"$request.header.{header}"],
        validation=None if is_request else validation,
        ttl=identity.read("ReauthorizeEvery", _TTL) if identity else None,
    )


def _sam_http(stack: Stack, node: Node) -> Known:
    configuration = node.get("JwtConfiguration")
    if configuration is not None:
        sources = node.read("IdentitySource", _one_or_more) or ()
        scopes = node.read("AuthorizationScopes", texts) or ()
        return _jwt(stack, configuration, sources, scopes)
    identity = node.get("Identity")
    return _lambda(
        stack,
        "REQUEST",
        node.read("FunctionArn", text),
        sources=_identity_sources(identity),
        ttl=identity.read("ReauthorizeEvery", _TTL) if identity else None,
        payload=_payload(node.read("AuthorizerPayloadFormatVersion", text)),
        simple=node.read("EnableSimpleResponses", flag) or False,
    )


def _scheme(stack: Stack, scheme: Node) -> Known:
    node = _mapping(scheme, "x-amazon-apigateway-authorizer")
    if node is None:
        auth_type = scheme.read("x-amazon-apigateway-authtype", text) or ""
        if auth_type.lower() == "awssigv4":
            return BuiltIn.AWS_IAM
        is_key = scheme.read("type", text) == "apiKey" and (scheme.read("name", text) or "").lower() == "x-api-key"
        return BuiltIn.API_KEY if is_key else UnsupportedAuthorizer("which has no x-amazon-apigateway-authorizer")
    header = scheme.read("name", text) or "Authorization"
    sources = _listed(node.get("identitySource"))
    validation = node.read("identityValidationExpression", text)
    kind = (node.read("type", text) or "").lower()
    match kind:
        case "jwt":
            configuration = node.get("jwtConfiguration")
            return (
                _jwt(stack, configuration, sources, ())
                if configuration
                else UnsupportedAuthorizer("which has no issuer")
            )
        case "cognito_user_pools":
            return _pools(node.read("providerARNs", _one_or_more) or (), header, validation, ())
        case "token" | "request":
            return _lambda(
                stack,
                "TOKEN" if kind == "token" else "REQUEST",
                node.read("authorizerUri", uri),
                sources=(sources or [f"$request.header.{header}"]) if kind == "token" else sources,
                validation=validation if kind == "token" else None,
                ttl=node.read("authorizerResultTtlInSeconds", _TTL),
                payload=_payload(node.read("authorizerPayloadFormatVersion", text)),
                simple=node.read("enableSimpleResponses", flag) or False,
            )
        case _:
            return UnsupportedAuthorizer(f"whose type {kind or 'is missing'} is not known")


def _rest_resource(stack: Stack, resource: Resource) -> Known:
    node = resource.properties
    sources = _listed(node.get("IdentitySource"))
    validation = node.read("IdentityValidationExpression", text)
    kind = node.read("Type", text)
    if kind == "COGNITO_USER_POOLS":
        header = (sources[0] if sources else "Authorization").rpartition(".")[2]
        return _pools(node.read("ProviderARNs", _one_or_more) or (), header, validation, ())
    if kind not in ("TOKEN", "REQUEST"):
        return UnsupportedAuthorizer(f"whose type {kind or 'is missing'} is not known")
    return _lambda(
        stack,
        "TOKEN" if kind == "TOKEN" else "REQUEST",
        node.read("AuthorizerUri", uri),
        sources=sources,
        validation=validation if kind == "TOKEN" else None,
        ttl=node.read("AuthorizerResultTtlInSeconds", _TTL),
    )


def _http_resource(stack: Stack, resource: Resource) -> Known:
    node = resource.properties
    sources = _listed(node.get("IdentitySource"))
    kind = node.read("AuthorizerType", text)
    configuration = node.get("JwtConfiguration")
    if kind == "JWT" and configuration is not None:
        return _jwt(stack, configuration, sources, ())
    if kind != "REQUEST":
        return UnsupportedAuthorizer(f"whose type {kind or 'is missing'} is not known")
    return _lambda(
        stack,
        "REQUEST",
        node.read("AuthorizerUri", uri),
        sources=sources,
        ttl=node.read("AuthorizerResultTtlInSeconds", _TTL),
        payload=_payload(node.read("AuthorizerPayloadFormatVersion", text)),
        simple=node.read("EnableSimpleResponses", flag) or False,
    )


def _lambda(  # noqa: PLR0913 - what a Lambda authorizer has
    stack: Stack,
    kind: LambdaType,
    reference: str | None,
    *,
    sources: Iterable[str],
    validation: str | None = None,
    ttl: int | None = None,
    payload: Literal["1.0", "2.0"] | None = None,
    simple: bool = False,
) -> Known:
    function = function_meant(stack, reference) if reference else None
    if function is None:
        return UnsupportedAuthorizer(f"whose function {reference or 'is not named and'} is none of this template")
    read = _sources(sources)
    if isinstance(read, UnsupportedAuthorizer):
        return read
    if kind == "TOKEN" and not read:
        return UnsupportedAuthorizer("which does not say where the token is")
    return _with_pattern(
        Authorizer(
            kind,
            function=stack.name(function),
            payload=payload,
            simple_responses=simple,
            identity_sources=read,
            validation_expression=validation,
            result_ttl_in_seconds=ttl if read else None,
        )
    )


def _pools(arns: tuple[str, ...], header: str, validation: str | None, scopes: tuple[str, ...]) -> Known:
    invalid = next((arn for arn in arns if not _POOL.fullmatch(arn)), None)
    if invalid is not None or not arns:
        return UnsupportedAuthorizer(f"whose user pool {invalid or 'is not named and'} is no ARN of one")
    return _with_pattern(
        Authorizer(
            "COGNITO_USER_POOLS",
            identity_sources=(f"$request.header.{header}",),
            validation_expression=validation,
            user_pool_arns=arns,
        ),
        scopes,
    )


def _jwt(stack: Stack, node: Node, sources: Iterable[str], scopes: tuple[str, ...]) -> Known:
    """SAM takes `issuer` and `Issuer`, and one audience without a list."""
    said = {key.lower(): child for key, child in node.entries()}
    issuer = text(said["issuer"]) if "issuer" in said else ""
    audience = _one_or_more(said["audience"]) if "audience" in said else ()
    if not _ISSUER.fullmatch(issuer):
        return UnsupportedAuthorizer(f"whose issuer {issuer or 'is not named and'} is no URL")
    if not audience:
        return UnsupportedAuthorizer("which names no audience")
    read = _sources(sources)
    if isinstance(read, UnsupportedAuthorizer):
        return read
    here = issuer.startswith("https://cognito-idp.") and stack.find(issuer, ("AWS::Cognito::UserPool",)) is not None
    entry = Authorizer(
        "JWT",
        identity_sources=read or ("$request.header.Authorization",),
        issuer=issuer,
        audience=audience,
        issued_here=here,
    )
    return SupportedAuthorizer(entry, scopes)


def _with_pattern(entry: Authorizer, scopes: tuple[str, ...] = ()) -> Known:
    """The authorizer, unless its expression is none here; AWS's are Java's, which differ in rare corners."""
    try:
        re.compile(entry.validation_expression or "")
    except re.error:
        return UnsupportedAuthorizer(f"whose expression {entry.validation_expression} cannot be read")
    return SupportedAuthorizer(entry, scopes)


def _identity_sources(identity: Node | None) -> list[str]:
    """`Identity` of SAM's REQUEST authorizers."""
    if identity is None:
        return []
    return [prefix + name for key, prefix in _IDENTITY for name in identity.read(key, texts) or ()]


def _sources(said: Iterable[str]) -> tuple[str, ...] | UnsupportedAuthorizer:
    read = tuple(_source(source) for source in said)
    invalid = next((source for source in read if not _SOURCE.fullmatch(source)), None)
    return read if invalid is None else UnsupportedAuthorizer(f"whose identity source {invalid} is not understood")


def _source(said: str) -> str:
    for theirs, ours in _PREFIXES:
        if said.startswith(theirs):
            return ours + said.removeprefix(theirs)
    return said


def _listed(node: Node | None) -> list[str]:
    """A list, or one text with commas."""
    if node is None:
        return []
    words: Iterator[str] = iter(texts(node) if isinstance(node.value, Seq) else text(node).split(","))
    return [word.strip() for word in words if word.strip()]


def _one_or_more(node: Node) -> tuple[str, ...]:
    return texts(node) if isinstance(node.value, Seq) else (text(node),)


def _payload(said: str | None) -> Literal["1.0", "2.0"] | None:
    """The format of an HTTP API's authorizer; a number in the template may have lost its zero."""
    if said is None:
        return None
    return "1.0" if said in ("1", "1.0") else "2.0"
