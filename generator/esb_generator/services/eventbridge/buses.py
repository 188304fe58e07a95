"""Buses with their rules as entries of resources.yml: AWS::Events::EventBus and Rule, and SAM's events of rules.

Sources: CloudFormation template reference, "AWS::Events::EventBus" and "AWS::Events::Rule"; SAM specification,
"EventBridgeRule" and "CloudWatchEvent".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from esb_generator.model import ResourceEntry
from esb_generator.resources.nodes import (
    SILENT,
    Dropped,
    Field,
    Node,
    Shape,
    check_keys,
    names,
    one_of,
    read_shape,
    text,
)
from esb_generator.resources.schedules import accepted_by, is_enabled
from esb_generator.resources.service import Parts
from esb_generator.resources.stack import Event, Resource, Stack
from esb_generator.resources.tags import tags
from esb_generator.services.eventbridge.rules import RULE_TYPE, is_schedule
from esb_generator.services.eventbridge.targets import INPUTS, dead_letter, is_delivered, targets_of
from esb_generator.values import Map
from esb_schemas.partitions import arn_of
from esb_schemas.schedules.expressions import parse
from esb_schemas.sections.eventbridge import DEFAULT_BUS
from esb_wire.patterns import EVENTBRIDGE, InvalidPattern, compile_pattern

BUS_TYPE = "AWS::Events::EventBus"
EVENT_TYPES = ("CloudWatchEvent", "EventBridgeRule")
_MAX_TARGETS = 5
_LONGEST_NAME = 64

BUS: Shape = {
    "Name": None,
    "Tags": None,
    "DeadLetterConfig": Dropped("events are kept until they reach a rule's target; name a queue at the target"),
    "Description": SILENT,
    "EventSourceName": Dropped("partner event sources are not in the stack"),
    "KmsKeyIdentifier": SILENT,
    "LogConfig": Dropped("a bus writes no log of its events"),
    "Policy": SILENT,
}


def _pattern(node: Node) -> str:
    if not isinstance(node.value, Map):
        node.problem("must be a mapping")
        return "{}"
    pattern = json.dumps(node.value, sort_keys=True)
    try:
        compile_pattern(pattern, EVENTBRIDGE)
    except InvalidPattern as problem:
        node.problem(f"is not a valid event pattern: {problem}")
    return pattern


RULE: Shape = {
    "Name": None,
    "EventBusName": None,
    "EventPattern": Field(_pattern),
    "ScheduleExpression": Field(accepted_by(parse)),
    "State": None,
    "Description": Field(text),
    "RoleArn": SILENT,
    "Tags": SILENT,
    "Targets": None,
}
_EVENT: Shape = {
    **INPUTS,
    "DeadLetterConfig": None,
    "Enabled": None,
    "EventBusName": None,
    "Pattern": Field(_pattern, "EventPattern", required=True),
    "RuleName": None,
    "State": None,
    "Target": None,
}
_TARGET_KEYS = (*INPUTS, "DeadLetterConfig")


def bus(stack: Stack, resource: Resource) -> Mapping[str, Any]:
    """An AWS::Events::EventBus with its rules."""
    read_shape(resource.properties, BUS)
    found = resource.properties.read("Tags", tags)
    rules = list(_rules(stack, stack.name(resource)))
    return {
        "Name": stack.name(resource),
        **({"Tags": found} if found else {}),
        **({"Rules": rules} if rules else {}),
    }


def default_bus(stack: Stack) -> Parts:
    """The default bus, if rules of the template are on it; queues of SAM's events; reports rules of unknown buses."""
    rules = list(_rules(stack, DEFAULT_BUS))
    entries = [("SQS", entry) for event in stack.events(*EVENT_TYPES) if (entry := _generated_queue(stack, event))]
    for event in stack.events(*EVENT_TYPES):
        if _bus_name(stack, event.properties) is None:
            reference = event.properties.read("EventBusName", text)
            reason = f"{reference} is not a bus of this template; {event.owner.logical_id} is never triggered by it"
            event.properties.notice(f"event {event.name} ({event.type}): {reason}")
    if rules:
        mark = next(stack.of_type(RULE_TYPE), None) or next(stack.events(*EVENT_TYPES)).owner
        entry = ResourceEntry("bus", DEFAULT_BUS, DEFAULT_BUS, mark.mark, {"Name": DEFAULT_BUS, "Rules": rules})
        entries.append(("EventBridge", entry))
    return Parts(resources=tuple(entries))


def rule_support(stack: Stack, rule: Resource) -> str:
    """Why a rule is unsupported: its bus, or all of its targets, are not in the stack."""
    properties = rule.properties
    if is_schedule(stack, rule):
        return ""
    if _bus_name(stack, properties) is None:
        return f"{properties.read('EventBusName', text)} is not a bus of this template"
    targets = list(properties.items_of("Targets"))
    if targets and not any(is_delivered(stack, target) for target in targets):
        arns = ", ".join(str(target.read("Arn", text)) for target in targets)
        return f"the stack cannot deliver to {arns}"
    return ""


def _bus_name(stack: Stack, node: Node) -> str | None:
    """The bus of a rule, by its name or its ARN; None if it is not in the template."""
    reference = node.read("EventBusName", text)
    if reference is None or reference == DEFAULT_BUS or reference.endswith(f":event-bus/{DEFAULT_BUS}"):
        return DEFAULT_BUS
    buses = stack.of_type(BUS_TYPE)
    return next(
        (stack.name(each) for each in buses if reference in (stack.name(each), stack.attribute(each, "Arn"))), None
    )


def _rules(stack: Stack, name: str) -> Iterator[Mapping[str, Any]]:
    for resource in stack.of_type(RULE_TYPE):
        is_ours = _bus_name(stack, resource.properties) == name and not is_schedule(stack, resource)
        if is_ours and not rule_support(stack, resource):
            yield _rule(stack, resource)
    for event in stack.events(*EVENT_TYPES):
        if _bus_name(stack, event.properties) == name:
            yield _rule_of_event(stack, event)


def _rule(stack: Stack, resource: Resource) -> Mapping[str, Any]:
    values, found = read_shape(resource.properties, RULE), targets_of(stack, resource)
    if "EventPattern" not in values and "ScheduleExpression" not in values:
        resource.problem("has neither EventPattern nor ScheduleExpression; add one")
    if len(found) > _MAX_TARGETS:
        resource.problem(f"has {len(found)} targets; EventBridge takes {_MAX_TARGETS}")
    return _named(stack, stack.name(resource), resource.properties, values, found)


def _named(
    stack: Stack, name: str, node: Node, values: Mapping[str, Any], found: list[Mapping[str, Any]]
) -> Mapping[str, Any]:
    if len(name) > _LONGEST_NAME:
        fix = stack.rename_hint(name, "give a shorter one")
        node.problem(f"has the name {name}, which has more than {_LONGEST_NAME} characters; {fix}")
    state = {} if is_enabled(node) else {"State": "DISABLED"}
    return {"Name": name, **values, **state, **({"Targets": found} if found else {})}


def _rule_of_event(stack: Stack, event: Event) -> Mapping[str, Any]:
    """The rule of a SAM event: named after the ids of function and event, its target after the event's."""
    node = event.properties
    values = read_shape(node, {**_EVENT, "DeadLetterConfig": Field(lambda node: _dead_letter(stack, event, node))})
    target = node.child("Target")
    check_keys(target, names("Id"))
    id_ = target.read("Id", text) or f"{event.owner.logical_id}{event.name}LambdaTarget"
    of_target = {key: values.pop(key) for key in _TARGET_KEYS if key in values}
    name = node.read("RuleName", text) or f"{stack.context.identity.stack_name}-{event.owner.logical_id}{event.name}"
    found = {"Id": id_[:_LONGEST_NAME], "Arn": stack.trigger_arn(event.owner), **of_target}
    return _named(stack, name[:_LONGEST_NAME] if not node.has("RuleName") else name, node, values, [found])


def _dead_letter(stack: Stack, event: Event, node: Node) -> Mapping[str, str] | None:
    check_keys(node, names("Arn QueueLogicalId Type"))
    if node.has("Arn"):
        return dead_letter(stack, node)
    node.need("Type", one_of("SQS"))
    identity = stack.context.identity
    return {"Arn": arn_of("sqs", identity.region, identity.account_id, _queue_name(stack, event, node))}


def _generated_queue(stack: Stack, event: Event) -> ResourceEntry | None:
    """The dead-letter queue that SAM makes of `Type: SQS`."""
    node = event.properties.get("DeadLetterConfig")
    if node is None or node.has("Arn") or _bus_name(stack, event.properties) is None:
        return None
    name = _queue_name(stack, event, node)
    return ResourceEntry("queue", f"{event.owner.logical_id}{event.name}Queue", name, node.mark, {"QueueName": name})


def _queue_name(stack: Stack, event: Event, node: Node) -> str:
    logical_id = node.read("QueueLogicalId", text) or f"{event.owner.logical_id}{event.name}Queue"
    return f"{stack.context.identity.stack_name}-{logical_id}"[:80]
