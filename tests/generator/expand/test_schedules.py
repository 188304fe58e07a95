"""Schedules, from events and from resources of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_generator.model import Schedule

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]


def function(*events: str) -> str:
    lines = "".join(f"      {event}\n" for event in events)
    settings = "    Runtime: python3.12\n    Handler: a.b\n"
    return f"F:\n  Type: AWS::Serverless::Function\n  Properties:\n{settings}    Events:\n{lines}"


def schedules(expansion: Expansion) -> tuple[Schedule, ...]:
    return expansion.application.functions[0].schedules


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("{Type: Schedule, Properties: {Schedule: rate(5 minutes)}}", Schedule("E", "rate(5 minutes)")),
        (
            "{Type: Schedule, Properties: {Schedule: cron(0 3 * * ? *), Input: '{\"a\": 1}', Enabled: false}}",
            Schedule("E", "cron(0 3 * * ? *)", '{"a": 1}', enabled=False),
        ),
        (
            "{Type: Schedule, Properties: {Schedule: rate(1 day), State: DISABLED}}",
            Schedule("E", "rate(1 day)", enabled=False),
        ),
        (
            "{Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour), ScheduleExpressionTimezone: UTC, "
            "FlexibleTimeWindow: {Mode: 'OFF'}}}",
            Schedule("E", "rate(1 hour)"),
        ),
    ],
)
def test_events(read: Read, event: str, expected: Schedule) -> None:
    assert schedules(read(function(f"E: {event}"))) == (expected,)


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ("{ScheduleExpression: 'at(2030-01-01T00:00:00)'}", "schedules that run once are not run"),
        (
            "{ScheduleExpression: rate(1 day), ScheduleExpressionTimezone: Europe/Berlin}",
            "schedules run in UTC only, this one is in Europe/Berlin: E never runs; write it in UTC",
        ),
        ("{ScheduleExpression: rate(1 day), StartDate: '2030-01-01'}", "schedules have no StartDate and EndDate"),
    ],
)
def test_schedules_that_never_run_are_told(read: Read, properties: str, text: str) -> None:
    expansion = read(function(f"E: {{Type: ScheduleV2, Properties: {properties}}}"))
    assert schedules(expansion) == ()
    (notice,) = expansion.notices
    assert notice.text.startswith(text)


@pytest.mark.parametrize("expression", ["rate(0 minutes)", "rate(5 weeks)", "cron(0 3 * * ?)", "every day", "5"])
def test_expressions_that_are_wrong(problems: Problems, expression: str) -> None:
    (sentence,) = problems(function(f"E: {{Type: Schedule, Properties: {{Schedule: '{expression}'}}}}"))
    assert sentence.endswith(f"must be like rate(5 minutes) or cron(0 3 * * ? *), not {expression!r}")


def test_rules_and_schedules_with_a_function_as_target(read: Read) -> None:
    expansion = read(
        function("E: {Type: Schedule, Properties: {Schedule: rate(1 day)}}")
        + "Nightly:\n  Type: AWS::Events::Rule\n  Properties: {ScheduleExpression: rate(2 days), State: ENABLED, "
        "Targets: [{Id: f, Arn: !GetAtt F.Arn, Input: '{}'}]}\n"
        + "Hourly:\n  Type: AWS::Scheduler::Schedule\n  Properties: {ScheduleExpression: rate(3 hours), "
        "FlexibleTimeWindow: {Mode: 'OFF'}, Target: {Arn: !GetAtt F.Arn, RoleArn: r}}\n"
    )
    assert schedules(expansion) == (
        Schedule("E", "rate(1 day)"),
        Schedule("Nightly", "rate(2 days)", "{}"),
        Schedule("Hourly", "rate(3 hours)"),
    )
    assert expansion.notices == ()
