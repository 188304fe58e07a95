"""Amazon EventBridge Scheduler: schedules of functions."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn, without_effect
from esb_generator.resources.service import EventSourceType, ResourceType, Service, rows_of_missing
from esb_generator.services.scheduler.schedules import event_schedule, schedule_calls, schedule_support, schedules

_GROUP = {"Arn": arn("scheduler", "schedule-group/{name}")}
# A schedule is not a resource of its own in the stack: it is part of its function.
_SCHEDULE = ResourceType(
    "AWS::Scheduler::Schedule",
    Name("Name"),
    {"Arn": arn("scheduler", "schedule/default/{name}")},
    support=without_effect,
    check=schedule_support,
    calls=schedule_calls,
)

SERVICE = Service(
    "scheduler",
    (
        _SCHEDULE,
        *rows_of_missing(
            "such part of EventBridge Scheduler",
            ResourceType("AWS::Scheduler::ScheduleGroup", Name("Name"), _GROUP),
            "AWS::Scheduler::*",
        ),
    ),
    (EventSourceType("ScheduleV2", _SCHEDULE.type, read=event_schedule),),
    schedules,
)
