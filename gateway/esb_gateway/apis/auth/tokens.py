"""Validation of JSON Web Tokens. Pure: the key and the time are arguments.

The rules are those of "Control access to HTTP APIs with JWT authorizers" and "Control access to REST APIs using Amazon
Cognito user pools" in API Gateway's guide. PyJWT checks the signature. Only algorithms with a public key are accepted,
so that neither `none` nor a public key that is used as a shared secret ever passes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import jwt
from jwt.types import Options

from esb_gateway.apis.auth.key_sets import ALGORITHMS, VerificationKey
from esb_gateway.apis.route_auth import Issuer, TokenAuthorizer
from esb_schemas.bounded_pattern import PatternTooSlow

Claims: TypeAlias = Mapping[str, Any]

INVALID: Final = "invalid_token"
INSUFFICIENT_SCOPE: Final = "insufficient_scope"
# Everything but the signature is checked here, by the gateway's own clock.
_SIGNATURE_ONLY: Final[Options] = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
    "enforce_minimum_key_length": True,
}


class InvalidToken(Exception):
    """The token is rejected. `error` is RFC 6750's code, the text its description, which never quotes the token."""

    def __init__(self, error: str, description: str, *, expired: bool = False) -> None:
        self.error = error
        self.expired = expired
        super().__init__(description)


@dataclass(frozen=True, slots=True)
class Unverified:
    """The claims of an unverified token about its signature."""

    algorithm: str
    key_id: str
    issuer: Issuer


def bearer(value: str) -> str:
    """The token of a header or parameter; `Bearer` before it is optional."""
    scheme, _, token = value.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else value.strip()


def read_unverified(token: str, authorizer: TokenAuthorizer) -> Unverified:
    """Read which key must have signed the token. Raises InvalidToken."""
    header, claims = _decoded(token)
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidToken(INVALID, "the token is not signed with an accepted algorithm")
    if not isinstance(key_id, str) or not key_id or "crit" in header:
        raise InvalidToken(INVALID, "the token does not say which key signed it")
    issuer = next((issuer for issuer in authorizer.issuers if issuer.url == claims.get("iss")), None)
    if issuer is None:
        raise InvalidToken(INVALID, "the token does not have a valid issuer")
    return Unverified(algorithm, key_id, issuer)


def verify(
    token: str, key: VerificationKey | None, authorizer: TokenAuthorizer, scopes: Sequence[str], now: float
) -> Claims:
    """The claims of a valid token. `now` is in seconds since the epoch. Raises InvalidToken."""
    unverified = read_unverified(token, authorizer)
    if key is None or not key.fits(unverified.algorithm):
        raise InvalidToken(INVALID, "the key that signed the token is not known")
    try:
        claims: Claims = jwt.decode(token, key.key, algorithms=[unverified.algorithm], options=_SIGNATURE_ONLY)
    except jwt.PyJWTError:
        raise InvalidToken(INVALID, "the token's signature is not right") from None
    _check_time(claims, now)
    _check_audience(claims, authorizer)
    if authorizer.is_pool and claims.get("token_use") != ("access" if scopes else "id"):
        raise InvalidToken(INVALID, "the token is not of the kind that the method asks for")
    if scopes and not set(scopes) & set(scopes_of(claims)):
        raise InvalidToken(INSUFFICIENT_SCOPE, "the token does not have a scope that the route asks for")
    return claims


def scopes_of(claims: Claims) -> tuple[str, ...]:
    """The scopes of a token: `scope`, else `scp`; a text with spaces, or a list."""
    value = claims.get("scope", claims.get("scp"))
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def claim_texts(claims: Claims) -> dict[str, str]:
    """The claims as an HTTP API passes them on: every value is text, a list is `[a b]`, null is omitted."""
    return {name: _text(value) for name, value in claims.items() if value is not None}


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case list():
            return f"[{' '.join(_text(item) for item in value)}]"
        case _:
            return json.dumps(value, separators=(",", ":"))


def pool_claim_texts(claims: Claims) -> dict[str, str]:
    """The claims as a REST API passes those of a user pool on: every value is text, a list is joined with commas."""
    return {
        name: ",".join(map(_text, value)) if isinstance(value, list) else _text(value)
        for name, value in claims.items()
        if value is not None
    }


def _decoded(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        whole = jwt.api_jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise InvalidToken(INVALID, "the token is not a JSON Web Token") from None
    return whole["header"], whole["payload"]


def _check_time(claims: Claims, now: float) -> None:
    expires = _time(claims.get("exp"))
    if expires is None:
        raise InvalidToken(INVALID, "the token does not say when it expires")
    if expires <= now:
        raise InvalidToken(INVALID, "the token has expired", expired=True)
    for name in ("nbf", "iat"):
        begins = _time(claims.get(name, 0))
        if begins is None or begins > now:
            raise InvalidToken(INVALID, "the token is not valid yet")


def _time(value: object) -> float | None:
    """A claim in seconds since the epoch; None if it is not a number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number and isinstance(value, int | float) else None


def _check_audience(claims: Claims, authorizer: TokenAuthorizer) -> None:
    """`client_id` counts only if there is no `aud`."""
    value = claims.get("aud", claims.get("client_id"))
    named = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
    wrong = authorizer.audience and not set(named) & set(authorizer.audience)
    if wrong or not _is_expected(authorizer, named):
        raise InvalidToken(INVALID, "the token does not have a valid audience")


def _is_expected(authorizer: TokenAuthorizer, named: list[str]) -> bool:
    pattern = authorizer.validation
    try:
        return pattern is None or any(map(pattern.matches, named))
    except PatternTooSlow:
        return False
