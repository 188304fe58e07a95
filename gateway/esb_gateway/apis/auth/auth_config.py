"""The guards of routing.yml as values, every default filled in. What is not understood is refused, never left open."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from esb_gateway.apis.auth.route_auth import (
    ApiKey,
    Authorizer,
    Guard,
    Issuer,
    Keys,
    LambdaAuthorizer,
    Period,
    Quota,
    SignedCall,
    Throttle,
    TokenAuthorizer,
    UsagePlan,
)
from esb_gateway.errors import ConfigurationError

Document: TypeAlias = Mapping[str, Any]

DEFAULT_TTL: Final = 300  # seconds; of a REST API whose authorizer has identity sources
_TOKEN_HEADER: Final = ("$request.header.Authorization",)


def read_authorizers(api: str, entry: Document, functions: Collection[str]) -> dict[str, Authorizer]:
    """The authorizers of one API, by name. Raises ConfigurationError for one that cannot be asked."""
    is_rest = entry.get("type", "HTTP") == "REST"
    found = {}
    for name, said in entry.get("authorizers", {}).items():
        where = f"routing.yml: apis.{api}.authorizers.{name}"
        match said["type"]:
            case "TOKEN" | "REQUEST":
                found[name] = _lambda(where, name, said, functions, is_rest=is_rest)
            case "JWT" | "COGNITO_USER_POOLS":
                found[name] = _token(where, name, said)
            case other:
                raise ConfigurationError(
                    f"{where}.type: {other} is none that this gateway can check; remove its routes."
                )
    return found


def _lambda(where: str, name: str, said: Document, functions: Collection[str], *, is_rest: bool) -> Authorizer:
    if said["function"] not in functions:
        raise ConfigurationError(
            f"{where}.function: there is no function {said['function']} in functions.yml; name one that is there."
        )
    sources = tuple(said.get("identity_sources", ()))
    ttl = said.get("result_ttl_in_seconds", DEFAULT_TTL if is_rest else 0)
    return LambdaAuthorizer(
        name=name,
        function=said["function"],
        is_token=said["type"] == "TOKEN",
        payload="1.0" if is_rest else said.get("payload", "2.0"),
        simple=said.get("simple_responses", False),
        sources=sources,
        validation=_pattern(where, said),
        ttl=ttl if sources else 0,
    )


def _token(where: str, name: str, said: Document) -> Authorizer:
    is_pool = said["type"] == "COGNITO_USER_POOLS"
    if is_pool:
        issuers = tuple(Issuer(issuer_of_pool(arn), issued_here=True) for arn in said["user_pool_arns"])
    else:
        issuers = (Issuer(said["issuer"], said.get("issued_here", False)),)
    return TokenAuthorizer(
        name=name,
        issuers=issuers,
        audience=tuple(said.get("audience", ())),
        sources=tuple(said.get("identity_sources", ())) or _TOKEN_HEADER,
        validation=_pattern(where, said),
        is_pool=is_pool,
    )


def issuer_of_pool(arn: str) -> str:
    """The issuer of a user pool's tokens, by its ARN."""
    _, _, _, region, _, resource = arn.split(":", 5)
    suffix = "amazonaws.com.cn" if arn.startswith("arn:aws-cn:") else "amazonaws.com"
    return f"https://cognito-idp.{region}.{suffix}/{resource.rpartition('/')[2]}"


def _pattern(where: str, said: Document) -> re.Pattern[str] | None:
    expression = said.get("validation_expression")
    try:
        return None if expression is None else re.compile(expression)
    except re.error as error:
        raise ConfigurationError(
            f"{where}.validation_expression: {expression} is no regular expression ({error})."
        ) from error


def read_guard(index: int, entry: Document, authorizers: Mapping[str, Authorizer]) -> Guard | None:
    """What is checked on one route; None where it is open. Raises ConfigurationError."""
    name, kind = entry.get("authorizer"), entry.get("authorization", "NONE")
    key_required = entry.get("api_key_required", False)
    if kind not in ("NONE", "AWS_IAM"):
        raise ConfigurationError(
            f"routing.yml: routes[{index}].authorization: {kind} is none that this gateway can check; remove the route."
        )
    if name is not None and name not in authorizers:
        raise ConfigurationError(
            f"routing.yml: routes[{index}].authorizer: its API has no authorizer {name}; define it there."
        )
    if name is None and kind == "NONE" and not key_required:
        return None
    authorizer = authorizers[name] if name is not None else SignedCall() if kind == "AWS_IAM" else None
    return Guard(authorizer, tuple(entry.get("scopes", ())), key_required)


def read_keys(routing: Document) -> Keys:
    """Every API key and usage plan."""
    keys = {
        name: ApiKey(name, (said or {}).get("enabled", True), (said or {}).get("value_sha256"))
        for name, said in routing.get("api_keys", {}).items()
    }
    plans = tuple(_plan(name, said or {}) for name, said in routing.get("usage_plans", {}).items())
    return Keys(MappingProxyType(keys), plans)


def _plan(name: str, said: Document) -> UsagePlan:
    quota = said.get("quota")
    apis = {
        api: MappingProxyType(
            {
                route: throttle
                for route, limits in (entry or {}).get("methods", {}).items()
                if (throttle := _throttle(limits)) is not None
            }
        )
        for api, entry in said.get("apis", {}).items()
    }
    return UsagePlan(
        id=name,
        apis=MappingProxyType(apis),
        keys=tuple(said.get("keys", ())),
        throttle=_throttle(said.get("throttle", {})),
        quota=None if quota is None else Quota(quota["limit"], Period(quota["period"]), quota.get("offset", 0)),
    )


def _throttle(said: Document) -> Throttle | None:
    """A limit without a rate is none; without a burst, a second's worth may come at once."""
    rate = said.get("rate_limit")
    if rate is None:
        return None
    return Throttle(float(rate), said.get("burst_limit", max(1, int(rate))))
