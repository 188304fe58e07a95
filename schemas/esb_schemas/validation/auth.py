"""Rules of authorizers, API keys and usage plans. A check that ESB cannot make is an error, never ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from esb_schemas.contract import DEFAULT_API
from esb_schemas.documents.checks import Check
from esb_schemas.errors import Problem
from esb_schemas.policy_conditions import InvalidCondition, UnknownCondition, condition

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "TOKEN": ("function", "identity_sources"),
    "REQUEST": ("function",),
    "JWT": ("issuer", "audience", "identity_sources"),
    "COGNITO_USER_POOLS": ("user_pool_arns", "identity_sources"),
}

API_TYPES: Final[Mapping[str, str]] = {"TOKEN": "REST", "COGNITO_USER_POOLS": "REST", "JWT": "HTTP"}

WITH_SCOPES: Final = ("JWT", "COGNITO_USER_POOLS")


def complete_authorizer(api: Mapping[str, Any]) -> Iterator[Problem]:
    """A TOKEN or REQUEST authorizer has a function, JWT issuer and audience, COGNITO_USER_POOLS pools; all but REQUEST
    have identity sources.
    """
    for name, authorizer in api.get("authorizers", {}).items():
        for key in NEEDED[authorizer["type"]]:
            if not authorizer.get(key):
                text = f"an authorizer of type {authorizer['type']} needs {key!r}"
                yield Problem(("authorizers", name), text)


def authorizer_of_api(api: Mapping[str, Any]) -> Iterator[Problem]:
    """TOKEN and COGNITO_USER_POOLS authorizers belong to REST APIs, JWT to HTTP APIs."""
    for name, authorizer in api.get("authorizers", {}).items():
        wanted = API_TYPES.get(authorizer["type"])
        if wanted not in (None, api.get("type", "HTTP")):
            text = f"{authorizer['type']} is a type of authorizer for {wanted} APIs only"
            yield Problem(("authorizers", name, "type"), text)


def payload_of_authorizer(api: Mapping[str, Any]) -> Iterator[Problem]:
    """A REST API's authorizer has payload 1.0; simple responses need payload 2.0."""
    for name, authorizer in api.get("authorizers", {}).items():
        is_rest = api.get("type", "HTTP") == "REST"
        if is_rest and authorizer.get("payload") == "2.0":
            yield Problem(("authorizers", name, "payload"), "must be '1.0': a REST API has no other event format")
        if authorizer.get("simple_responses") and (is_rest or authorizer.get("payload") == "1.0"):
            text = "simple responses need an HTTP API and payload '2.0'"
            yield Problem(("authorizers", name, "simple_responses"), text)


def cached_by_identity(api: Mapping[str, Any]) -> Iterator[Problem]:
    """An authorizer whose results are cached has identity sources, which are the cache key."""
    for name, authorizer in api.get("authorizers", {}).items():
        if authorizer.get("result_ttl_in_seconds") and not authorizer.get("identity_sources"):
            text = "results are cached by identity; add 'identity_sources', or set this to 0"
            yield Problem(("authorizers", name, "result_ttl_in_seconds"), text)


def enforced_policy(api: Mapping[str, Any]) -> Iterator[Problem]:
    """Only a REST API has a resource policy, and each of its conditions is supported."""
    statements = api.get("policy", ())
    if statements and api.get("type", "HTTP") != "REST":
        yield Problem(("policy",), "only a REST API has a resource policy")
    for index, statement in enumerate(statements):
        for operator, keys in statement.get("conditions", {}).items():
            for key, values in keys.items():
                if problem := condition_problem(operator, key, values):
                    yield Problem(("policy", index, "conditions", operator, key), problem)


def condition_problem(operator: str, key: str, values: Sequence[str]) -> str:
    """Why a condition of a resource policy cannot be checked; empty if it can."""
    try:
        condition(operator, key, values)
    except UnknownCondition:
        return "this condition is not supported; remove the statement"
    except InvalidCondition as error:
        return str(error)
    return ""


def one_authorization(route: Mapping[str, Any]) -> Iterator[Problem]:
    """A route has an authorizer or authorization AWS_IAM, not both."""
    if route.get("authorization") == "AWS_IAM" and "authorizer" in route:
        yield Problem(("authorizer",), "a route has an authorizer or authorization AWS_IAM; remove one")


def known_authorizer(document: Mapping[str, Any]) -> Iterator[Problem]:
    """A route's authorizer is one of its API; only JWT and COGNITO_USER_POOLS authorizers check scopes."""
    apis = document.get("apis", {})
    for index, route in enumerate(document["routes"]):
        name = route.get("authorizer")
        api = route.get("api", DEFAULT_API)
        known = apis.get(api, {}).get("authorizers", {})
        if name is not None and name not in known:
            yield Problem(("routes", index, "authorizer"), f"{api} has no authorizer {name!r}; define it there")
        elif route.get("scopes") and known.get(name, {}).get("type") not in WITH_SCOPES:
            text = f"scopes are checked by authorizers of type {' and '.join(WITH_SCOPES)} only"
            yield Problem(("routes", index, "scopes"), text)


def keys_of_rest_apis(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Only routes of REST APIs require API keys."""
    apis = document.get("apis", {})
    for index, route in enumerate(document["routes"]):
        if route.get("api_key_required") and apis.get(route.get("api", DEFAULT_API), {}).get("type") != "REST":
            yield Problem(("routes", index, "api_key_required"), "only a REST API can require API keys")


def known_apis_and_keys(document: Mapping[str, Any]) -> Iterator[Problem]:
    """The APIs and keys of a usage plan exist."""
    for name, plan in document.get("usage_plans", {}).items():
        for api in plan.get("apis", {}):
            if api not in document.get("apis", {}):
                yield Problem(("usage_plans", name, "apis", api), "there is no such API")
        for index, key in enumerate(plan.get("keys", ())):
            if key not in document.get("api_keys", {}):
                yield Problem(("usage_plans", name, "keys", index), f"there is no API key {key!r}")


API_AUTH_CHECKS: Final[tuple[Check, ...]] = (
    complete_authorizer,
    authorizer_of_api,
    payload_of_authorizer,
    cached_by_identity,
    enforced_policy,
)
ROUTE_AUTH_CHECKS: Final[tuple[Check, ...]] = (one_authorization,)
ROUTING_AUTH_CHECKS: Final[tuple[Check, ...]] = (known_authorizer, keys_of_rest_apis, known_apis_and_keys)
