"""The authorization of routes as values: authorizers, and what each route requires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from esb_schemas.bounded_pattern import Pattern
from esb_schemas.contract import Payload
from esb_schemas.policy_conditions import Condition

AUTHORIZER_TIMEOUT: Final = 10.0  # seconds; "HTTP API quotas": Lambda authorizer timeout


@dataclass(frozen=True, slots=True)
class IamAuthorizer:
    """AWS_IAM: a request must be signed with the stack's credentials."""


@dataclass(frozen=True, slots=True)
class LambdaAuthorizer:
    """A function decides. `sources` are the identity sources; its results are cached for `ttl` seconds.

    It has `timeout` seconds to respond."""

    name: str
    function: str
    is_token: bool
    payload: Payload
    simple: bool
    sources: tuple[str, ...]
    validation: Pattern | None
    ttl: int
    timeout: float = AUTHORIZER_TIMEOUT


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer of tokens. `issued_here`: a user pool of the application, in whose place the stack signs."""

    url: str
    issued_here: bool


@dataclass(frozen=True, slots=True)
class TokenAuthorizer:
    """A JWT decides. Without an `audience`, any is accepted; `validation` must match the claim `aud`.

    `is_pool` means COGNITO_USER_POOLS: id tokens for routes without scopes, access tokens for routes with scopes.
    """

    name: str
    issuers: tuple[Issuer, ...]
    audience: tuple[str, ...]
    sources: tuple[str, ...]
    validation: Pattern | None
    is_pool: bool


@dataclass(frozen=True, slots=True)
class PolicyStatement:
    """It allows or denies the calls of methods whose ARN matches one of `resources`, if all of its conditions hold."""

    allows: bool
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The resource policy of the REST API with this ARN."""

    api_arn: str
    statements: tuple[PolicyStatement, ...]


Authorizer: TypeAlias = IamAuthorizer | LambdaAuthorizer | TokenAuthorizer


@dataclass(frozen=True, slots=True)
class RouteAuth:
    """The authorization of one route, beside the resource policy of its API."""

    authorizer: Authorizer | None = None
    scopes: tuple[str, ...] = ()
    key_required: bool = False
