"""Authentication and authorization of routes.

A route whose checks the gateway supports gets a `RouteAuth`; any other protected route is left out and reported, so
that nothing protected is ever served without its checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from esb_generator.resources.nodes import Node, flag, text, texts
from esb_generator.services.apigateway.authorizers import (
    BUILT_IN,
    BuiltIn,
    Known,
    SupportedAuthorizer,
    UnsupportedAuthorizer,
    for_api_type,
)
from esb_generator.services.apigateway.methods import ApiType
from esb_generator.values import Map, Seq, Value
from esb_schemas.contract import OPEN, Authorizer, RouteAuth

NONE: Final = "NONE"
_POLICY: Final = "is behind a resource policy, which is not checked"
_MUTUAL_TLS: Final = "is behind mutual TLS, which the gateway does not ask for"


class ApiAuth(NamedTuple):
    """The authentication settings of an API.

    `default` is the name of an authorizer; `on_options` and `key_on_options` say whether it and the API key also apply
    to OPTIONS methods. `closed` says why no route of the API can be served.
    """

    known: Mapping[str, Known] = BUILT_IN
    type: ApiType = "REST"
    default: str = ""
    on_options: bool = True
    key_required: bool = False
    key_on_options: bool = True
    closed: str = ""

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
    closed: str = ""


def api_auth(properties: Node, known: Mapping[str, Known], api_type: ApiType) -> ApiAuth:
    """The Auth property of a SAM API, over the authorizers that the API has."""
    node = properties.get("Auth")
    closed = policy_closes(properties.get("Policy")) or domain_closes(properties.get("Domain"))
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
        closed=policy_closes(node.get("ResourcePolicy")) or closed,
    )


def event_auth(node: Node | None, api_type: ApiType) -> RouteAuthSettings:
    """The Auth of an event. An empty list of scopes turns those of an authorizer off in a REST API only."""
    if node is None:
        return RouteAuthSettings()
    name = node.read("Authorizer", text)
    scopes = node.read("AuthorizationScopes", texts)
    return RouteAuthSettings(
        names=None if name is None else (name,),
        scopes=scopes if api_type == "REST" else scopes or None,
        key_required=node.read("ApiKeyRequired", flag),
        closed=policy_closes(node.get("ResourcePolicy")),
    )


def decide(auth: ApiAuth, settings: RouteAuthSettings) -> Decision:
    """The checks of a route, by its own settings and those of its API."""
    if closed := auth.closed or settings.closed:
        return Decision(unchecked=closed)
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


def policy_closes(node: Node | None) -> str:
    """Why a policy closes its API; empty for one that lets everyone in."""
    return "" if node is None or _admits_everyone(node.value) else _POLICY


def _admits_everyone(policy: Value) -> bool:
    if not isinstance(policy, Map) or not set(policy) <= {"Version", "Id", "Statement", "CustomStatements"}:
        return False
    statements = policy.get("Statement", policy.get("CustomStatements"))
    listed = statements if isinstance(statements, Seq) else [statements]
    return bool(listed) and all(_allows_everyone(statement) for statement in listed)


def _allows_everyone(statement: Value) -> bool:
    if not isinstance(statement, Map) or "Condition" in statement or "NotPrincipal" in statement:
        return False
    principal = statement.get("Principal")
    everyone = principal == "*" or (isinstance(principal, Map) and dict(principal) == {"AWS": "*"})
    return (
        statement.get("Effect") == "Allow"
        and everyone
        and statement.get("Action") in _INVOKES
        and _everything(statement.get("Resource"))
    )


_INVOKES: Final = ("*", "execute-api:*", "execute-api:Invoke")


def _everything(resource: Value) -> bool:
    """`execute-api:/*` or any ARN whose path is nothing but stars."""
    if isinstance(resource, Seq):
        return any(map(_everything, resource))
    return isinstance(resource, str) and (resource in ("*", "execute-api:/*") or resource.endswith("/*/*/*"))
