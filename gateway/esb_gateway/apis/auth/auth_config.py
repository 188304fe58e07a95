"""The authorization of routing.yml, compiled. What the gateway does not understand is an error, never an open route."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from esb_gateway.apis.route_auth import (
    Authorizer,
    IamAuthorizer,
    Issuer,
    LambdaAuthorizer,
    RouteAuth,
    TokenAuthorizer,
)
from esb_gateway.errors import ConfigurationError
from esb_schemas import contract
from esb_schemas.bounded_pattern import Pattern, PatternError, compile_pattern
from esb_schemas.contract import payload_of_authorizer, result_ttl_of
from esb_schemas.partitions import url_suffix_of

_TOKEN_HEADER: Final = ("$request.header.Authorization",)


def compile_authorizers(name: str, api: contract.Api, functions: Collection[str]) -> dict[str, Authorizer]:
    """The authorizers of one API, by name. Raises ConfigurationError for one that cannot work."""
    compiled: dict[str, Authorizer] = {}
    for key, entry in api.authorizers.items():
        where = f"routing.yml: apis.{name}.authorizers.{key}"
        match entry.type:
            case "TOKEN" | "REQUEST":
                compiled[key] = _lambda_authorizer(where, key, entry, api.type, functions)
            case "JWT" | "COGNITO_USER_POOLS":
                compiled[key] = _token_authorizer(where, key, entry)
            case other:
                raise ConfigurationError(f"{where}.type: authorizer type {other} is not supported; remove its routes.")
    return compiled


def _lambda_authorizer(
    where: str, name: str, entry: contract.Authorizer, api_type: contract.ApiType, functions: Collection[str]
) -> LambdaAuthorizer:
    if entry.function is None or entry.function not in functions:
        raise ConfigurationError(
            f"{where}.function: there is no function {entry.function} in functions.yml; name one that is there."
        )
    return LambdaAuthorizer(
        name=name,
        function=entry.function,
        is_token=entry.type == "TOKEN",
        payload="1.0" if api_type == "REST" else payload_of_authorizer(entry, api_type),
        simple=entry.simple_responses,
        sources=entry.identity_sources,
        validation=_pattern(where, entry.validation_expression),
        ttl=result_ttl_of(entry, api_type),
    )


def _token_authorizer(where: str, name: str, entry: contract.Authorizer) -> TokenAuthorizer:
    is_pool = entry.type == "COGNITO_USER_POOLS"
    if is_pool:
        issuers = tuple(Issuer(issuer_of_pool(arn), issued_here=True) for arn in entry.user_pool_arns)
    else:
        issuers = (Issuer(entry.issuer or "", entry.issued_here),)
    return TokenAuthorizer(
        name=name,
        issuers=issuers,
        audience=entry.audience,
        sources=entry.identity_sources or _TOKEN_HEADER,
        validation=_pattern(where, entry.validation_expression),
        is_pool=is_pool,
    )


def issuer_of_pool(arn: str) -> str:
    """The issuer of a user pool's tokens, from the pool's ARN."""
    _, _, _, region, _, resource = arn.split(":", 5)
    return f"https://cognito-idp.{region}.{url_suffix_of(region)}/{resource.rpartition('/')[2]}"


def _pattern(where: str, expression: str | None) -> Pattern | None:
    try:
        return None if expression is None else compile_pattern(expression)
    except PatternError as error:
        raise ConfigurationError(
            f"{where}.validation_expression: {expression} is not a valid regular expression ({error}); "
            "change it, then run esb build."
        ) from error


def compile_route_auth(
    index: int,
    auth: contract.RouteAuth,
    authorizers: Mapping[str, Authorizer],
    *,
    has_policy: bool = False,
) -> RouteAuth | None:
    """The authorization of one route; None if it is open. `has_policy`: its API has a resource policy.

    Raises ConfigurationError.
    """
    if auth.authorization not in ("NONE", "AWS_IAM"):
        raise ConfigurationError(
            f"routing.yml: routes[{index}].authorization: {auth.authorization} is not supported; remove the route."
        )
    if auth.authorizer is not None and auth.authorizer not in authorizers:
        raise ConfigurationError(
            f"routing.yml: routes[{index}].authorizer: its API has no authorizer {auth.authorizer}; define it there."
        )
    authorizer: Authorizer | None = IamAuthorizer() if auth.authorization == "AWS_IAM" else None
    if auth.authorizer is not None:
        authorizer = authorizers[auth.authorizer]
    if authorizer is None and not has_policy and not auth.api_key_required:
        return None
    return RouteAuth(authorizer, auth.scopes, auth.api_key_required)
