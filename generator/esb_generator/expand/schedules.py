"""Schedule and ScheduleV2 events, EventBridge rules and scheduler schedules become schedules of a function."""

from __future__ import annotations

import re
from collections.abc import Iterator

from esb_generator.expand.nodes import Dropped, Node, check_keys, flag, matching, names, one_of, text
from esb_generator.expand.stack import Resource, Stack
from esb_generator.model import Schedule

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
_regular = matching(
    re.compile(r"rate\([1-9]\d* (minutes?|hours?|days?)\)|cron\(\S+( \S+){5}\)"),
    "must be like rate(5 minutes) or cron(0 3 * * ? *)",
)
_NOT_RETRIED = Dropped("a failed run is retried as any asynchronous call, and goes to no queue")
_EVENT = {
    **names("Description Enabled Input Name Schedule State"),
    "DeadLetterConfig": _NOT_RETRIED,
    "RetryPolicy": _NOT_RETRIED,
}
_EVENT_V2 = {
    **names(
        "Description EndDate FlexibleTimeWindow GroupName Input KmsKeyArn Name OmitName PermissionsBoundary RoleArn "
        "ScheduleExpression ScheduleExpressionTimezone StartDate State"
    ),
    "DeadLetterConfig": _NOT_RETRIED,
    "RetryPolicy": _NOT_RETRIED,
}
_UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT")


def event_schedule(name: str, node: Node) -> Schedule | None:
    """A Schedule event's properties."""
    check_keys(node, _EVENT)
    expression = node.need("Schedule", _expression)
    enabled = node.read("Enabled", flag) is not False and _enabled(node)
    return _schedule(name, expression, node.read("Input", text), enabled=enabled)


def event_schedule_v2(name: str, node: Node) -> Schedule | None:
    """A ScheduleV2 event's properties."""
    check_keys(node, _EVENT_V2)
    return _scheduler(name, node, node.read("Input", text))


def rule_schedules(stack: Stack) -> Iterator[tuple[str, Schedule]]:
    """The schedules of hand-written AWS::Events::Rule and AWS::Scheduler::Schedule, each with its function's id."""
    for resource in stack.of_type("AWS::Events::Rule"):
        yield from _of_rule(stack, resource)
    for resource in stack.of_type("AWS::Scheduler::Schedule"):
        target = resource.properties.get("Target")
        found = _target(stack, target)
        if target is not None and found is not None:
            schedule = _scheduler(resource.logical_id, resource.properties, target.read("Input", text))
            if schedule is not None:
                yield found.logical_id, schedule


def calls_function(stack: Stack, resource: Resource) -> bool:
    """Whether a rule or a schedule is one that the stack runs."""
    if resource.type == "AWS::Events::Rule":
        targets = resource.properties.get("Targets") if resource.properties.has("ScheduleExpression") else None
        return targets is not None and all(_target(stack, target) is not None for target in targets.items())
    return _target(stack, resource.properties.get("Target")) is not None


def _of_rule(stack: Stack, resource: Resource) -> Iterator[tuple[str, Schedule]]:
    properties = resource.properties
    targets = properties.get("Targets")
    if targets is None or not properties.has("ScheduleExpression"):
        return
    for index, target in enumerate(targets.items()):
        found = _target(stack, target)
        if found is None:
            continue
        name = resource.logical_id if index == 0 else f"{resource.logical_id}{index + 1}"
        expression = properties.read("ScheduleExpression", _expression)
        schedule = _schedule(name, expression, target.read("Input", text), enabled=_enabled(properties))
        if schedule is not None:
            yield found.logical_id, schedule


def _target(stack: Stack, target: Node | None) -> Resource | None:
    arn = target.read("Arn", text) if target is not None else None
    return stack.function(arn) if arn else None


def _scheduler(name: str, node: Node, given: str | None) -> Schedule | None:
    """What EventBridge Scheduler adds to a rule: time zones, and times between which it runs."""
    expression = node.need("ScheduleExpression", _expression)
    timezone = node.read("ScheduleExpressionTimezone", text)
    if timezone is not None and timezone not in _UTC:
        node.notice(f"schedules run in UTC only, this one is in {timezone}: {name} never runs; write it in UTC")
        return None
    if node.has("StartDate") or node.has("EndDate"):
        node.notice(f"schedules have no StartDate and EndDate: {name} never runs; remove the dates")
        return None
    return _schedule(name, expression, given, enabled=_enabled(node))


def _schedule(name: str, expression: str | None, given: str | None, *, enabled: bool) -> Schedule | None:
    return Schedule(name, expression, given, enabled) if expression else None


def _expression(node: Node) -> str:
    """The expression, or nothing when it is not run."""
    said = text(node)
    if said.startswith("at("):
        node.notice(f"schedules that run once are not run: nothing happens at {said[3:-1]}")
        return ""
    return _regular(node)


def _enabled(node: Node) -> bool:
    states = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    return node.read("State", one_of(*states)) != "DISABLED"
