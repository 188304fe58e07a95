"""What is checked before a route's function is called, as values. A route without a `Guard` is open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class SignedCall:
    """AWS_IAM: the request is signed with the stack's credentials."""


@dataclass(frozen=True, slots=True)
class LambdaAuthorizer:
    """A function decides. `sources` are the identity sources, `ttl` the seconds for which its answer is kept."""

    name: str
    function: str
    is_token: bool
    payload: Literal["1.0", "2.0"]
    simple: bool
    sources: tuple[str, ...]
    validation: re.Pattern[str] | None
    ttl: int


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs tokens; `issued_here` is a user pool of the application, in whose place the stack signs."""

    url: str
    issued_here: bool


@dataclass(frozen=True, slots=True)
class TokenAuthorizer:
    """A JWT decides. Without an `audience` any is right; `validation` is what `aud` must match.

    `is_pool` is Cognito's way: id tokens for a route without scopes, access tokens for one with them.
    """

    name: str
    issuers: tuple[Issuer, ...]
    audience: tuple[str, ...]
    sources: tuple[str, ...]
    validation: re.Pattern[str] | None
    is_pool: bool


Authorizer: TypeAlias = SignedCall | LambdaAuthorizer | TokenAuthorizer


@dataclass(frozen=True, slots=True)
class Guard:
    """The checks of one route; at least one of `authorizer` and `key_required` is there."""

    authorizer: Authorizer | None = None
    scopes: tuple[str, ...] = ()
    key_required: bool = False


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key; `sha256` is of the value that the template gives, None where the value is the stack's own."""

    id: str
    enabled: bool = True
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Throttle:
    """A token bucket: requests a second, and how many at once."""

    rate: float
    burst: int


class Period(Enum):
    """How long a quota is for; it begins at midnight UTC."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class Quota:
    """How many requests a key may make in a period that begins `offset` days into the week or month."""

    limit: int
    period: Period
    offset: int = 0


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """What its keys may do. `apis` has for each API the throttles of single routes, by `GET /orders`."""

    id: str
    apis: Mapping[str, Mapping[str, Throttle]]
    keys: tuple[str, ...]
    throttle: Throttle | None = None
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """Every API key and every usage plan of a stack."""

    keys: Mapping[str, ApiKey] = field(default_factory=lambda: MappingProxyType({}))
    plans: tuple[UsagePlan, ...] = ()
