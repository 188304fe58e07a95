"""Schedules of queues, topics and buses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_generator.expand import Expansion
from esb_schemas.contract import ScheduleTarget

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

ACCOUNT = "us-east-1:123456789012"
RESOURCES = """
    Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: reports}}
    Fifo: {Type: AWS::SQS::Queue, Properties: {QueueName: reports.fifo, FifoQueue: true}}
    Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: alarms}}
    Shop: {Type: AWS::Events::EventBus, Properties: {Name: shop}}
"""
PARAMETERS = "EventBridgeParameters: {DetailType: Due, Source: reports}"


def scheduled(target: str) -> str:
    return f"""{RESOURCES}
    Nightly:
      Type: AWS::Scheduler::Schedule
      Properties:
        Name: nightly
        ScheduleExpression: rate(1 day)
        FlexibleTimeWindow: {{Mode: "OFF"}}
        Target: {{RoleArn: any, {target}}}
    """


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("Arn: !GetAtt Queue.Arn, Input: plain text", ScheduleTarget(f"arn:aws:sqs:{ACCOUNT}:reports")),
        (
            "Arn: !GetAtt Fifo.Arn, SqsParameters: {MessageGroupId: g}",
            ScheduleTarget(f"arn:aws:sqs:{ACCOUNT}:reports.fifo", "g"),
        ),
        ("Arn: !Ref Topic", ScheduleTarget(f"arn:aws:sns:{ACCOUNT}:alarms")),
        (
            f"Arn: !GetAtt Shop.Arn, {PARAMETERS}",
            ScheduleTarget(f"arn:aws:events:{ACCOUNT}:event-bus/shop", None, "reports", "Due"),
        ),
    ],
)
def test_a_schedule_has_a_target(read: Read, target: str, expected: ScheduleTarget) -> None:
    expansion = read(scheduled(target))
    (found,) = expansion.application.schedules
    assert (found.target, found.schedule.resource) == (expected, "schedule/default/nightly")
    assert expansion.notices == ()


@pytest.mark.parametrize("key", ["RetryPolicy", "DeadLetterConfig"])
def test_what_has_no_effect_is_reported(read: Read, key: str) -> None:
    (notice,) = read(scheduled(f"Arn: !Ref Topic, {key}: {{}}")).notices
    kept = "a message that the target does not take is tried 3 times and kept, and esb-gateway events lists it"
    assert notice.text == f"Target.{key}: {kept}"


def test_a_target_outside_the_stack_is_reported(read: Read) -> None:
    expansion = read(scheduled("Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage'"))
    assert [notice.text for notice in expansion.notices] == [
        "the stack cannot deliver to arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
    ]
    assert expansion.application.schedules == ()


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("Arn: !GetAtt Fifo.Arn", "a FIFO queue needs SqsParameters with a MessageGroupId"),
        ("Arn: !GetAtt Queue.Arn, SqsParameters: {MessageGroupId: g}", "no other target has them"),
        ("Arn: !GetAtt Shop.Arn", "a bus needs EventBridgeParameters with DetailType and Source"),
        (f"Arn: !GetAtt Shop.Arn, {PARAMETERS}, Input: '[]'", "Input: must be a JSON object, the detail of an event"),
    ],
)
def test_a_target_that_aws_refuses_is_an_error(problems: Problems, target: str, text: str) -> None:
    assert any(text in problem for problem in problems(scheduled(target)))


@pytest.mark.parametrize(
    ("schedule", "target", "problem"),
    [
        ("Stat: DISABLED", "", "AWS::Scheduler::Schedule has no property Stat; did you mean State?"),
        ("State: DISABLED", ", Inpt: x", "Target has no property Inpt; did you mean Input?"),
    ],
)
def test_a_property_that_a_schedule_of_a_function_does_not_have(
    problems: Problems, schedule: str, target: str, problem: str
) -> None:
    resources = (
        "F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, Handler: a.b}}\n"
        "S: {Type: AWS::Scheduler::Schedule, Properties: {ScheduleExpression: rate(1 minute), "
        f"FlexibleTimeWindow: {{Mode: 'OFF'}}, Target: {{Arn: !GetAtt F.Arn, RoleArn: x{target}}}, {schedule}}}}}"
    )
    (told,) = problems(resources)
    assert told.endswith(problem)
