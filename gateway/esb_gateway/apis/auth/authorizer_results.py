"""Lambda authorizers: the function's event, and the meaning of its response. Pure.

"Use API Gateway Lambda authorizers" (REST APIs: input and output) and "Control access to HTTP APIs with AWS Lambda
authorizers" (formats 1.0 and 2.0, simple responses) in API Gateway's guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from esb_gateway.apis.api_types import ApiType
from esb_gateway.apis.auth.identity_sources import Identity
from esb_gateway.apis.auth.policies import Effect, InvalidPolicy, evaluate
from esb_gateway.apis.events import Event
from esb_gateway.apis.route_auth import LambdaAuthorizer
from esb_wire.offload import LARGE, MANY_VALUES, is_costly

# Members of a route's event that an authorizer's event does not have.
_NOT_SENT: Final = ("body", "isBase64Encoded")


class InvalidAuthorizerResponse(Exception):
    """An authorizer must not respond like this; the message says why."""


@dataclass(frozen=True, slots=True)
class AuthorizerResult:
    """A function's decision about a caller. Without a `policy`, `allowed` holds for every route."""

    allowed: bool
    policy: object
    principal_id: str | None
    context: Mapping[str, Any]
    usage_key: str | None

    def effect(self, arn: str) -> Effect:
        """The decision for a call of the method with this ARN. Raises InvalidAuthorizerResponse."""
        if self.policy is None:
            return Effect.ALLOW if self.allowed else Effect.EXPLICIT_DENY
        try:
            return evaluate(self.policy, arn)
        except InvalidPolicy as error:
            raise InvalidAuthorizerResponse(str(error)) from error


def authorizer_event(
    authorizer: LambdaAuthorizer, api_type: ApiType, arn: str, identity: Identity, event: Event
) -> Event:
    """The function's event. `event` is that of the route, in the authorizer's payload format."""
    if authorizer.is_token:
        return {"type": "TOKEN", "authorizationToken": identity[0], "methodArn": arn}
    kept = {name: value for name, value in event.items() if name not in _NOT_SENT}
    if authorizer.payload == "2.0":
        return {"version": "2.0", "type": "REQUEST", "routeArn": arn, "identitySource": list(identity) or None, **kept}
    joined = ",".join(identity)
    sources = {"identitySource": joined, "authorizationToken": joined} if api_type.sends_identity_sources else {}
    return {**api_type.event_defaults, "type": "REQUEST", "methodArn": arn, **sources, **kept}


def read_result(payload: bytes, authorizer: LambdaAuthorizer, api_type: ApiType) -> AuthorizerResult:
    """Parse the function's response. Raises InvalidAuthorizerResponse, also for one that is too large.

    AWS takes more. Here the event loop reads the response, and evaluates its policy for each request, cached or not.
    """
    if is_costly(payload):
        raise InvalidAuthorizerResponse(f"it has more than {LARGE} bytes, or {MANY_VALUES} values")
    try:
        response = json.loads(payload, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidAuthorizerResponse("it is not JSON") from error
    if not isinstance(response, dict):
        raise InvalidAuthorizerResponse("it is not an object")
    context = _context(response, scalars_only=api_type.scalar_context)
    if authorizer.simple:
        allowed = response.get("isAuthorized")
        if not isinstance(allowed, bool):
            raise InvalidAuthorizerResponse("isAuthorized is neither true nor false")
        return AuthorizerResult(allowed, None, None, context, None)
    if response.get("policyDocument") is None:
        raise InvalidAuthorizerResponse("policyDocument is missing")
    principal_id, usage_key = response.get("principalId"), response.get("usageIdentifierKey")
    if principal_id is not None and not isinstance(principal_id, str):
        raise InvalidAuthorizerResponse("principalId is not text")
    return AuthorizerResult(
        allowed=False,
        policy=response["policyDocument"],
        principal_id=principal_id,
        context=context,
        usage_key=usage_key if isinstance(usage_key, str) else None,
    )


def _reject_constant(name: str) -> None:
    """Python reads NaN and Infinity, but JSON has neither: an event that contained them would not be JSON."""
    raise ValueError(name)


def _context(response: Mapping[str, Any], *, scalars_only: bool) -> Mapping[str, Any]:
    context = response.get("context") or {}
    if not isinstance(context, dict):
        raise InvalidAuthorizerResponse("context is not an object")
    if scalars_only and any(isinstance(value, dict | list) for value in context.values()):
        raise InvalidAuthorizerResponse("context has a value that is an object or a list")
    return context


def is_unauthorized_error(payload: bytes) -> bool:
    """True if a function failed with the error `Unauthorized`."""
    try:
        document = None if is_costly(payload) else json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("errorMessage") == "Unauthorized"


def authorizer_context(result: AuthorizerResult, authorizer: LambdaAuthorizer, payload: str, took_ms: float) -> Event:
    """`requestContext.authorizer` of the route's event, in its payload format."""
    if payload == "2.0":
        return {"lambda": dict(result.context) or None}
    context = {name: _text(value) for name, value in result.context.items()}
    principal = {} if authorizer.simple else {"principalId": result.principal_id or ""}
    return {**context, **principal, "integrationLatency": round(took_ms)}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, separators=(",", ":"))
