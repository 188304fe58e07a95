"""Schedule and ScheduleV2 events, EventBridge rules and scheduler schedules become schedules of a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from esb_generator.model import Schedule
from esb_generator.resources.nodes import Convert, Node, check_keys, flag, integer, names, one_of, text
from esb_generator.resources.stack import Resource, Stack
from esb_generator.values import Map, Seq
from esb_schemas.schedule_expressions import InvalidSchedule, is_moment, parse, timezone

# RetryPolicy and DeadLetterConfig speak of events that cannot be handed to Lambda, which does not happen here; what
# becomes of a run that fails is a matter of the function.
_EVENT = names("DeadLetterConfig Description Enabled Input Name RuleName RetryPolicy Schedule State")
_EVENT_V2 = names(
    "DeadLetterConfig Description EndDate FlexibleTimeWindow GroupName Input KmsKeyArn Name OmitName "
    "PermissionsBoundary RetryPolicy RoleArn ScheduleExpression ScheduleExpressionTimezone StartDate State"
)
_WINDOW = names("MaximumWindowInMinutes Mode")
# What a rule's target may be given instead of Input.
_OTHER_INPUTS = ("InputPath", "InputTransformer")


def event_schedule(name: str, node: Node) -> Schedule | None:
    """A Schedule event's properties."""
    check_keys(node, _EVENT)
    expression = node.need("Schedule", _checked(parse))
    rule = node.read("Name", text)
    enabled = node.read("Enabled", flag) is not False and _enabled(node)
    whole = Schedule(name, expression or "", node.read("Input", text), enabled, resource=rule and f"rule/{rule}")
    return whole if expression else None


def event_schedule_v2(function: Resource, name: str, node: Node) -> Schedule | None:
    """A ScheduleV2 event's properties."""
    check_keys(node, _EVENT_V2)
    own_name = node.read("Name", text)
    if own_name is None and node.has("GroupName"):
        own_name = f"{function.logical_id}{name}"
    return _scheduler(name, own_name, node, node.read("Input", text))


def rule_schedules(stack: Stack) -> Iterator[tuple[str, Schedule]]:
    """The schedules of hand-written AWS::Events::Rule and AWS::Scheduler::Schedule, each with its function's id."""
    for resource in stack.of_type("AWS::Events::Rule"):
        yield from _of_rule(stack, resource)
    for resource in stack.of_type("AWS::Scheduler::Schedule"):
        target = resource.properties.get("Target")
        found = _target(stack, target)
        if target is not None and found is not None:
            given = target.read("Input", text)
            schedule = _scheduler(resource.logical_id, stack.name(resource), resource.properties, given)
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
    expression = properties.read("ScheduleExpression", _checked(parse))
    for index, target in enumerate(targets.items()):
        found = _target(stack, target)
        if found is None or expression is None or _has_other_input(resource, target):
            continue
        name = resource.logical_id if index == 0 else f"{resource.logical_id}{index + 1}"
        given = target.read("Input", text)
        rule = f"rule/{stack.name(resource)}"
        yield found.logical_id, Schedule(name, expression, given, _enabled(properties), resource=rule)


def _has_other_input(resource: Resource, target: Node) -> bool:
    for key in _OTHER_INPUTS:
        if target.has(key):
            mend = "give the target an Input"
            target.notice_at(target.key_mark(key), f"{key} is not run: {resource.logical_id} never fires; {mend}")
            return True
    return False


def _target(stack: Stack, target: Node | None) -> Resource | None:
    arn = target.read("Arn", text) if target is not None else None
    return stack.function(arn) if arn else None


def _scheduler(name: str, own_name: str | None, node: Node, given: str | None) -> Schedule | None:
    """What EventBridge Scheduler adds to a rule: time zones, and times between which it runs."""
    expression = node.need("ScheduleExpression", _checked(partial(parse, scheduler=True)))
    start, end = node.read("StartDate", _moment), node.read("EndDate", _moment)
    if start and end and end < start:
        node.problem(f"has the EndDate {end}, which is before its StartDate {start}")
    group = node.read("GroupName", text) or "default"
    whole = Schedule(
        name,
        expression or "",
        given,
        _enabled(node),
        type="ScheduleV2",
        timezone=node.read("ScheduleExpressionTimezone", _checked(timezone)),
        window=node.read("FlexibleTimeWindow", _window),
        start_date=start,
        end_date=end,
        resource=own_name and f"schedule/{group}/{own_name}",
    )
    return whole if expression else None


def _checked(check: Callable[[str], object]) -> Convert[str]:
    """Text that AWS would accept."""

    def convert(node: Node) -> str:
        said = text(node)
        if not isinstance(node.value, Map | Seq):
            try:
                check(said)
            except InvalidSchedule as problem:
                node.problem(str(problem))
        return said

    return convert


def _window(node: Node) -> int | None:
    """The minutes of a flexible time window; None when it is off."""
    check_keys(node, _WINDOW)
    mode = node.need("Mode", _mode)
    return node.need("MaximumWindowInMinutes", integer(1, 1440)) if mode == "FLEXIBLE" else None


def _mode(node: Node) -> str:
    """OFF is false in YAML where it has no quotes."""
    return "OFF" if node.value is False else one_of("OFF", "FLEXIBLE")(node)


def _moment(node: Node) -> str:
    """A time, which is in UTC when it does not say otherwise, as functions.yml writes it."""
    said = text(node)
    if not is_moment(said):
        node.problem(f"must be a time like 2030-01-01T00:00:00Z, not {said!r}")
        return ""
    moment = datetime.fromisoformat(said)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def _enabled(node: Node) -> bool:
    states = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    return node.read("State", one_of(*states)) != "DISABLED"
