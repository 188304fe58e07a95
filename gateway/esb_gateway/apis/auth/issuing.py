"""What the stack issues: tokens in the place of user pools, their public keys, and the values of API keys. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from esb_gateway.apis.auth.api_keys import derived_value
from esb_gateway.apis.auth.route_auth import Keys, TokenAuthorizer
from esb_gateway.config import Configuration
from esb_gateway.errors import ConfigurationError

DEFAULT_CLIENT = "esb"


@dataclass(frozen=True, slots=True)
class TokenWish:
    """The token that is asked for; of `pool` and `issuer` at most one. `expires` is in seconds from now."""

    pool: str | None = None
    issuer: str | None = None
    client: str | None = None
    scopes: tuple[str, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    expires: int = 3600
    use: Literal["id", "access"] | None = None


def issuers_here(configuration: Configuration) -> tuple[str, ...]:
    """The issuers in whose place the stack signs."""
    issuers = (issuer for authorizer in _token_authorizers(configuration) for issuer in authorizer.issuers)
    return tuple(dict.fromkeys(issuer.url for issuer in issuers if issuer.issued_here))


def token(wish: TokenWish, configuration: Configuration, secret: str, now: float) -> str:
    """A signed token, as a user pool would make it. Raises ConfigurationError for an issuer that is not signed for."""
    issuer = _issuer(wish, configuration)
    if not secret:
        raise ConfigurationError("ESB_RUNTIME_SECRET is not set: without it no token can be signed; pass secrets.env.")
    from esb_gateway.apis.auth.signing_keys import signing_key  # noqa: PLC0415 - see admission.py

    return signing_key(secret, issuer).sign(claims_of(wish, issuer, _client(wish, issuer, configuration), now))


def claims_of(wish: TokenWish, issuer: str, client: str, now: float) -> dict[str, Any]:
    """The claims of an id token or an access token of Cognito's; those that are asked for come last."""
    use = wish.use or ("access" if wish.scopes else "id")
    subject = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer}/{client}"))
    claims: dict[str, Any] = {
        "sub": subject,
        "iss": issuer,
        "token_use": use,
        "auth_time": int(now),
        "iat": int(now),
        "exp": int(now) + wish.expires,
    }
    if use == "id":
        claims |= {"aud": client, "cognito:username": subject}
    else:
        claims |= {"client_id": client, "username": subject, "scope": " ".join(wish.scopes)}
    return claims | _collected(wish.claims)


def _collected(pairs: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    """A claim that is given more than once is a list."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _issuer(wish: TokenWish, configuration: Configuration) -> str:
    here = issuers_here(configuration)
    wanted = [url for url in here if wish.issuer in (None, url) and wish.pool in (None, url.rpartition("/")[2])]
    if len(wanted) == 1:
        return wanted[0]
    listed = ", ".join(here) or "none"
    if not wanted:
        asked = wish.issuer or wish.pool or "no user pool of the application"
        raise ConfigurationError(
            f"{asked}: no authorizer of routing.yml takes tokens that the stack signs (for: {listed})."
        )
    raise ConfigurationError(f"there is more than one issuer; choose one with --issuer or --pool: {listed}.")


def _client(wish: TokenWish, issuer: str, configuration: Configuration) -> str:
    """The client that is asked for, else one that an authorizer of the issuer lets in."""
    authorizers = _token_authorizers(configuration)
    let_in = (each.audience[0] for each in authorizers if each.audience and each.issuers[0].url == issuer)
    return wish.client or next(let_in, DEFAULT_CLIENT)


def _token_authorizers(configuration: Configuration) -> tuple[TokenAuthorizer, ...]:
    guards = (route.guard for route in configuration.routes if route.guard is not None)
    found = (guard.authorizer for guard in guards if isinstance(guard.authorizer, TokenAuthorizer))
    return tuple(dict.fromkeys(found))


def key_sets(configuration: Configuration, secret: str) -> Mapping[str, dict[str, Any]]:
    """The public key set of each pool in whose place the stack signs, by the pool's id."""
    here = issuers_here(configuration)
    if not secret or not here:
        return {}
    from esb_gateway.apis.auth.signing_keys import signing_key  # noqa: PLC0415 - see admission.py

    return {url.rpartition("/")[2]: {"keys": [signing_key(secret, url).jwk]} for url in here}


def key_lines(keys: Keys, secret: str) -> Iterator[str]:
    """One line for each key that can be used: its id and its value, where the template does not have it."""
    for key in keys.keys.values():
        if not key.enabled:
            yield f"{key.id}\tdisabled"
        elif key.sha256 is not None:
            yield f"{key.id}\tas the template says"
        else:
            yield f"{key.id}\t{derived_value(secret, key.id)}"
