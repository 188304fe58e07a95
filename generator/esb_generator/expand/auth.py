"""Which routes the template protects. The gateway does not check authorizers, so such a route is never served open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from esb_generator.expand.nodes import Node, flag, text

_NONE = "NONE"
_POLICY = "resource policies are not checked; whoever reaches the gateway may call the API"


@dataclass(frozen=True)
class Auth:
    """What an API asks of every route; `authorizer` is empty when there is none."""

    authorizer: str = ""
    key_required: bool = False


def api_auth(properties: Node) -> Auth:
    """The Auth property of an API."""
    node = properties.get("Auth")
    if node is None:
        return Auth()
    policy = node.get("ResourcePolicy")
    if policy is not None:
        policy.notice(_POLICY)
    authorizer = node.read("DefaultAuthorizer", text) or ""
    return Auth("" if authorizer == _NONE else authorizer, node.read("ApiKeyRequired", flag) or False)


def event_guard(node: Node | None, api: Auth) -> str:
    """What an event's route needs, by its own Auth over the API's; empty when it is open."""
    own = node.read("Authorizer", text) if node is not None else None
    key = node.read("ApiKeyRequired", flag) if node is not None else None
    authorizer = api.authorizer if own is None else own
    return _guard("" if authorizer == _NONE else authorizer, key_required=api.key_required if key is None else key)


def operation_guard(schemes: Sequence[str], api: Auth) -> str:
    """What an OpenAPI operation needs, by the names in its `security` over the API's default."""
    named = [scheme for scheme in schemes if scheme != _NONE]
    if named:
        return _guard(" and ".join(named), key_required=api.key_required)
    return _guard("" if _NONE in schemes else api.authorizer, key_required=api.key_required)


def _guard(authorizer: str, *, key_required: bool) -> str:
    needs = ([f"authorizer {authorizer}"] if authorizer else []) + (["an API key"] if key_required else [])
    return " and ".join(needs)
