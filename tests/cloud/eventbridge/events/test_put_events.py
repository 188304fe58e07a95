"""PutEvents, and what targets get. Sources: EventBridge user guide; recorded/events."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from esb_wire.service_events import HEADER
from tests.cloud.endpoint import Endpoint
from tests.cloud.eventbridge.conftest import Events
from tests.cloud.queues import ACCOUNT

pytestmark = pytest.mark.server

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:work"


def refusal(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error = refused.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_a_queue_gets_the_event(events: Events) -> None:
    bus = events.bus()
    queue = events.ruled_queue(bus)
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    answer = events.put(bus, {"a": [1, 2.5, "ö"]}, Resources=["arn:x"], Time=moment)
    assert answer["FailedEntryCount"] == 0
    (body,) = events.bodies(queue)
    assert list(json.loads(body)) == [
        *("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"),
    ]
    assert json.loads(body) == {
        "version": "0",
        "id": answer["Entries"][0]["EventId"],
        "detail-type": "Something",
        "source": "my.app",
        "account": ACCOUNT,
        "time": "2026-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": ["arn:x"],
        "detail": {"a": [1, 2.5, "ö"]},
    }


def test_only_a_service_has_a_source_of_aws(events: Events) -> None:
    """EventBridge API reference, PutEventsResultEntry: NotAuthorizedForSourceException."""
    bus = events.bus()
    queue = events.ruled_queue(bus, pattern={"source": [{"prefix": "aws"}]})
    entries = [
        {"Source": source, "DetailType": "t", "Detail": "{}", "EventBusName": bus} for source in ("aws.s3", "awsome")
    ]
    refused, accepted = events.client.put_events(Entries=entries)["Entries"]
    assert refused == {
        "ErrorCode": "NotAuthorizedForSourceException",
        "ErrorMessage": "Not authorized for the source.",
    }
    assert "EventId" in accepted
    assert [json.loads(body)["source"] for body in events.bodies(queue)] == ["awsome"]

    def as_service(request: Any, **_: Any) -> None:
        request.headers.add_header(HEADER, "1")

    name = "before-sign.events.PutEvents"
    events.client.meta.events.register(name, as_service)
    try:
        assert events.client.put_events(Entries=entries[:1])["FailedEntryCount"] == 0
    finally:
        events.client.meta.events.unregister(name, as_service)
    assert [json.loads(body)["source"] for body in events.bodies(queue)] == ["aws.s3"]


def test_entries_are_accepted_one_by_one(events: Events) -> None:
    bus = events.bus()
    queue = events.ruled_queue(bus)
    good = {"Source": "s", "DetailType": "t", "Detail": "{}", "EventBusName": bus}
    entries = [
        good,
        {**good, "Detail": "[1]"},
        {**good, "Detail": '{"a": NaN}'},
        {key: value for key, value in good.items() if key != "Source"},
        {**good, "DetailType": ""},
    ]
    answer = events.client.put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 4
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        *(None, "MalformedDetail", "MalformedDetail", "InvalidArgument", "InvalidArgument"),
    ]
    assert answer["Entries"][4]["ErrorMessage"] == (
        "Parameter DetailType is not valid. Reason: DetailType is a required argument."
    )
    assert len(events.bodies(queue)) == 1


def test_requests_that_are_refused(events: Events) -> None:
    entry = {"Source": "s", "DetailType": "t", "Detail": "{}"}
    assert "less than or equal to 10" in refusal(events.client.put_events, Entries=[entry] * 11)
    assert "greater than or equal to 1" in refusal(events.client.put_events, Entries=[])
    large = {**entry, "Detail": json.dumps({"a": "x" * 600_000})}
    found = refusal(events.client.put_events, Entries=[large] * 2)
    assert found == "ValidationException: Total size of the entries in the request is over the limit."


def test_an_event_for_a_bus_that_is_not_there_is_logged(start: Any, name: str) -> None:
    events = Events(start(), name)
    assert events.put("missing")["FailedEntryCount"] == 0
    until = time.monotonic() + 60
    while not events.cloud.reports:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert "put on the bus missing, which does not exist" in events.cloud.reports[0]


def test_each_rule_that_matches_has_its_targets(events: Events) -> None:
    bus = events.bus()
    first = events.ruled_queue(bus, "first", {"source": ["my.app"], "detail": {"n": [{"numeric": [">", 1]}]}})
    second = events.ruled_queue(bus, "second", {"detail": {"n": [{"exists": True}]}})
    for number in (1, 2):
        events.put(bus, {"n": number})
    assert [json.loads(body)["detail"]["n"] for body in events.bodies(first)] == [2]
    assert [json.loads(body)["detail"]["n"] for body in events.bodies(second)] == [1, 2]


def test_a_rule_that_is_disabled_matches_nothing(events: Events) -> None:
    bus = events.bus()
    queue = events.ruled_queue(bus)
    events.client.disable_rule(Name="rule", EventBusName=bus)
    events.put(bus, {"n": 1})
    events.client.enable_rule(Name="rule", EventBusName=bus)
    events.put(bus, {"n": 2})
    assert [json.loads(body)["detail"]["n"] for body in events.bodies(queue)] == [2]


def test_a_function_is_invoked(events_with_functions: Events, server: Endpoint) -> None:
    events = events_with_functions
    bus = events.bus()
    events.rule(bus, {"Arn": FUNCTION})
    events.put(bus, {"n": 1})
    (request,) = server.wait_for(1)
    assert server.functions() == ["work"]
    assert request.headers["x-amz-invocation-type"] == "Event"
    assert request.json["detail"] == {"n": 1}


def test_a_topic_gets_the_event_as_its_message(events: Events) -> None:
    """Recorded: test_put_events_with_target_sns."""
    bus, queue = events.bus(), events.queue()
    topic = events.sns.create_topic(Name=events.name)["TopicArn"]
    events.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    events.rule(bus, {"Arn": topic})
    events.put(bus, {"n": 1})
    (body,) = events.bodies(queue)
    message = json.loads(body)["Message"]
    assert message.startswith('{"version":"0","id":"')
    assert message.endswith('"resources":[],"detail":{"n":1}}')


def test_a_fifo_queue_gets_a_group(events: Events) -> None:
    bus = events.bus()
    queue = events.queue(FifoQueue="true", ContentBasedDeduplication="true")
    events.rule(bus, {"Arn": queue.arn, "SqsParameters": {"MessageGroupId": "group"}})
    events.put(bus)
    (message,) = events.messages(queue)
    assert message["Attributes"]["MessageGroupId"] == "group"


def test_a_group_that_a_fifo_queue_does_not_take_is_a_dead_letter(events: Events) -> None:
    bus, dead = events.bus(), events.queue()
    queue = events.queue(FifoQueue="true", ContentBasedDeduplication="true")
    target = {"SqsParameters": {"MessageGroupId": "$.detail.group"}, "DeadLetterConfig": {"Arn": dead.arn}}
    events.rule(bus, {"Arn": queue.arn, **target})
    for group in ("a group", "a"):
        events.put(bus, {"group": group})
    (message,) = events.messages(queue)
    assert message["Attributes"]["MessageGroupId"] == "a"
    (body,) = events.bodies(dead)
    assert json.loads(body)["detail"] == {"group": "a group"}


def test_another_bus_gets_the_same_event(events: Events) -> None:
    first, second = events.bus(), events.bus(f"{events.name}-second")
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/{second}"
    events.rule(first, {"Arn": arn})
    queue = events.ruled_queue(second, pattern={"detail": {"n": [1]}})
    identifier = events.put(first, {"n": 1})["Entries"][0]["EventId"]
    assert [json.loads(body)["id"] for body in events.bodies(queue)] == [identifier]


def test_a_loop_of_buses_ends(events: Events) -> None:
    bus, dead = events.bus(), events.queue()
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/{bus}"
    events.rule(bus, {"Arn": arn, "DeadLetterConfig": {"Arn": dead.arn}})
    events.put(bus)
    (message,) = events.messages(dead)
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "LOOP"


# -- failures ----------------------------------------------------------------------------------------------------------


def test_a_target_that_is_not_there_gives_a_dead_letter_at_once(events: Events) -> None:
    bus, dead = events.bus(), events.queue()
    target = f"arn:aws:sqs:us-east-1:{ACCOUNT}:missing"
    rule = events.rule(bus, {"Arn": target, "DeadLetterConfig": {"Arn": dead.arn}, "InputPath": "$.detail"})
    events.put(bus, {"n": 1})
    (message,) = events.messages(dead)
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    attributes = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
    assert attributes == {
        "RULE_ARN": rule,
        "TARGET_ARN": target,
        "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": f"The queue {target} does not exist.",
        "RETRY_ATTEMPTS": "0",
    }


def test_retries_end_in_the_dead_letter_queue(events_with_functions: Events, server: Endpoint) -> None:
    events = events_with_functions
    server.status = 500
    bus, dead = events.bus(), events.queue()
    policy = {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}
    target = {"Arn": FUNCTION, "RetryPolicy": policy, "DeadLetterConfig": {"Arn": dead.arn}, "Input": '{"a": 1}'}
    events.rule(bus, target)
    events.put(bus, {"n": 1})
    (message,) = events.messages(dead, seconds=10)
    assert [request.json for request in server.received] == [{"a": 1}] * 2
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    attributes = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "HTTP_500"
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert attributes["RETRY_ATTEMPTS"] == "1"


def test_a_function_that_is_not_there_is_not_tried_again(events_with_functions: Events, server: Endpoint) -> None:
    events = events_with_functions
    server.status = 404
    bus, dead = events.bus(), events.queue()
    events.rule(bus, {"Arn": FUNCTION, "DeadLetterConfig": {"Arn": dead.arn}})
    events.put(bus)
    (message,) = events.messages(dead, seconds=10)
    assert "EXHAUSTED_RETRY_CONDITION" not in message["MessageAttributes"]
    assert len(server.received) == 1
