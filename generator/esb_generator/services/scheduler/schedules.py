"""ScheduleV2 events and AWS::Scheduler::Schedule become schedules of a function, a queue, a topic or a bus.

Property names are those of "AWS::Scheduler::Schedule Target" in the CloudFormation template reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from esb_generator.resources.nodes import (
    SILENT,
    Dropped,
    Field,
    Node,
    Shape,
    check_keys,
    integer,
    names,
    one_of,
    read_shape,
    shaped,
    text,
)
from esb_generator.resources.schedules import accepted_by, called_function, is_enabled
from esb_generator.resources.service import Parts, missing
from esb_generator.resources.stack import Event, Resource, Stack
from esb_generator.resources.targets import OTHER_PARAMETERS, SQS_PARAMETERS, delivered_arn
from esb_schemas.contract import ScheduleTarget, TargetSchedule
from esb_schemas.documents.records import record_of
from esb_schemas.event_sources.schedule import Schedule, is_object
from esb_schemas.schedules.expressions import is_valid_time, parse
from esb_schemas.schedules.time_zones import timezone

MISSING = missing("EventBridge Scheduler")
_EVENT = names(
    "DeadLetterConfig Description EndDate FlexibleTimeWindow GroupName Input KmsKeyArn Name OmitName "
    "PermissionsBoundary RetryPolicy RoleArn ScheduleExpression ScheduleExpressionTimezone StartDate State"
)
_KEPT = "a message that the target does not take is tried 3 times and kept, and esb-gateway events lists it"
_OTHERS = names("EcsParameters KinesisParameters SageMakerPipelineParameters")
_TARGET: Shape = {
    "Arn": Field(text, "arn", required=True),
    "Input": None,
    "RoleArn": SILENT,
    "RetryPolicy": Dropped(_KEPT),
    "DeadLetterConfig": Dropped(_KEPT),
    "SqsParameters": SQS_PARAMETERS,
    "EventBridgeParameters": Field(
        shaped(
            {
                "DetailType": Field(text, "detail_type", required=True),
                "Source": Field(text, "source", required=True),
            }
        )
    ),
    **dict.fromkeys(_OTHERS, OTHER_PARAMETERS),
}
_SCHEDULE = names(
    "Description EndDate FlexibleTimeWindow GroupName KmsKeyArn Name ScheduleExpression ScheduleExpressionTimezone "
    "StartDate State Target"
)
_WINDOW = names("MaximumWindowInMinutes Mode")


def event_schedule(event: Event) -> Schedule | None:
    """A ScheduleV2 event."""
    node = event.properties
    check_keys(node, _EVENT)
    own_name = node.read("Name", text)
    if own_name is None and node.has("GroupName"):
        own_name = f"{event.owner.logical_id}{event.name}"
    return _schedule(event.name, own_name, node, node.read("Input", text))


def schedules(stack: Stack) -> Parts:
    """The schedules of functions, and those of other targets, of the template.

    RetryPolicy and DeadLetterConfig of a function have no effect: the event queue here accepts every event.
    """
    return Parts(event_sources=tuple(_of_functions(stack)), schedules=tuple(_of_others(stack)))


def schedule_support(stack: Stack, schedule: Resource) -> str:
    """Why a schedule is unsupported: its target is not in the stack."""
    arn = schedule.properties.child("Target").read("Arn", text)
    return "" if delivered_arn(stack, arn) else f"the stack cannot deliver to {arn}" if arn else MISSING


def schedule_calls(_: Stack, schedule: Resource) -> list[str | None]:
    """The ARN of a schedule's target."""
    return [schedule.properties.child("Target").read("Arn", text)]


def _of_functions(stack: Stack) -> Iterator[tuple[str, Schedule]]:
    for resource in stack.of_type("AWS::Scheduler::Schedule"):
        check_keys(resource.properties, _SCHEDULE)
        target = resource.properties.child("Target")
        if (found := called_function(stack, target)) is not None:
            check_keys(target, dict.fromkeys(_TARGET))
            given = target.read("Input", text)
            schedule = _schedule(resource.logical_id, stack.name(resource), resource.properties, given)
            if schedule is not None:
                yield found.logical_id, schedule


def _of_others(stack: Stack) -> Iterator[TargetSchedule]:
    for resource in stack.of_type("AWS::Scheduler::Schedule"):
        node = resource.properties.child("Target")
        arn = delivered_arn(stack, node.read("Arn", text))
        if arn is None or called_function(stack, node) is not None:
            continue
        target = _target(node)
        schedule = _schedule(resource.logical_id, stack.name(resource), resource.properties, node.read("Input", text))
        if schedule is not None:
            _check_input(node, schedule, target)
            yield TargetSchedule(schedule, target)


def _target(node: Node) -> ScheduleTarget:
    values = read_shape(node, _TARGET)
    queue, bus = values.pop("SqsParameters", {}), values.pop("EventBridgeParameters", {})
    arn = values["arn"]
    if ":sqs:" in arn and arn.endswith(".fifo") != bool(queue):
        node.problem("a FIFO queue needs SqsParameters with a MessageGroupId, and no other target has them")
    if (":events:" in arn) != bool(bus):
        node.problem("a bus needs EventBridgeParameters with DetailType and Source, and no other target has them")
    return ScheduleTarget(arn, queue.get("MessageGroupId"), bus.get("source"), bus.get("detail_type"))


def _check_input(node: Node, schedule: Schedule, target: ScheduleTarget) -> None:
    """The input of a bus is an event's detail."""
    if target.source is not None and schedule.input is not None and not is_object(schedule.input):
        node._replace(mark=node.value_mark("Input")).problem("Input: must be a JSON object, the detail of an event")


def _schedule(name: str, own_name: str | None, node: Node, given: str | None) -> Schedule | None:
    """A schedule of EventBridge Scheduler: with a time zone, a start and an end."""
    expression = node.need("ScheduleExpression", accepted_by(partial(parse, scheduler=True)))
    start, end = node.read("StartDate", _moment), node.read("EndDate", _moment)
    if start and end and end < start:
        node.problem(f"has the EndDate {end}, which is before its StartDate {start}")
    group = node.read("GroupName", text) or "default"
    whole = record_of(
        Schedule,
        type="ScheduleV2",
        name=name,
        schedule=expression or "",
        input=given,
        enabled=is_enabled(node),
        timezone=node.read("ScheduleExpressionTimezone", accepted_by(timezone)),
        flexible_time_window=node.read("FlexibleTimeWindow", _window),
        start_date=start,
        end_date=end,
        resource=own_name and f"schedule/{group}/{own_name}",
    )
    return whole if expression else None


def _window(node: Node) -> int | None:
    """The minutes of a flexible time window; None if it is off."""
    check_keys(node, _WINDOW)
    mode = node.need("Mode", _mode)
    return node.need("MaximumWindowInMinutes", integer(1, 1440)) if mode == "FLEXIBLE" else None


def _mode(node: Node) -> str:
    """OFF without quotes is false in YAML."""
    return "OFF" if node.value is False else one_of("OFF", "FLEXIBLE")(node)


def _moment(node: Node) -> str:
    """A time, in UTC if it has no zone, as functions.yml writes it."""
    written = text(node)
    if not is_valid_time(written):
        node.problem(f"must be a time like 2030-01-01T00:00:00Z, not {written!r}")
        return ""
    moment = datetime.fromisoformat(written)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"
