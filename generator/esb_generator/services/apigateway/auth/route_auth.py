"""Authentication and authorization of routes.

A route whose checks the gateway supports gets a `RouteAuth`; any other protected route is left out and reported, so
that nothing protected is ever served without its checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from esb_generator.resources.nodes import Dropped, Node, check_keys, flag, names, text, texts
from esb_generator.services.apigateway.auth.authorizers import (
    BUILT_IN,
    BuiltIn,
    Known,
    SupportedAuthorizer,
    UnsupportedAuthorizer,
    for_api_type,
)
from esb_generator.services.apigateway.auth.resource_policies import Policy
from esb_generator.services.apigateway.routes.methods import ApiType
from esb_schemas.contract import OPEN, Authorizer, PolicyStatement, RouteAuth

NONE: Final = "NONE"
_API_KEYS: Final = {
    "REST": names(
        "AddApiKeyRequiredToCorsPreflight AddDefaultAuthorizerToCorsPreflight ApiKeyRequired Authorizers "
        "DefaultAuthorizer InvokeRole ResourcePolicy UsagePlan"
    ),
    "HTTP": names("Authorizers DefaultAuthorizer EnableIamAuthorizer"),
}
_EVENT_KEYS: Final[Mapping[ApiType, Mapping[str, object]]] = {
    "REST": names("ApiKeyRequired AuthorizationScopes Authorizer InvokeRole OverrideApiAuth ResourcePolicy"),
    "HTTP": {
        **names("ApiKeyRequired AuthorizationScopes Authorizer"),  # a route that needs a key is left out
        **dict.fromkeys(("InvokeRole", "OverrideApiAuth", "ResourcePolicy"), Dropped("SAM ignores it in an HTTP API")),
    },
}
_MUTUAL_TLS: Final = "is behind mutual TLS, which the gateway does not ask for"


class ApiAuth(NamedTuple):
    """The authentication settings of an API.

    `default` is the name of an authorizer; `on_options` and `key_on_options` say whether it and the API key also apply
    to OPTIONS methods. `policy` are the statements of its resource policy; `closed` says why no route of the API can
    be served.
    """

    known: Mapping[str, Known] = BUILT_IN
    type: ApiType = "REST"
    default: str = ""
    on_options: bool = True
    key_required: bool = False
    key_on_options: bool = True
    policy: tuple[PolicyStatement, ...] = ()
    closed: str = ""

    def with_policy(self, policy: Policy) -> ApiAuth:
        """The settings with a resource policy."""
        return self._replace(policy=policy.statements, closed=self.closed or policy.closed)

    def for_method(self, method: str) -> ApiAuth:
        """The settings for a method."""
        if method != "OPTIONS":
            return self
        return self._replace(
            default=self.default if self.on_options else "",
            key_required=self.key_required and self.key_on_options,
        )


class Decision(NamedTuple):
    """A route's guard, or in `unchecked` why it is not served; the text goes on after the route."""

    auth: RouteAuth = OPEN
    unchecked: str = ""

    @property
    def is_open(self) -> bool:
        """Whether anyone may call."""
        return self == Decision()


class RouteAuthSettings(NamedTuple):
    """The settings of one route: authorizers by name (NONE turns them off), None for a setting that it does not have.

    Without `scopes` those of the authorizer apply; an empty tuple turns them off, for an authorizer that is named here.
    """

    names: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None
    key_required: bool | None = None


def api_auth(properties: Node, known: Mapping[str, Known], api_type: ApiType) -> ApiAuth:
    """The Auth property of a SAM API without its resource policy, over the authorizers that the API has."""
    node = properties.get("Auth")
    closed = domain_closes(properties.get("Domain"))
    if node is not None:
        check_keys(node, _API_KEYS[api_type])
    known = {**BUILT_IN, **for_api_type(known, api_type)}
    if node is None:
        return ApiAuth(known, api_type, closed=closed)
    default = node.read("DefaultAuthorizer", text) or ""
    return ApiAuth(
        known,
        api_type,
        default="" if default == NONE else default,
        # An HTTP API never applies its default authorizer to OPTIONS.
        on_options=api_type == "REST" and node.read("AddDefaultAuthorizerToCorsPreflight", flag) is not False,
        key_required=node.read("ApiKeyRequired", flag) or False,
        key_on_options=node.read("AddApiKeyRequiredToCorsPreflight", flag) is not False,
        closed=closed,
    )


def event_auth(node: Node | None, api_type: ApiType) -> RouteAuthSettings:
    """The Auth of an event. An empty list of scopes turns those of an authorizer off in a REST API only."""
    if node is None:
        return RouteAuthSettings()
    check_keys(node, _EVENT_KEYS[api_type])
    name = node.read("Authorizer", text)
    scopes = node.read("AuthorizationScopes", texts)
    return RouteAuthSettings(
        names=None if name is None else (name,),
        scopes=scopes if api_type == "REST" else scopes or None,
        key_required=node.read("ApiKeyRequired", flag),
    )


def decide(auth: ApiAuth, settings: RouteAuthSettings) -> Decision:
    """The checks of a route, by its own settings and those of its API."""
    if auth.closed:
        return Decision(unchecked=auth.closed)
    named = [name for name in settings.names or () if name != NONE]
    keyed = [name for name in named if auth.known.get(name) is BuiltIn.API_KEY]
    authorizers = [name for name in named if name not in keyed]
    scopes = settings.scopes
    if not authorizers and NONE not in (settings.names or ()) and auth.default:
        authorizers, scopes = [auth.default], scopes or None
    key = bool(keyed) or (auth.key_required if settings.key_required is None else settings.key_required)
    if key and auth.type == "HTTP":
        return Decision(unchecked="needs an API key, which HTTP APIs do not ask for")
    return _decided(auth, authorizers, scopes, key_required=key)


def _decided(auth: ApiAuth, names: list[str], scopes: tuple[str, ...] | None, *, key_required: bool) -> Decision:
    if len(names) > 1:
        return Decision(unchecked=f"needs authorizer {' and '.join(names)}, and only one can be asked")
    if not names:
        return Decision(RouteAuth(api_key_required=key_required))
    match auth.known.get(names[0]):
        case BuiltIn.AWS_IAM:
            return Decision(RouteAuth("AWS_IAM", api_key_required=key_required))
        case SupportedAuthorizer(authorizer, own_scopes):
            wanted = own_scopes if scopes is None else scopes
            wanted = wanted if authorizer.type in ("JWT", "COGNITO_USER_POOLS") else ()
            return Decision(RouteAuth(authorizer=names[0], scopes=tuple(wanted), api_key_required=key_required))
        case UnsupportedAuthorizer(reason):
            return Decision(unchecked=f"needs authorizer {names[0]}, {reason}")
        case _:
            return Decision(unchecked=f"needs authorizer {names[0]}, which its API does not define")


def authorizers_of(auth: ApiAuth) -> dict[str, Authorizer]:
    """The supported authorizers of an API, by name."""
    return {name: known.entry for name, known in auth.known.items() if isinstance(known, SupportedAuthorizer)}


def domain_closes(domain: Node | None) -> str:
    """Why a custom domain closes its API: only it would ask for a client's certificate."""
    return _MUTUAL_TLS if domain is not None and domain.has("MutualTlsAuthentication") else ""
