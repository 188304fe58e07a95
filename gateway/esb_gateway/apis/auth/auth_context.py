"""The stack's credentials, its secret, and the use of its API keys: state that outlives a configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from esb_gateway.apis.api_call import ApiCall
from esb_gateway.apis.auth.api_keys import KeyUsage
from esb_gateway.apis.events import Principal
from esb_gateway.apis.route_auth import TokenAuthorizer
from esb_wire.sigv4 import Verify


class TokenHandler(Protocol):
    """Checks tokens, and knows the keys with which the stack itself signs tokens."""

    async def authorize(self, call: ApiCall, authorizer: TokenAuthorizer) -> Principal:
        """The caller. Raises Rejected."""

    def key_sets(self, issuers: Iterable[str]) -> Mapping[str, dict[str, Any]]:
        """The public key set of each issuer in whose place the stack signs, by the last segment of its URL."""


def _no_tokens() -> TokenHandler:
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class AuthContext:
    """If `verify_call` is None, AWS_IAM routes always return 403. Without a `secret`, the stack issues nothing.

    `open_tokens` is called if a route has a token authorizer, and gives the same handler each time. `usage` is what API
    keys have used of their plans; a new configuration does not reset it.
    """

    verify_call: Verify | None = None
    secret: str = field(default="", repr=False)
    open_tokens: Callable[[], TokenHandler] = _no_tokens
    usage: KeyUsage = field(default_factory=KeyUsage)
