"""Buses, rules with patterns, and SAM's events of rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from esb_generator.expand import Expansion
from esb_schemas.validation.loading import validate

Read = Callable[..., Expansion]
Problems = Callable[..., list[str]]

ACCOUNT = "us-east-1:123456789012"
SQS, FUNCTION = f"arn:aws:sqs:{ACCOUNT}", f"arn:aws:lambda:{ACCOUNT}:function"
PATTERN = '{"source": ["shop"]}'
WORKER = """
        Shop: {Type: AWS::Events::EventBus, Properties: {Name: shop}}
        Failed: {Type: AWS::SQS::Queue}
        Topic: {Type: AWS::SNS::Topic}
        Worker:
          Type: AWS::Serverless::Function
          Properties:
            Runtime: python3.12
            Handler: a.b
"""


def buses(expansion: Expansion) -> Sequence[Mapping[str, Any]]:
    """The entries, which keep the contract."""
    sections = ("SQS", "SNS", "EventBridge")
    found = {each: [dict(entry.definition) for entry in expansion.application.resources[each]] for each in sections}
    validate("resources", json.loads(json.dumps(found)))
    return found["EventBridge"]


def rules(expansion: Expansion, name: str) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = next(bus for bus in buses(expansion) if bus["Name"] == name).get("Rules", ())
    return found


def rule(properties: str) -> str:
    return WORKER + f"        Rule: {{Type: AWS::Events::Rule, Properties: {{{properties}}}}}\n"


def event(properties: str, kind: str = "EventBridgeRule") -> str:
    given = f"Pattern: {{source: [shop]}}, {properties}"
    return WORKER + f"            Events: {{Order: {{Type: {kind}, Properties: {{{given}}}}}}}\n"


def told(expansion: Expansion) -> list[str]:
    return [notice.text for notice in expansion.notices]


def test_every_property_of_a_rule_and_its_targets(read: Read) -> None:
    expansion = read(
        rule(
            "Name: shipped, EventBusName: !Ref Shop, EventPattern: {source: [shop]}, State: DISABLED, Description: d, "
            "Targets: ["
            "{Id: f, Arn: !GetAtt Worker.Arn, InputPath: $.detail, RoleArn: r, "
            "RetryPolicy: {MaximumRetryAttempts: '3', MaximumEventAgeInSeconds: 3600}, "
            "DeadLetterConfig: {Arn: !GetAtt Failed.Arn}}, "
            "{Id: q, Arn: !GetAtt Failed.Arn, Input: '{}'}, "
            "{Id: t, Arn: !Ref Topic, "
            "InputTransformer: {InputPathsMap: {id: $.detail.id}, InputTemplate: '\"<id>\"'}}, "
            "{Id: b, Arn: !GetAtt Shop.Arn}]"
        )
    )
    assert rules(expansion, "shop") == [
        {
            "Name": "shipped",
            "EventPattern": PATTERN,
            "Description": "d",
            "State": "DISABLED",
            "Targets": [
                {
                    "Id": "f",
                    "Arn": f"{FUNCTION}:Worker",
                    "InputPath": "$.detail",
                    "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
                    "DeadLetterConfig": {"Arn": f"{SQS}:shop-Failed"},
                },
                {"Id": "q", "Arn": f"{SQS}:shop-Failed", "Input": "{}"},
                {
                    "Id": "t",
                    "Arn": f"arn:aws:sns:{ACCOUNT}:shop-Topic",
                    "InputTransformer": {"InputPathsMap": {"id": "$.detail.id"}, "InputTemplate": '"<id>"'},
                },
                {"Id": "b", "Arn": f"arn:aws:events:{ACCOUNT}:event-bus/shop"},
            ],
        }
    ]
    assert told(expansion) == []


def test_a_rule_without_a_bus_is_on_the_default_bus(read: Read) -> None:
    expansion = read(rule("EventPattern: {source: [shop]}, Targets: [{Id: f, Arn: !GetAtt Worker.Arn}]"))
    (found,) = rules(expansion, "default")
    assert (found["Name"], found["EventPattern"]) == ("shop-Rule", PATTERN)
    assert rules(expansion, "shop") == ()


def test_a_schedule_of_functions_stays_with_the_gateway(read: Read) -> None:
    expansion = read(rule("ScheduleExpression: rate(1 day), Targets: [{Id: f, Arn: !GetAtt Worker.Arn}]"))
    assert [bus["Name"] for bus in buses(expansion)] == ["shop"]
    (function,) = expansion.application.functions
    assert [event.name for event in function.entry.events] == ["Rule"]


def test_a_schedule_of_a_queue_is_a_rule_of_the_default_bus(read: Read) -> None:
    expansion = read(rule("ScheduleExpression: rate(1 day), Targets: [{Id: q, Arn: !GetAtt Failed.Arn}]"))
    (found,) = rules(expansion, "default")
    assert found["ScheduleExpression"] == "rate(1 day)"
    assert told(expansion) == []


@pytest.mark.parametrize("kind", ["EventBridgeRule", "CloudWatchEvent"])
def test_an_event_is_a_rule_with_the_function_as_its_target(read: Read, kind: str) -> None:
    expansion = read(event("EventBusName: shop, InputPath: $.detail, State: DISABLED", kind))
    assert rules(expansion, "shop") == [
        {
            "Name": "shop-WorkerOrder",
            "EventPattern": PATTERN,
            "State": "DISABLED",
            "Targets": [{"Id": "WorkerOrderLambdaTarget", "Arn": f"{FUNCTION}:Worker", "InputPath": "$.detail"}],
        }
    ]


def test_sam_makes_the_dead_letter_queue_of_an_event(read: Read) -> None:
    """SAM specification, "DeadLetterConfig": with Type SQS, a queue is created."""
    expansion = read(event("DeadLetterConfig: {Type: SQS}, RetryPolicy: {MaximumRetryAttempts: 1}"))
    (found,) = rules(expansion, "default")
    assert found["Targets"][0]["DeadLetterConfig"] == {"Arn": f"{SQS}:shop-WorkerOrderQueue"}
    assert "shop-WorkerOrderQueue" in [entry.name for entry in expansion.application.resources["SQS"]]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (event("EventBusName: theirs"), "event Order (EventBridgeRule): theirs is not a bus of this template"),
        (
            rule("EventBusName: theirs, EventPattern: {source: [a]}, Targets: [{Id: f, Arn: !GetAtt Worker.Arn}]"),
            "theirs is not a bus of this template; Worker is never triggered by it",
        ),
        (
            rule(
                f'EventPattern: {{source: [a]}}, Targets: [{{Id: s, Arn: "arn:aws:states:{ACCOUNT}:stateMachine:s"}}]'
            ),
            f"the stack cannot deliver to arn:aws:states:{ACCOUNT}:stateMachine:s",
        ),
        (
            rule(
                "EventPattern: {source: [a]}, Targets: [{Id: f, Arn: !GetAtt Worker.Arn}, "
                f'{{Id: s, Arn: "arn:aws:states:{ACCOUNT}:stateMachine:s"}}]'
            ),
            f"Targets[1]: the stack cannot deliver to arn:aws:states:{ACCOUNT}:stateMachine:s; the target is left out",
        ),
    ],
)
def test_what_is_not_in_the_stack_is_a_warning(read: Read, template: str, said: str) -> None:
    expansion = read(template)
    assert [text.startswith(said) for text in told(expansion)] == [True], told(expansion)
    buses(expansion)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (rule("EventPattern: {source: shop}"), "EventPattern is not a valid event pattern: "),
        (event("").replace("{source: [shop]}", "{source: [{sufix: a}]}"), "Pattern is not a valid event pattern: "),
        (rule("Name: r"), "has neither EventPattern nor ScheduleExpression; add one"),
        (
            rule("EventBusName: shop, ScheduleExpression: rate(1 day), Targets: [{Id: q, Arn: !GetAtt Failed.Arn}]"),
            "schedules are only for rules of the bus default",
        ),
        (
            rule(
                "EventPattern: {source: [a]}, "
                "Targets: [{Id: q, Arn: !GetAtt Failed.Arn, Input: '{}', InputPath: $.detail}]"
            ),
            "InputPath: cannot go with Input; remove one of them",
        ),
        (rule("EventPattern: {source: [a]}, EventBus: shop"), "has no property EventBus; did you mean EventBusName?"),
    ],
)
def test_what_aws_refuses_is_an_error(problems: Problems, template: str, said: str) -> None:
    found = problems(template)
    assert any(said in sentence for sentence in found), found
