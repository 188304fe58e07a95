"""The authorizers of an API, from every place where a template defines them.

`Auth` of AWS::Serverless::Api and HttpApi, the security schemes of an OpenAPI document with API Gateway's extensions
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html), and
AWS::ApiGateway::Authorizer and AWS::ApiGatewayV2::Authorizer. One that the gateway does not support is an
`UnsupportedAuthorizer`.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Final, Literal, NamedTuple, TypeAlias

from esb_generator.resources.nodes import Node, flag, integer, names, one_of, text, texts, warn_keys
from esb_generator.resources.stack import Resource, Stack
from esb_generator.services.apigateway.routes.methods import ApiType
from esb_generator.services.apigateway.routes.openapi import function_meant, uri
from esb_generator.values import Map, Seq
from esb_schemas.bounded_pattern import PatternError, compile_pattern
from esb_schemas.contract import Authorizer
from esb_schemas.lazy_pattern import LazyPattern

_TTL = integer(0, 3600)  # seconds
_POOL = LazyPattern(r"arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[A-Za-z0-9_-]+")
_SOURCE = LazyPattern(
    r"\$(request\.(header|querystring)\.[^\s,]+|context\.[A-Za-z0-9_.]+|stageVariables\.[A-Za-z0-9_]+)"
)
_ISSUER = LazyPattern(r"https?://\S+")
# The prefixes of identity sources in REST APIs, and in HTTP APIs and routing.yml.
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
    """The meanings of an OpenAPI security scheme besides an authorizer."""

    AWS_IAM = "AWS_IAM"
    API_KEY = "API key"


class UnsupportedAuthorizer(NamedTuple):
    """An authorizer that the gateway does not support; `reason` continues a sentence after its name."""

    reason: str


class SupportedAuthorizer(NamedTuple):
    """An authorizer of routing.yml; `scopes` are those of the routes that do not name their own."""

    entry: Authorizer
    scopes: tuple[str, ...] = ()


Known: TypeAlias = SupportedAuthorizer | UnsupportedAuthorizer | BuiltIn
_SAM_KEYS: Final = {  # of an authorizer, and of its Identity
    "REST": (
        names(
            "AuthorizationScopes DisableFunctionDefaultPermissions FunctionArn FunctionInvokeRole FunctionPayloadType "
            "Identity UserPoolArn"
        ),
        names("Context Header Headers QueryStrings ReauthorizeEvery StageVariables ValidationExpression"),
    ),
    "HTTP": (
        names(
            "AuthorizationScopes AuthorizerPayloadFormatVersion EnableFunctionDefaultPermissions EnableSimpleResponses "
            "FunctionArn FunctionInvokeRole Identity IdentitySource JwtConfiguration"
        ),
        names("Context Headers QueryStrings ReauthorizeEvery StageVariables"),
    ),
}
_OTHERS: Final[Mapping[str, tuple[str, ...]]] = {"REST": ("JWT",), "HTTP": ("TOKEN", "COGNITO_USER_POOLS")}
BUILT_IN: Final[Mapping[str, Known]] = {"AWS_IAM": BuiltIn.AWS_IAM, "api_key": BuiltIn.API_KEY}


def sam_authorizers(stack: Stack, auth: Node, api_type: ApiType) -> dict[str, Known]:
    """`Authorizers` of the Auth property of a SAM API."""
    read = _sam_rest if api_type == "REST" else _sam_http
    authorizers, identities = _SAM_KEYS[api_type]
    for _, node in auth.entries_of("Authorizers"):
        warn_keys(node, authorizers)
        warn_keys(node.child("Identity"), identities)
    return {name: read(stack, node) for name, node in auth.entries_of("Authorizers")}


def scheme_authorizers(stack: Stack, document: Node) -> dict[str, Known]:
    """`securityDefinitions` (OpenAPI 2) or `components.securitySchemes` (3) of a document."""
    places = (_mapping(document, "securityDefinitions"), _mapping(_mapping(document, "components"), "securitySchemes"))
    named = ((place, name) for place in places if place is not None for name, _ in place.entries())
    schemes = ((name, _mapping(place, name)) for place, name in named)
    return {name: _scheme(stack, scheme) for name, scheme in schemes if scheme is not None}


def _mapping(node: Node | None, key: str) -> Node | None:
    """A mapping within a document. The rest of the document is not validated."""
    child = node.value.get(key) if node is not None and isinstance(node.value, Map) else None
    return node.get(key) if node is not None and isinstance(child, Map) else None


def resource_authorizers(stack: Stack, api: Resource) -> dict[str, Known]:
    """The authorizer resources of an API, by logical id."""
    found: dict[str, Known] = {}
    for type_, api_key, kind_key in (
        ("AWS::ApiGateway::Authorizer", "RestApiId", "Type"),
        ("AWS::ApiGatewayV2::Authorizer", "ApiId", "AuthorizerType"),
    ):
        for resource in stack.of_type(type_):
            node = resource.properties
            if stack.find(node.read(api_key, text), (api.type,)) is api:
                found[resource.logical_id] = _defined(stack, node, node.read(kind_key, text) or "", lambda key: key)
    return found


def for_api_type(known: Mapping[str, Known], api_type: ApiType) -> dict[str, Known]:
    """The authorizers, without those that an API of this type does not have."""
    return {name: _fitted(each, api_type) for name, each in known.items()}


def _fitted(known: Known, api_type: ApiType) -> Known:
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
    identity = node.child("Identity")
    header = identity.read("Header", text) or "Authorization"
    validation = identity.read("ValidationExpression", text)
    if node.has("UserPoolArn"):
        scopes = node.read("AuthorizationScopes", texts) or ()
        return _pools(node.read("UserPoolArn", _one_or_more) or (), header, validation, scopes)
    kind: Literal["TOKEN", "REQUEST"] = node.read("FunctionPayloadType", one_of("TOKEN", "REQUEST")) or "TOKEN"
    sources = _identity_sources(identity) if kind == "REQUEST" else [f"$request.header.{header}"]
    authorizer = Authorizer(kind, validation_expression=validation, result_ttl_in_seconds=_reauthorize(identity))
    return _lambda(stack, authorizer, node.read("FunctionArn", text), sources)


def _sam_http(stack: Stack, node: Node) -> Known:
    configuration = node.get("JwtConfiguration")
    if configuration is not None:
        sources = node.read("IdentitySource", _one_or_more) or ()
        return _jwt(stack, configuration, sources, node.read("AuthorizationScopes", texts) or ())
    identity = node.child("Identity")
    authorizer = Authorizer(
        "REQUEST",
        payload=_payload(node.read("AuthorizerPayloadFormatVersion", text)),
        simple_responses=node.read("EnableSimpleResponses", flag) or False,
        result_ttl_in_seconds=_reauthorize(identity),
    )
    return _lambda(stack, authorizer, node.read("FunctionArn", text), _identity_sources(identity))


def _reauthorize(identity: Node) -> int | None:
    return identity.read("ReauthorizeEvery", _TTL)


def _scheme(stack: Stack, scheme: Node) -> Known:
    node = _mapping(scheme, "x-amazon-apigateway-authorizer")
    if node is None:
        auth_type = scheme.read("x-amazon-apigateway-authtype", text) or ""
        if auth_type.lower() == "awssigv4":
            return BuiltIn.AWS_IAM
        is_key = scheme.read("type", text) == "apiKey" and (scheme.read("name", text) or "").lower() == "x-api-key"
        return BuiltIn.API_KEY if is_key else UnsupportedAuthorizer("which has no x-amazon-apigateway-authorizer")
    header = scheme.read("name", text) or "Authorization"
    kind = (node.read("type", text) or "").lower()
    return _defined(stack, node, kind, lambda key: key[0].lower() + key[1:], header)


def _defined(stack: Stack, node: Node, kind: str, spelled: Callable[[str], str], header: str | None = None) -> Known:
    """The authorizer of a document, or of a resource, which names no `header` besides its identity sources."""
    sources = _listed(node.get(spelled("IdentitySource")))
    validation = node.read(spelled("IdentityValidationExpression"), text)
    match kind.upper():
        case "JWT":
            configuration = node.get(spelled("JwtConfiguration"))
            if configuration is None:
                return UnsupportedAuthorizer("which has no issuer")
            return _jwt(stack, configuration, sources, ())
        case "COGNITO_USER_POOLS":
            header = header or (sources[0] if sources else "Authorization").rpartition(".")[2]
            return _pools(node.read(spelled("ProviderARNs"), _one_or_more) or (), header, validation, ())
        case "TOKEN" | "REQUEST" as type_:
            if type_ == "TOKEN" and header is not None and not sources:
                sources = [f"$request.header.{header}"]
            authorizer = Authorizer(
                "TOKEN" if type_ == "TOKEN" else "REQUEST",
                payload=_payload(node.read(spelled("AuthorizerPayloadFormatVersion"), text)),
                simple_responses=node.read(spelled("EnableSimpleResponses"), flag) or False,
                validation_expression=validation,
                result_ttl_in_seconds=node.read(spelled("AuthorizerResultTtlInSeconds"), _TTL),
            )
            return _lambda(stack, authorizer, node.read(spelled("AuthorizerUri"), uri), sources)
        case _:
            return UnsupportedAuthorizer(f"whose type {kind or 'is missing'} is not known")


def _lambda(stack: Stack, authorizer: Authorizer, reference: str | None, sources: Iterable[str]) -> Known:
    """A Lambda authorizer, completed by its function and identity sources."""
    function = function_meant(stack, reference) if reference else None
    if function is None:
        return UnsupportedAuthorizer(f"whose function {reference or 'is not named and'} is not in this template")
    read = _sources(sources)
    if isinstance(read, UnsupportedAuthorizer):
        return read
    is_token = authorizer.type == "TOKEN"
    if is_token and not read:
        return UnsupportedAuthorizer("which does not say where the token is")
    return _with_pattern(
        authorizer._replace(
            function=stack.name(function),
            identity_sources=read,
            validation_expression=authorizer.validation_expression if is_token else None,
            result_ttl_in_seconds=authorizer.result_ttl_in_seconds if read else None,
        )
    )


def _pools(arns: tuple[str, ...], header: str, validation: str | None, scopes: tuple[str, ...]) -> Known:
    invalid = next((arn for arn in arns if not _POOL.fullmatch(arn)), None)
    if invalid is not None or not arns:
        return UnsupportedAuthorizer(f"whose user pool {invalid or 'is not named and'} is not the ARN of one")
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
    """SAM takes `issuer` and `Issuer`, and a single audience without a list."""
    said = {key.lower(): child for key, child in node.entries()}
    issuer = text(said["issuer"]) if "issuer" in said else ""
    audience = _one_or_more(said["audience"]) if "audience" in said else ()
    if not _ISSUER.fullmatch(issuer):
        return UnsupportedAuthorizer(f"whose issuer {issuer or 'is not named and'} is not a URL")
    if not audience:
        return UnsupportedAuthorizer("which names no audience")
    read = _sources(sources)
    if isinstance(read, UnsupportedAuthorizer):
        return read
    entry = Authorizer(
        "JWT",
        identity_sources=read or ("$request.header.Authorization",),
        issuer=issuer,
        audience=audience,
        issued_here=issuer.startswith("https://cognito-idp.") and stack.find(issuer) is not None,
    )
    return SupportedAuthorizer(entry, scopes)


def _with_pattern(entry: Authorizer, scopes: tuple[str, ...] = ()) -> Known:
    """The authorizer, unless its pattern is not a valid one here; AWS's are Java's, which differ rarely."""
    try:
        compile_pattern(entry.validation_expression or "")
    except PatternError:
        return UnsupportedAuthorizer(f"whose expression {entry.validation_expression} cannot be read")
    return SupportedAuthorizer(entry, scopes)


def _identity_sources(identity: Node) -> list[str]:
    """`Identity` of SAM's REQUEST authorizers."""
    return [prefix + name for key, prefix in _IDENTITY for name in identity.read(key, texts) or ()]


def _sources(said: Iterable[str]) -> tuple[str, ...] | UnsupportedAuthorizer:
    read = tuple(map(_source, said))
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
    items = texts(node) if isinstance(node.value, Seq) else text(node).split(",")
    return [item.strip() for item in items if item.strip()]


def _one_or_more(node: Node) -> tuple[str, ...]:
    return texts(node) if isinstance(node.value, Seq) else (text(node),)


def _payload(said: str | None) -> Literal["1.0", "2.0"] | None:
    """The format of an HTTP API's authorizer; a number in the template may have lost its zero."""
    if said is None:
        return None
    return "1.0" if said in ("1", "1.0") else "2.0"
