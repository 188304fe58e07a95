"""Resource policies of REST APIs: who may call a method at all.

"How API Gateway resource policies affect authorization workflow" in API Gateway's guide: an explicit deny is final. For
a route without an authorizer, and for one with a user pool, a statement must allow the call; a signature of this stack,
or the policy that a function returns, is enough without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from esb_gateway.apis.api import Api
from esb_gateway.apis.api_types import FailureResponse, rest_failure
from esb_gateway.apis.auth.policies import INVOKE, Effect, matches, method_arn
from esb_gateway.apis.events import RequestContext
from esb_gateway.apis.route_auth import PolicyStatement, ResourcePolicy
from esb_gateway.errors import ConfigurationError
from esb_schemas import contract
from esb_schemas.partitions import arn_of
from esb_schemas.policy_conditions import Condition, ConditionContext, InvalidCondition, UnknownCondition, condition
from esb_wire.http.messages import Request

_OWN: Final = "execute-api:/"


def compile_policy(name: str, api: contract.Api, stack: contract.Stack) -> ResourcePolicy | None:
    """The policy of an API; None if everybody may call. Raises ConfigurationError for a condition that is not known."""
    if not api.policy:
        return None
    arn = arn_of("execute-api", stack.region, stack.account_id, name)
    return ResourcePolicy(arn, tuple(_statement(name, arn, statement) for statement in api.policy))


def _statement(name: str, api_arn: str, statement: contract.PolicyStatement) -> PolicyStatement:
    return PolicyStatement(
        allows=statement.effect == "Allow",
        resources=tuple(
            pattern
            for each in statement.resources
            for pattern in _patterns(api_arn, each, is_denial=statement.effect == "Deny")
        ),
        conditions=tuple(
            _condition(name, operator, key, values)
            for operator, keys in statement.conditions.items()
            for key, values in keys.items()
        ),
    )


def _patterns(api_arn: str, resource: str, *, is_denial: bool) -> Iterator[str]:
    """The patterns of ARNs for a resource.

    A denial holds whatever region, account and API its ARN names: those of AWS may stand there, and they differ here.
    """
    if resource.startswith(_OWN):
        yield f"{api_arn}/{resource.removeprefix(_OWN)}"
        return
    yield resource
    if is_denial and resource.startswith("arn:"):
        yield f"{api_arn}/{resource.partition('/')[2] or '*'}"


def _condition(name: str, operator: str, key: str, values: tuple[str, ...]) -> Condition:
    try:
        return condition(operator, key, values)
    except (UnknownCondition, InvalidCondition) as error:
        raise ConfigurationError(
            f"routing.yml: apis.{name}.policy: {operator} of {key} cannot be checked ({error}); change it."
        ) from error


class CalledMethod(NamedTuple):
    """A method of an API that is called. `path` is the request's, without the stage."""

    api: Api
    path: str
    request: Request
    context: RequestContext


def effect_on(policy: ResourcePolicy, call: CalledMethod) -> Effect:
    """The effect of a policy on a call."""
    arn, request = _method_arn(policy, call), call.request
    context = ConditionContext(request.client, request.scheme == "https", call.context.time)
    effects = {each.allows for each in policy.statements if _applies(each, arn, context)}
    if False in effects:
        return Effect.EXPLICIT_DENY
    return Effect.ALLOW if effects else Effect.IMPLICIT_DENY


def _applies(statement: PolicyStatement, arn: str, context: ConditionContext) -> bool:
    return any(matches(pattern, arn) for pattern in statement.resources) and all(
        test(context) for test in statement.conditions
    )


def _method_arn(policy: ResourcePolicy, call: CalledMethod) -> str:
    return method_arn(policy.api_arn, call.api.stage, call.request.method, call.path.rstrip("/"))


def denial(policy: ResourcePolicy, call: CalledMethod, effect: Effect) -> FailureResponse:
    """The response to a call that the policy does not allow; as on AWS, it hides most of the account's number."""
    arn = _method_arn(policy, call).replace(call.context.account_id, f"********{call.context.account_id[-4:]}")
    how = " with an explicit deny" if effect is Effect.EXPLICIT_DENY else ""
    message = f"User: anonymous is not authorized to perform: {INVOKE} on resource: {arn}{how}"
    return rest_failure(403, "AccessDeniedException", message, "ACCESS_DENIED", "Message")
