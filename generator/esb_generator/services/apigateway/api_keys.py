"""API keys and usage plans: those that SAM generates for an API, and those of AWS::ApiGateway resources.

As at AWS, a key is valid only for the APIs of its usage plans.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from esb_generator.model import Marked
from esb_generator.resources.nodes import Node, check_keys, flag, integer, names, one_of, text, warn_keys
from esb_generator.resources.stack import Stack
from esb_generator.services.apigateway.definitions import ApiDefinition
from esb_generator.services.apigateway.routes.methods import normal_method
from esb_schemas.contract import Api, ApiKey, PlannedApi, Quota, Route, Throttle, UsagePlan

_KEY, _PLAN = "AWS::ApiGateway::ApiKey", "AWS::ApiGateway::UsagePlan"
_SHARED_PLAN, _SHARED_KEY = "ServerlessUsagePlan", "ServerlessApiKey"
_SAM_PLAN = names("CreateUsagePlan Description Quota Tags Throttle UsagePlanName")
_API_STAGE, _THROTTLE, _QUOTA = (
    names("ApiId Stage Throttle"),
    names("BurstLimit RateLimit"),
    names("Limit Offset Period"),
)


def keys_and_plans(
    stack: Stack, definitions: Sequence[ApiDefinition]
) -> tuple[dict[str, ApiKey], dict[str, UsagePlan]]:
    """All keys and plans, by logical id; a plan names only APIs and keys that exist."""
    made = [plan for definition in definitions for plan in _generated(definition)]
    keys = {key: ApiKey() for _, plan in made for key in plan.keys}
    keys |= {resource.logical_id: _key(resource.properties) for resource in stack.of_type(_KEY)}
    apis = {definition.logical_id: definition.api for definition in definitions}
    plans = _merged(made) | dict(_of_resources(stack, apis))
    for plan, key in _memberships(stack, plans, keys):
        plans[plan] = plans[plan]._replace(keys=tuple(dict.fromkeys((*plans[plan].keys, key))))
    return keys, plans


def warn_missing_api_keys(
    definitions: Iterable[ApiDefinition],
    routes: Iterable[Marked[Route]],
    keys: Mapping[str, ApiKey],
    plans: Mapping[str, UsagePlan],
) -> None:
    """A notice for each API whose routes need an API key that no usage plan has."""
    usable = {logical_id for logical_id, key in keys.items() if key.enabled}
    opened = {api for plan in plans.values() if usable & set(plan.keys) for api in plan.apis}
    asking = {route.entry.api for route in routes if route.entry.auth.api_key_required}
    for definition in definitions:
        if definition.logical_id in asking - opened:
            text = "its routes ask for an API key, and no usage plan of the template has one for it: each call is a 403"
            definition.resource.notice(text)


def _generated(definition: ApiDefinition) -> Iterator[tuple[str, UsagePlan]]:
    """`UsagePlan` of an API's Auth: a plan and a key for this API, or for all that are SHARED."""
    node = definition.resource.properties.child("Auth").get("UsagePlan")
    if node is None or definition.api.type != "REST":
        return
    warn_keys(node, _SAM_PLAN)
    api = definition.logical_id
    kind = node.need("CreateUsagePlan", one_of("PER_API", "SHARED", "NONE"))
    if kind in (None, "NONE"):
        return
    shared = kind == "SHARED"
    plan = UsagePlan(
        {api: PlannedApi()},
        (_SHARED_KEY if shared else f"{api}ApiKey",),
        node.read("Throttle", _throttle),
        node.read("Quota", _quota),
    )
    yield _SHARED_PLAN if shared else f"{api}UsagePlan", plan


def _merged(plans: Iterable[tuple[str, UsagePlan]]) -> dict[str, UsagePlan]:
    """The shared plan exists once; the settings of the last API apply."""
    found: dict[str, UsagePlan] = {}
    for logical_id, plan in plans:
        earlier = found.get(logical_id, plan)
        found[logical_id] = plan._replace(
            apis={**earlier.apis, **plan.apis},
            throttle=plan.throttle or earlier.throttle,
            quota=plan.quota or earlier.quota,
        )
    return found


def _key(node: Node) -> ApiKey:
    value = node.read("Value", text)
    digest = None if value is None else hashlib.sha256(value.encode()).hexdigest()
    return ApiKey(node.read("Enabled", flag) or False, digest)


def _of_resources(stack: Stack, apis: Mapping[str, Api]) -> Iterator[tuple[str, UsagePlan]]:
    for resource in stack.of_type(_PLAN):
        node = resource.properties
        planned: dict[str, PlannedApi] = {}
        for stage in node.items_of("ApiStages"):
            check_keys(stage, _API_STAGE)
            found = stack.find(stage.read("ApiId", text), ("AWS::Serverless::Api", "AWS::ApiGateway::RestApi"))
            api = apis.get(found.logical_id) if found is not None else None
            if found is not None and api is not None and stage.read("Stage", text) == api.stage:
                planned[found.logical_id] = PlannedApi(stage.read("Throttle", _methods) or {})
        throttle, quota = node.read("Throttle", _throttle), node.read("Quota", _quota)
        yield resource.logical_id, UsagePlan(planned, (), throttle, quota)


def _memberships(stack: Stack, plans: Mapping[str, UsagePlan], keys: Mapping[str, ApiKey]) -> Iterator[tuple[str, str]]:
    """The plan and the key of each AWS::ApiGateway::UsagePlanKey."""
    plan_of = {reference: plan for plan in plans for reference in stack.references_to(plan, _PLAN)}
    key_of = {reference: key for key in keys for reference in stack.references_to(key, _KEY)}
    for resource in stack.of_type("AWS::ApiGateway::UsagePlanKey"):
        plan = plan_of.get(resource.properties.need("UsagePlanId", text) or "")
        key = key_of.get(resource.properties.need("KeyId", text) or "")
        if plan is None or key is None:
            resource.notice("its plan or its key is not in this template: it has no effect")
        else:
            yield plan, key


def _methods(node: Node) -> dict[str, Throttle]:
    """`/orders/GET: {…}`, by `GET /orders`."""
    found = {}
    for key, child in node.entries():
        path, _, verb = key.rpartition("/")
        if (method := normal_method(verb)) is None:
            child.problem("must be under a path and a method, such as /orders/GET")
        else:
            found[f"{method} {path or '/'}"] = _throttle(child)
    return found


def _throttle(node: Node) -> Throttle:
    check_keys(node, _THROTTLE)
    return Throttle(node.read("RateLimit", _rate), node.read("BurstLimit", integer(0)))


def _rate(node: Node) -> float:
    said = text(node)
    try:
        rate = float(said)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < float("inf"):
        node.problem(f"must be a number of at least 0, not {said!r}")
        return 0.0
    return int(rate) if rate.is_integer() else rate


def _quota(node: Node) -> Quota:
    check_keys(node, _QUOTA)
    return Quota(
        node.need("Limit", integer(0)) or 0,
        node.need("Period", one_of("DAY", "WEEK", "MONTH")) or "DAY",
        node.read("Offset", integer(0, 27)) or 0,
    )
