"""Lambda authorizers: the event that the function gets, and what its answer says. Pure.

"Use API Gateway Lambda authorizers" (REST APIs: input and output) and "Control access to HTTP APIs with AWS Lambda
authorizers" (formats 1.0 and 2.0, simple responses) in API Gateway's guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from esb_gateway.apis.auth.policies import BadPolicy, Effect, evaluate
from esb_gateway.apis.auth.result_cache import Identity
from esb_gateway.apis.auth.route_auth import LambdaAuthorizer
from esb_gateway.apis.events import Event, query_values
from esb_gateway.apis.routing import Api, ApiType, Match
from esb_wire.http.messages import Request

_HEADER: Final = "$request.header."
_QUERY: Final = "$request.querystring."
_STAGE: Final = "$stageVariables."
_CONTEXT: Final = "$context."
# What a route's event has and an authorizer's has not.
_NOT_SENT: Final = ("body", "isBase64Encoded")


class BadVerdict(Exception):
    """The function's answer is none that an authorizer may give; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a function said of a caller. Without a `policy`, `allowed` is the answer for every route."""

    allowed: bool
    policy: object
    principal: str | None
    context: Mapping[str, Any]
    usage_key: str | None

    def effect(self, arn: str) -> Effect:
        """What it means for a call of one method. Raises BadVerdict."""
        if self.policy is None:
            return Effect.ALLOW if self.allowed else Effect.EXPLICIT_DENY
        try:
            return evaluate(self.policy, arn)
        except BadPolicy as error:
            raise BadVerdict(str(error)) from error


def identity_of(sources: tuple[str, ...], request: Request, api: Api, variables: Event) -> Identity | None:
    """The values of the identity sources, None when one is missing or empty. `variables` are those of `$context`."""
    values = tuple(_value(source, request, api, variables) for source in sources)
    return None if not all(values) else tuple(value or "" for value in values)


def _value(source: str, request: Request, api: Api, variables: Event) -> str | None:
    if source.startswith(_HEADER):
        return request.lowered.get(source[len(_HEADER) :].lower())
    if source.startswith(_QUERY):
        # All of them: what is kept for one value must not hold for a request that has another one, too.
        return ",".join(query_values(request.query).get(source[len(_QUERY) :], ()))
    if source.startswith(_STAGE):
        return api.stage_variables.get(source[len(_STAGE) :])
    if source.startswith(_CONTEXT):
        return _variable(source[len(_CONTEXT) :], variables)
    return None


def _variable(path: str, found: Any) -> str | None:
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return str(found) if isinstance(found, str | int) else None


def authorizer_event(authorizer: LambdaAuthorizer, match: Match, arn: str, identity: Identity, event: Event) -> Event:
    """What the function gets; `event` is that of the route, in the authorizer's payload format."""
    if authorizer.is_token:
        return {"type": "TOKEN", "authorizationToken": identity[0], "methodArn": arn}
    kept = {name: value for name, value in event.items() if name not in _NOT_SENT}
    if match.route.api.type is ApiType.REST:
        return {"type": "REQUEST", "methodArn": arn, **kept}
    if authorizer.payload == "1.0":
        joined = ",".join(identity)
        said = {"type": "REQUEST", "methodArn": arn, "identitySource": joined, "authorizationToken": joined}
        return {"version": "1.0", **said, **kept}
    return {"version": "2.0", "type": "REQUEST", "routeArn": arn, "identitySource": list(identity) or None, **kept}


def read_verdict(payload: bytes, authorizer: LambdaAuthorizer, api_type: ApiType) -> Verdict:
    """What the function answered. Raises BadVerdict."""
    try:
        answer = json.loads(payload, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadVerdict("it is not JSON") from error
    if not isinstance(answer, dict):
        raise BadVerdict("it is not an object")
    context = _context(answer, scalars_only=api_type is ApiType.REST)
    if authorizer.simple:
        allowed = answer.get("isAuthorized")
        if not isinstance(allowed, bool):
            raise BadVerdict("isAuthorized is neither true nor false")
        return Verdict(allowed, None, None, context, None)
    if answer.get("policyDocument") is None:
        raise BadVerdict("policyDocument is missing")
    principal, usage_key = answer.get("principalId"), answer.get("usageIdentifierKey")
    if principal is not None and not isinstance(principal, str):
        raise BadVerdict("principalId is not text")
    return Verdict(
        allowed=False,
        policy=answer["policyDocument"],
        principal=principal,
        context=context,
        usage_key=usage_key if isinstance(usage_key, str) else None,
    )


def _no_constant(name: str) -> None:
    """NaN and Infinity are Python's own: the event that would carry them on would be no JSON either."""
    raise ValueError(name)


def _context(answer: Mapping[str, Any], *, scalars_only: bool) -> Mapping[str, Any]:
    context = answer.get("context") or {}
    if not isinstance(context, dict):
        raise BadVerdict("context is not an object")
    if scalars_only and any(isinstance(value, dict | list) for value in context.values()):
        raise BadVerdict("context has a value that is an object or a list")
    return context


def says_unauthorized(payload: bytes) -> bool:
    """Whether a function that failed did so with the error `Unauthorized`, which a REST API takes for a 401."""
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("errorMessage") == "Unauthorized"


def caller_context(verdict: Verdict, authorizer: LambdaAuthorizer, match: Match, took_ms: float) -> Event:
    """`requestContext.authorizer` of the route's event."""
    if match.route.payload == "2.0":
        return {"lambda": dict(verdict.context) or None}
    said = {name: _text(value) for name, value in verdict.context.items()}
    principal = {} if authorizer.simple else {"principalId": verdict.principal or ""}
    return {**said, **principal, "integrationLatency": round(took_ms)}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, separators=(",", ":"))
