"""Tokens that the stack issues in place of user pools. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from esb_gateway.apis.api import Route
from esb_gateway.apis.auth.authenticator import issuers_here, token_authorizers
from esb_gateway.apis.auth.signing_keys import signing_key
from esb_gateway.errors import ConfigurationError

DEFAULT_CLIENT: Final = "esb"


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token to issue. At most one of `pool` and `issuer` is set; `expires` is in seconds from now."""

    pool: str | None = None
    issuer: str | None = None
    client: str | None = None
    scopes: tuple[str, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    expires: int = 3600
    use: Literal["id", "access"] | None = None


def issue_token(request: TokenRequest, routes: Sequence[Route], secret: str, now: float) -> str:
    """A signed token. Raises ConfigurationError if the stack does not sign in place of the issuer."""
    issuer = _issuer(request, routes)
    if not secret:
        raise ConfigurationError("ESB_RUNTIME_SECRET is not set: without it no token can be signed; pass secrets.env.")
    return signing_key(secret, issuer).sign(claims_of(request, issuer, _client(request, issuer, routes), now))


def claims_of(request: TokenRequest, issuer: str, client: str, now: float) -> dict[str, Any]:
    """The claims of an id token or an access token, as Cognito's; the requested ones override them."""
    use = request.use or ("access" if request.scopes else "id")
    subject = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer}/{client}"))
    claims: dict[str, Any] = {
        "sub": subject,
        "iss": issuer,
        "token_use": use,
        "auth_time": int(now),
        "iat": int(now),
        "exp": int(now) + request.expires,
    }
    if use == "id":
        claims |= {"aud": client, "cognito:username": subject}
    else:
        claims |= {"client_id": client, "username": subject, "scope": " ".join(request.scopes)}
    return claims | _collected(request.claims)


def _collected(pairs: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    """A claim that is requested more than once is a list."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _issuer(request: TokenRequest, routes: Sequence[Route]) -> str:
    here = issuers_here(routes)
    wanted = [url for url in here if request.issuer in (None, url) and request.pool in (None, url.rpartition("/")[2])]
    if len(wanted) == 1:
        return wanted[0]
    if not here:
        raise ConfigurationError("no route of routing.yml asks for a token of a user pool, so there is none to sign.")
    listed = ", ".join(here)
    if not wanted:
        asked = request.issuer or request.pool
        raise ConfigurationError(f"{asked}: no route of routing.yml asks for its tokens; use one of: {listed}.")
    raise ConfigurationError(f"there is more than one issuer; choose one with --issuer or --pool: {listed}.")


def _client(request: TokenRequest, issuer: str, routes: Sequence[Route]) -> str:
    """The requested client, else one that an authorizer of the issuer accepts."""
    authorizers = token_authorizers(routes)
    accepted = (each.audience[0] for each in authorizers if each.audience and each.issuers[0].url == issuer)
    return request.client or next(accepted, DEFAULT_CLIENT)
