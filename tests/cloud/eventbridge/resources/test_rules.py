"""Buses, rules and targets. Source where none is named: recorded/events/test_events.json."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.eventbridge.conftest import ANY, Events
from tests.cloud.eventbridge.events.test_put_events import refusal
from tests.cloud.queues import ACCOUNT

pytestmark = pytest.mark.server

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus"


# -- buses -------------------------------------------------------------------------------------------------------------


def test_the_default_bus_is_always_there(events: Events) -> None:
    found = events.client.describe_event_bus()
    assert (found["Name"], found["Arn"]) == ("default", f"{BUS}/default")
    assert "default" in [bus["Name"] for bus in events.client.list_event_buses()["EventBuses"]]
    refused = refusal(events.client.delete_event_bus, Name="default")
    assert refused == "ValidationException: Cannot delete event bus default."


def test_a_bus_is_created_updated_and_listed(events: Events) -> None:
    created = events.client.create_event_bus(Name=events.name, Description="mine")
    assert (created["EventBusArn"], created["Description"]) == (f"{BUS}/{events.name}", "mine")
    again = refusal(events.client.create_event_bus, Name=events.name)
    assert again == f"ResourceAlreadyExistsException: Event bus {events.name} already exists."
    events.client.update_event_bus(Name=events.name, Description="yours")
    found = events.client.describe_event_bus(Name=f"{BUS}/{events.name}")
    assert found["Description"] == "yours"
    listed = events.client.list_event_buses(NamePrefix=events.name)["EventBuses"]
    assert [bus["Name"] for bus in listed] == [events.name]
    events.client.delete_event_bus(Name=events.name)
    gone = refusal(events.client.describe_event_bus, Name=events.name)
    assert gone == f"ResourceNotFoundException: Event bus {events.name} does not exist."


def test_a_bus_takes_its_rules_with_it(events: Events) -> None:
    bus = events.bus()
    queue = events.ruled_queue(bus)
    events.client.delete_event_bus(Name=bus)
    events.bus()
    assert events.client.list_rules(EventBusName=bus)["Rules"] == []
    events.put(bus)
    assert events.bodies(queue) == []


@pytest.mark.parametrize("name", ["a b", "a/b", "a" * 257])
def test_names_of_buses_that_are_refused(events: Events, name: str) -> None:
    assert refusal(events.client.create_event_bus, Name=name).startswith("ValidationException: 1 validation error")


def test_permissions_are_kept_in_the_policy(events: Events) -> None:
    bus = events.bus()
    events.client.put_permission(EventBusName=bus, Action="events:PutEvents", Principal="111122223333", StatementId="a")
    policy = json.loads(events.client.describe_event_bus(Name=bus)["Policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    missing = refusal(events.client.remove_permission, EventBusName=bus, StatementId="b")
    assert missing == "ResourceNotFoundException: Statement with the provided id does not exist."
    events.client.remove_permission(EventBusName=bus, StatementId="a")
    assert "Policy" not in events.client.describe_event_bus(Name=bus)


# -- rules -------------------------------------------------------------------------------------------------------------


def test_a_rule_is_described_and_listed(events: Events) -> None:
    bus = events.bus()
    arn = events.rule(bus)
    assert arn == f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{bus}/rule"
    shown = {"Name": "rule", "Arn": arn, "EventPattern": json.dumps(ANY), "State": "ENABLED", "EventBusName": bus}
    found = events.client.describe_rule(Name="rule", EventBusName=bus)
    del found["ResponseMetadata"]
    assert found == {**shown, "CreatedBy": ACCOUNT}
    assert events.client.list_rules(EventBusName=bus)["Rules"] == [shown]
    events.client.delete_rule(Name="rule", EventBusName=bus)
    events.client.delete_rule(Name="rule", EventBusName=bus)
    gone = refusal(events.client.describe_rule, Name="rule", EventBusName=bus)
    assert gone == f"ResourceNotFoundException: Rule rule does not exist on EventBus {bus}."


def test_a_rule_that_is_put_again_keeps_its_targets(events: Events) -> None:
    bus = events.bus()
    queue = events.ruled_queue(bus, pattern={"source": ["other"]})
    events.rule(bus, pattern={"source": ["my.app"]})
    events.put(bus)
    assert len(events.bodies(queue)) == 1


def test_a_rule_with_targets_cannot_be_deleted(events: Events) -> None:
    bus = events.bus()
    events.rule(bus, {"Arn": QUEUE})
    found = refusal(events.client.delete_rule, Name="rule", EventBusName=bus)
    assert found == "ValidationException: Rule can't be deleted since it has targets."


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be specified."),
        ({"ScheduleExpression": "every day"}, "ValidationException: Parameter ScheduleExpression is not valid."),
        ({"ScheduleExpression": "rate(1 minutes)"}, "ValidationException: Parameter ScheduleExpression is not valid."),
        (
            {"EventPattern": '{"a": []}'},
            "InvalidEventPatternException: Event pattern is not valid. Reason: Empty arrays are not allowed",
        ),
        (
            {"EventPattern": '{"a": ["b"]}', "State": "ON"},
            "ValidationException: 1 validation error detected: Value 'ON' at 'state' failed to satisfy constraint: "
            "Member must satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]",
        ),
        (
            {"EventPattern": '{"a": ["b"]}', "EventBusName": "missing"},
            "ResourceNotFoundException: Event bus missing does not exist.",
        ),
    ],
)
def test_rules_that_are_refused(events: Events, parameters: dict[str, str], expected: str) -> None:
    assert refusal(events.client.put_rule, Name="rule", **parameters) == expected


def test_schedules_are_for_the_default_bus(events: Events) -> None:
    found = refusal(events.client.put_rule, Name="r", EventBusName=events.bus(), ScheduleExpression="rate(1 minute)")
    assert found == "ValidationException: ScheduleExpression is supported only on the default event bus."


def test_rules_are_listed_in_pages(events: Events) -> None:
    bus = events.bus()
    for number in range(5):
        events.rule(bus, {"Arn": QUEUE}, name=f"rule-{number}")
    names = [f"rule-{number}" for number in range(5)]
    first = events.client.list_rules(EventBusName=bus, Limit=3)
    second = events.client.list_rules(EventBusName=bus, Limit=3, NextToken=first["NextToken"])
    assert [rule["Name"] for rule in (*first["Rules"], *second["Rules"])] == names
    assert "NextToken" not in second
    by_target = events.client.list_rule_names_by_target(TargetArn=QUEUE, EventBusName=bus, Limit=2)
    assert by_target["RuleNames"] == names[:2]
    assert events.client.list_rule_names_by_target(TargetArn=FUNCTION, EventBusName=bus)["RuleNames"] == []
    wrong = refusal(events.client.list_rules, EventBusName=bus, NextToken="nonsense")
    assert wrong == "ValidationException: Parameter NextToken is not valid."


@pytest.mark.parametrize(("pattern", "expected"), [('{"source": ["s"]}', True), ('{"source": ["t"]}', False)])
def test_a_pattern_can_be_tried(events: Events, pattern: str, expected: bool) -> None:
    event = {"id": "1", "account": "a", "source": "s", "time": "t", "region": "r", "detail-type": "d"}
    found = events.client.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
    assert found["Result"] is expected
    for wrong in ("x", "[]", "{}"):
        refused = refusal(events.client.test_event_pattern, EventPattern=pattern, Event=wrong)
        assert refused == "ValidationException: Parameter Event is not valid."


# -- targets -----------------------------------------------------------------------------------------------------------


def test_targets_are_replaced_and_removed_by_their_ids(events: Events) -> None:
    bus = events.bus()
    events.rule(bus, {"Arn": QUEUE}, {"Arn": FUNCTION})
    events.client.put_targets(Rule="rule", EventBusName=bus, Targets=[{"Id": "1", "Arn": QUEUE, "Input": "1"}])
    found = events.client.list_targets_by_rule(Rule="rule", EventBusName=bus)["Targets"]
    assert found == [{"Id": "0", "Arn": QUEUE}, {"Id": "1", "Arn": QUEUE, "Input": "1"}]
    removed = events.client.remove_targets(Rule="rule", EventBusName=bus, Ids=["0", "9"])
    assert [entry["TargetId"] for entry in removed["FailedEntries"]] == ["9"]
    found = events.client.list_targets_by_rule(Rule="rule", EventBusName=bus)["Targets"]
    assert [target["Id"] for target in found] == ["1"]


def test_a_rule_has_five_targets_at_most(events: Events) -> None:
    bus = events.bus()
    events.rule(bus, *({"Arn": QUEUE} for _ in range(5)))
    sixth = [{"Id": "sixth", "Arn": QUEUE}]
    found = refusal(events.client.put_targets, Rule="rule", EventBusName=bus, Targets=sixth)
    assert found == "LimitExceededException: The requested resource exceeds the maximum number allowed."


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Arn": "queue"}, "Parameter queue is not valid. Reason: Provided Arn is not in correct format."),
        ({"Arn": QUEUE, "Id": "!"}, "1 validation error detected: Value '!' at 'targets.1.member.id'"),
        ({"Arn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m"}, "Target id is not available in this stack"),
        ({"Arn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"}, "Target id is not available in this stack"),
        ({"Arn": QUEUE, "EcsParameters": {"TaskDefinitionArn": "t"}}, "Parameter EcsParameters of target id is for"),
        ({"Arn": QUEUE, "HttpParameters": {}}, "Parameter HttpParameters of target id is for API destinations."),
        ({"Arn": f"{QUEUE}.fifo"}, "Parameter(s) SqsParameters must be specified for target: id."),
        ({"Arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t.fifo"}, "Target id is a FIFO topic"),
        (
            {"Arn": QUEUE, "Input": "{}", "InputPath": "$"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target id.",
        ),
        ({"Arn": QUEUE, "Input": "{"}, "JSON syntax error in input for target id."),
        ({"Arn": QUEUE, "InputPath": "detail"}, "Parameter InputPath of target id is not a valid JSON path."),
        (
            {"Arn": QUEUE, "InputTransformer": {"InputTemplate": '"<user>"', "InputPathsMap": {}}},
            "InputTemplate for target id contains invalid placeholder user.",
        ),
        (
            {"Arn": QUEUE, "InputTransformer": {"InputTemplate": '"x"', "InputPathsMap": {"aws.x": "$"}}},
            "Invalid InputPathsMap for target id: aws.x.",
        ),
        ({"Arn": QUEUE, "RetryPolicy": {"MaximumRetryAttempts": 186}}, "Parameter MaximumRetryAttempts of target id"),
        ({"Arn": QUEUE, "RetryPolicy": {"MaximumEventAgeInSeconds": 59}}, "Parameter MaximumEventAgeInSeconds of"),
        ({"Arn": QUEUE, "DeadLetterConfig": {"Arn": FUNCTION}}, "Parameter DeadLetterConfig of target id is not"),
    ],
)
def test_targets_that_are_refused(events: Events, target: dict[str, Any], expected: str) -> None:
    bus = events.bus()
    events.rule(bus)
    found = refusal(events.client.put_targets, Rule="rule", EventBusName=bus, Targets=[{"Id": "id", **target}])
    assert found.startswith(f"ValidationException: {expected}")
    assert events.client.list_targets_by_rule(Rule="rule", EventBusName=bus)["Targets"] == []


# -- tags, and what does not exist here --------------------------------------------------------------------------------


def test_tags_of_rules_and_buses(events: Events) -> None:
    bus = events.bus()
    for arn in (events.rule(bus), f"{BUS}/{bus}"):
        events.client.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        events.client.untag_resource(ResourceARN=arn, TagKeys=["a"])
        assert events.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    missing = refusal(events.client.list_tags_for_resource, ResourceARN=f"{BUS}/missing")
    assert missing == "ResourceNotFoundException: Event bus missing does not exist."


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("create_archive", {"ArchiveName": "a", "EventSourceArn": "x"}),
        ("list_replays", {}),
        ("create_endpoint", {"Name": "a"}),
        ("list_event_sources", {}),
    ],
)
def test_operations_that_do_not_exist_here(events: Events, operation: str, parameters: dict[str, Any]) -> None:
    found = refusal(getattr(events.client, operation), **parameters)
    assert found.startswith("UnknownOperationException: AWSEvents.")
    assert "partner event sources" in refusal(events.client.create_event_bus, Name="a", EventSourceName="aws.partner/x")
