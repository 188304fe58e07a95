"""Schedules, from events and from resources of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_schemas.event_sources import EventSource
from esb_schemas.event_sources.schedule import Schedule

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]


def function(*events: str) -> str:
    lines = "".join(f"      {event}\n" for event in events)
    settings = "    Runtime: python3.12\n    Handler: a.b\n"
    return f"F:\n  Type: AWS::Serverless::Function\n  Properties:\n{settings}    Events:\n{lines}"


def schedules(expansion: Expansion) -> tuple[EventSource, ...]:
    return expansion.application.functions[0].entry.events


def scheduler(expression: str, **more: object) -> Schedule:
    return Schedule("ScheduleV2", "E", expression, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("Schedule: rate(5 minutes)", Schedule("Schedule", "E", "rate(5 minutes)")),
        (
            "Schedule: cron(0 3 * * ? *), Input: '{\"a\": 1}', Enabled: false",
            Schedule("Schedule", "E", "cron(0 3 * * ? *)", input='{"a": 1}', enabled=False),
        ),
        ("Schedule: rate(1 day), State: DISABLED", Schedule("Schedule", "E", "rate(1 day)", enabled=False)),
        (
            "Schedule: rate(1 day), Name: daily, RetryPolicy: {MaximumRetryAttempts: 0}, DeadLetterConfig: {Type: SQS}",
            Schedule("Schedule", "E", "rate(1 day)", resource="rule/daily"),
        ),
    ],
)
def test_events(read: Read, properties: str, expected: Schedule) -> None:
    expansion = read(function(f"E: {{Type: Schedule, Properties: {{{properties}}}}}"))
    assert schedules(expansion) == (expected,)
    assert expansion.notices == ()


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("ScheduleExpression: rate(1 hour), FlexibleTimeWindow: {Mode: 'OFF'}", scheduler("rate(1 hour)")),
        ("ScheduleExpression: rate(1 hour), FlexibleTimeWindow: {Mode: OFF}", scheduler("rate(1 hour)")),
        (
            "ScheduleExpression: rate(1 hour), FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: 15}",
            scheduler("rate(1 hour)", flexible_time_window=15),
        ),
        (
            "ScheduleExpression: cron(0 8 * * ? *), ScheduleExpressionTimezone: Europe/Berlin",
            scheduler("cron(0 8 * * ? *)", timezone="Europe/Berlin"),
        ),
        ("ScheduleExpression: 'at(2030-01-01T00:00:00)'", scheduler("at(2030-01-01T00:00:00)")),
        (
            "ScheduleExpression: rate(1 day), StartDate: '2030-01-01', EndDate: '2030-06-01T02:00:00.5+02:00'",
            scheduler("rate(1 day)", start_date="2030-01-01T00:00:00Z", end_date="2030-06-01T00:00:00Z"),
        ),
        (
            "ScheduleExpression: rate(1 day), GroupName: nights, Name: tidy",
            scheduler("rate(1 day)", resource="schedule/nights/tidy"),
        ),
        (
            "ScheduleExpression: rate(1 day), GroupName: nights",
            scheduler("rate(1 day)", resource="schedule/nights/FE"),
        ),
    ],
)
def test_events_of_scheduler(read: Read, properties: str, expected: Schedule) -> None:
    expansion = read(function(f"E: {{Type: ScheduleV2, Properties: {{{properties}}}}}"))
    assert schedules(expansion) == (expected,)
    assert expansion.notices == ()


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ("every day", "must be like rate(5 minutes) or cron(0 3 * * ? *), not 'every day'"),
        ("rate(5 weeks)", "must be like rate(5 minutes) or cron(0 3 * * ? *), not 'rate(5 weeks)'"),
        ("rate(1 days)", "must be rate(1 day), not 'rate(1 days)'"),
        ("cron(0 3 * * * *)", "must have ? in one of day-of-month and day-of-week, unlike 'cron(0 3 * * * *)'"),
        (
            "at(2030-01-01T00:00:00)",
            "must be rate(...) or cron(...), not 'at(2030-01-01T00:00:00)': only a ScheduleV2 event runs once",
        ),
    ],
)
def test_expressions_that_are_wrong(problems: Problems, expression: str, rule: str) -> None:
    (sentence,) = problems(function(f"E: {{Type: Schedule, Properties: {{Schedule: '{expression}'}}}}"))
    assert sentence == f"8:52: F: Events.E.Properties.Schedule {rule}"


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        (
            "ScheduleExpression: rate(1 day), ScheduleExpressionTimezone: Berlin",
            "ScheduleExpressionTimezone must be a time zone like 'Europe/Berlin', not 'Berlin'",
        ),
        ("ScheduleExpression: rate(1 day), StartDate: soon", "StartDate must be a time like 2030-01-01T00:00:00Z"),
        (
            "ScheduleExpression: rate(1 day), StartDate: '2030-01-02', EndDate: '2030-01-01'",
            "has the EndDate 2030-01-01T00:00:00Z, which is before its StartDate 2030-01-02T00:00:00Z",
        ),
        (
            "ScheduleExpression: rate(1 day), FlexibleTimeWindow: {Mode: FLEXIBLE}",
            "FlexibleTimeWindow has no MaximumWindowInMinutes; add it",
        ),
    ],
)
def test_properties_that_are_wrong(problems: Problems, properties: str, text: str) -> None:
    (sentence,) = problems(function(f"E: {{Type: ScheduleV2, Properties: {{{properties}}}}}"))
    assert text in sentence


def test_rules_and_schedules_with_a_function_as_target(read: Read) -> None:
    expansion = read(
        function("E: {Type: Schedule, Properties: {Schedule: rate(1 day)}}")
        + "Nightly:\n  Type: AWS::Events::Rule\n  Properties: {ScheduleExpression: rate(2 days), State: ENABLED, "
        "Targets: [{Id: f, Arn: !GetAtt F.Arn, Input: '{}'}]}\n"
        + "Hourly:\n  Type: AWS::Scheduler::Schedule\n  Properties: {ScheduleExpression: rate(3 hours), Name: hours, "
        "FlexibleTimeWindow: {Mode: 'OFF'}, Target: {Arn: !GetAtt F.Arn, RoleArn: r}}\n"
    )
    assert schedules(expansion) == (
        Schedule("Schedule", "E", "rate(1 day)"),
        Schedule("Schedule", "Nightly", "rate(2 days)", input="{}", resource="rule/shop-Nightly"),
        Schedule("ScheduleV2", "Hourly", "rate(3 hours)", resource="schedule/default/hours"),
    )
    assert expansion.notices == ()


@pytest.mark.parametrize("key", ["InputPath", "InputTransformer"])
def test_a_target_whose_input_is_computed_never_fires(read: Read, key: str) -> None:
    expansion = read(
        function("E: {Type: Schedule, Properties: {Schedule: rate(1 day)}}")
        + "Nightly:\n  Type: AWS::Events::Rule\n  Properties: {ScheduleExpression: rate(2 days), "
        f"Targets: [{{Id: f, Arn: !GetAtt F.Arn, {key}: $.detail}}]}}\n"
    )
    assert [schedule.name for schedule in schedules(expansion)] == ["E"]
    (notice,) = expansion.notices
    assert notice.text == f"{key} is unsupported: Nightly never fires; give the target an Input"
