"""A schedule of a function, and how it is read from functions.yml."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from esb_gateway.event_sources.source import Owner
from esb_gateway.targets.target import About
from esb_schemas.contract import Stack, TargetSchedule
from esb_schemas.event_sources import schedule as contract
from esb_schemas.partitions import arn_of
from esb_schemas.schedules.expressions import Expression, parse
from esb_schemas.schedules.time_zones import timezone

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule of a function, see `source.Mapping`. `window` is the flexible time window in seconds; `start` and
    `end` are seconds since 1970. For other targets, their ARN is in the place of the function's name; `about` is for
    buses, `group` for FIFO queues.
    """

    function: str
    function_arn: str
    name: str
    arn: str
    text: str
    expression: Expression = field(compare=False)  # follows from `text`; rules for days are functions
    type: str = "Schedule"  # a rule of EventBridge; ScheduleV2: a schedule of EventBridge Scheduler
    timezone: ZoneInfo = _UTC
    window: int = 0
    start: int | None = None
    end: int | None = None
    input: str | None = None
    enabled: bool = True
    about: About | None = None
    group: str | None = None

    @property
    def key(self) -> str:
        """A name that no other schedule of the stack has."""
        return f"{self.function}/{self.name}"

    @property
    def by_scheduler(self) -> bool:
        """Whether it belongs to EventBridge Scheduler."""
        return self.type == "ScheduleV2"


def read_schedule(entry: contract.Schedule, owner: Owner) -> Schedule:
    """The schedule of a valid entry."""
    stack, by_scheduler = owner.stack, entry.type == "ScheduleV2"
    service = "scheduler" if by_scheduler else "events"
    resource = contract.resource_of(entry, owner.logical_id, stack.name)
    return Schedule(
        function=owner.name,
        function_arn=owner.arn,
        name=entry.name,
        arn=arn_of(service, stack.region, stack.account_id, resource),
        text=entry.schedule,
        expression=parse(entry.schedule, scheduler=by_scheduler),
        type=entry.type,
        timezone=timezone(entry.timezone),
        window=60 * (entry.flexible_time_window or 0),
        start=_seconds(entry.start_date),
        end=_seconds(entry.end_date),
        input=entry.input,
        enabled=entry.enabled,
    )


def read_target_schedule(entry: TargetSchedule, stack: Stack) -> Schedule:
    """The schedule of a valid entry whose target is no function."""
    target = entry.target
    schedule = read_schedule(entry.schedule, Owner(target.arn, target.arn, "", stack))
    about = None
    if target.source is not None and target.detail_type is not None:
        about = About(target.source, target.detail_type, (schedule.arn,))
    return replace(schedule, about=about, group=target.message_group_id)


def _seconds(moment: str | None) -> int | None:
    return None if moment is None else int(datetime.fromisoformat(moment).timestamp())
