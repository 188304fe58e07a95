"""Schedule events and AWS::Events::Rule with a schedule become schedules of a function."""

from __future__ import annotations

from collections.abc import Iterator

from esb_generator.resources.nodes import Node, check_keys, flag, names, text
from esb_generator.resources.schedules import accepted_by, called_function, is_enabled
from esb_generator.resources.service import Parts
from esb_generator.resources.stack import Event, Resource, Stack
from esb_schemas.event_sources.schedule import Schedule
from esb_schemas.schedules.expressions import parse

RULE_TYPE = "AWS::Events::Rule"
# RetryPolicy and DeadLetterConfig are for events that cannot be delivered to Lambda, which does not happen here. Failed
# invocations are configured at the function.
_EVENT = names("DeadLetterConfig Description Enabled Input Name RuleName RetryPolicy Schedule State")
# Alternatives to a target's Input.
_OTHER_INPUTS = ("InputPath", "InputTransformer")


def event_schedule(event: Event) -> Schedule | None:
    """A Schedule event."""
    node = event.properties
    check_keys(node, _EVENT)
    expression = node.need("Schedule", accepted_by(parse))
    rule = node.read("Name", text)
    enabled = node.read("Enabled", flag) is not False and is_enabled(node)
    given = node.read("Input", text)
    if expression is None:
        return None
    resource = rule and f"rule/{rule}"
    return Schedule("Schedule", event.name, expression, input=given, enabled=enabled, resource=resource)


def rule_schedules(stack: Stack) -> Parts:
    """The schedules of rules that call functions only, each with the function that it calls."""
    rules = (rule for rule in stack.of_type(RULE_TYPE) if is_schedule(stack, rule))
    return Parts(event_sources=tuple(found for rule in rules for found in _of_rule(stack, rule)))


def is_schedule(stack: Stack, rule: Resource) -> bool:
    """Whether the gateway fires a rule: it has a schedule and no pattern, and calls functions of the template only."""
    properties = rule.properties
    targets = properties.get("Targets") if properties.has("ScheduleExpression") else None
    if targets is None or properties.has("EventPattern"):
        return False
    return all(called_function(stack, target) for target in targets.items())


def rule_calls(_: Stack, rule: Resource) -> Iterator[str | None]:
    """The ARNs of a rule's targets."""
    for target in rule.properties.items_of("Targets"):
        yield target.read("Arn", text)


def _of_rule(stack: Stack, rule: Resource) -> Iterator[tuple[str, Schedule]]:
    properties = rule.properties
    if not properties.has("ScheduleExpression"):
        return
    expression = properties.read("ScheduleExpression", accepted_by(parse))
    for index, target in enumerate(properties.items_of("Targets")):
        found = called_function(stack, target)
        if found is None or expression is None or _has_other_input(rule, target):
            continue
        name = rule.logical_id if index == 0 else f"{rule.logical_id}{index + 1}"
        schedule = Schedule(
            "Schedule",
            name,
            expression,
            input=target.read("Input", text),
            enabled=is_enabled(properties),
            resource=f"rule/{stack.name(rule)}",
        )
        yield found.logical_id, schedule


def _has_other_input(rule: Resource, target: Node) -> bool:
    for key in _OTHER_INPUTS:
        if target.has(key):
            fix = "give the target an Input"
            target.notice_at(target.key_mark(key), f"{key} is unsupported: {rule.logical_id} never fires; {fix}")
            return True
    return False
