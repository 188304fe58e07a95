"""Token authorizers: JWT (HTTP APIs) and COGNITO_USER_POOLS (REST APIs). Tokens are validated in tokens.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from esb_gateway.apis.api_call import ApiCall, Rejected
from esb_gateway.apis.api_types import Failure
from esb_gateway.apis.auth import tokens
from esb_gateway.apis.auth.identity_sources import identity_of
from esb_gateway.apis.auth.key_sets import VerificationKey
from esb_gateway.apis.auth.signing_keys import signing_key
from esb_gateway.apis.events import Principal
from esb_gateway.apis.route_auth import Issuer, TokenAuthorizer
from esb_gateway.clocks import Clock
from esb_wire.http.messages import Headers


class KeySource(Protocol):
    """The public keys of token issuers."""

    async def find(self, issuer: Issuer, key_id: str) -> VerificationKey | None:
        """The key; None if the issuer has none with this id."""


@dataclass(frozen=True, slots=True)
class TokenAuthorizerHandler:
    """The token authorizers of all APIs: a `TokenHandler`. `secret` is the stack's."""

    keys: KeySource
    clock: Clock
    secret: str

    async def authorize(self, call: ApiCall, authorizer: TokenAuthorizer) -> Principal:
        """The caller. Raises Rejected."""
        api_type, route = call.match.route.api.type, call.match.route
        identities = (identity_of((source,), call) for source in authorizer.sources)
        value = next((identity[0] for identity in identities if identity), None)
        if value is None:
            raise Rejected(call.failure(Failure.UNAUTHORIZED, _challenge() if api_type.challenges else ()))
        token, scopes = tokens.bearer(value), () if route.auth is None else route.auth.scopes
        try:
            unverified = tokens.read_unverified(token, authorizer)
            key = await self.keys.find(unverified.issuer, unverified.key_id)
            claims = tokens.verify(token, key, authorizer, scopes, self.clock())
        except tokens.InvalidToken as error:
            raise self._rejected(call, error) from error
        if authorizer.is_pool:
            return Principal({"claims": tokens.pool_claim_texts(claims)})
        context = {"claims": tokens.claim_texts(claims), "scopes": [*tokens.scopes_of(claims)] if scopes else None}
        return Principal({"jwt": context} if route.payload == "2.0" else context)

    def key_sets(self, issuers: Iterable[str]) -> Mapping[str, dict[str, Any]]:
        """See `TokenHandler`."""
        keys = {url: signing_key(self.secret, url) for url in issuers} if self.secret else {}
        return {url.rpartition("/")[2]: {"keys": [key.jwk]} for url, key in keys.items()}

    def _rejected(self, call: ApiCall, error: tokens.InvalidToken) -> Rejected:
        api_type = call.match.route.api.type
        if error.error == tokens.INSUFFICIENT_SCOPE:
            why = api_type.missing_scope
        else:
            why = Failure.TOKEN_EXPIRED if error.expired else Failure.UNAUTHORIZED
        return Rejected(call.failure(why, _challenge(error.error, str(error)) if api_type.challenges else ()))


def _challenge(error: str = "", description: str = "") -> Headers:
    """The header that describes the problem of a token (RFC 6750, section 3)."""
    details = f' scope="" error="{error}" error_description="{description}"' if error else ""
    return (("WWW-Authenticate", f"Bearer{details}"),)
