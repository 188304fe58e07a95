"""Large events and messages: what they become is computed elsewhere, and is what it would be for small ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from esb_cloud.eventbridge.events.evaluating import evaluate
from esb_cloud.sql.tables.rules import Rule
from esb_wire.offload import MANY_VALUES
from tests.cloud.dispatchers import QUEUE_URL, Cloud, cloud_with
from tests.fake_offload import FakeOffload, GatedOffload

pytestmark = pytest.mark.server  # an event loop opens sockets

ARN = "arn:aws:sqs:us-east-1:123456789012:"
QUEUE = f"{ARN}q"
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"
MANY: list[Any] = [[]] * MANY_VALUES


def play(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), 60))


def entry(detail: Any, **more: Any) -> dict[str, Any]:
    text = detail if isinstance(detail, str) else json.dumps(detail)
    return {"Source": "my.app", "DetailType": "Something", "Detail": text, **more}


async def put_rule(cloud: Cloud, pattern: dict[str, Any], *targets: dict[str, Any], name: str = "r") -> None:
    await cloud.events("PutRule", Name=name, EventPattern=json.dumps(pattern))
    given = [{"Id": str(number), "Arn": QUEUE, **target} for number, target in enumerate(targets)]
    await cloud.events("PutTargets", Rule=name, Targets=given)


async def received(cloud: Cloud, url: str = QUEUE_URL) -> list[str]:
    """The messages of a queue, which is empty then."""
    bodies = list[str]()
    while found := (await cloud.json("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)).get("Messages"):
        for message in found:
            bodies.append(message["Body"])
            await cloud.json("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def test_targets_get_of_a_large_event_what_they_get_of_a_small_one() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            paths = {"kind": "$.detail.kind", "id": "$.id"}
            await put_rule(
                cloud,
                {"detail": {"kind": ["a"]}},
                {},
                {"InputPath": "$.detail.kind"},
                {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": '"<kind> <aws.events.rule-name>"'}},
            )
            await put_rule(cloud, {"detail": {"kind": ["b"]}}, {}, name="other")
            for more, works in (([], 0), (MANY, 1)):
                offload.works.clear()
                put = await cloud.events("PutEvents", Entries=[entry({"kind": "a", "more": more})])
                identifier = put["Entries"][0]["EventId"]
                bodies = await received(cloud)
                assert offload.works.count("evaluate") == works
                assert sorted(bodies)[:2] == ['"a r"', '"a"']
                event = json.loads(sorted(bodies)[2])
                assert (event["id"], event["detail"]) == (identifier, {"kind": "a", "more": more})

    play(scene)


def test_entries_large_and_small_are_accepted_or_refused_each_on_its_own_in_order() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            await put_rule(cloud, {"source": ["my.app"]}, {"InputPath": "$.detail.number"})
            numbered = [entry({"number": number, "more": MANY if number % 2 else []}) for number in range(4)]
            bad = [entry("{" + " " * 100_000), entry(json.dumps(MANY)), entry('{"a":1e999}'), entry("")]
            put = await cloud.events("PutEvents", Entries=[*numbered, *bad])
            codes = [one.get("ErrorCode") for one in put["Entries"]]
            assert codes == [None] * 4 + ["MalformedDetail"] * 3 + ["InvalidArgument"]
            assert len({one["EventId"] for one in put["Entries"][:4]}) == 4
            assert offload.works.count("evaluate") == 4  # all at once
            assert await received(cloud) == ["0", "1", "2", "3"]

    play(scene)


def test_events_for_buses_that_do_not_exist_leave_nothing_in_memory() -> None:
    async def scene() -> None:
        async with cloud_with(FakeOffload(), None) as cloud:
            for more in ([], MANY):
                put = await cloud.events("PutEvents", Entries=[entry({"more": more}, EventBusName="missing")])
                assert put["FailedEntryCount"] == 0
            assert "missing" not in cloud.dispatcher.store._file._transaction.rules._by_bus

    play(scene)


def test_a_large_event_goes_on_to_other_buses_and_topics() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            await cloud.events("CreateEventBus", Name="other")
            await put_rule(
                cloud, {"source": ["my.app"]}, {"Arn": "arn:aws:events:us-east-1:123456789012:event-bus/other"}
            )
            await cloud.form(Action="CreateTopic", Name="t", Version="2010-03-31")
            await subscribe(cloud, {"kind": ["a"]})
            await cloud.events("PutRule", Name="on", EventBusName="other", EventPattern='{"source":["my.app"]}')
            targets = [{"Id": "1", "Arn": TOPIC, "InputPath": "$.detail"}]
            await cloud.events("PutTargets", Rule="on", EventBusName="other", Targets=targets)
            await cloud.events("PutEvents", Entries=[entry({"kind": "a", "more": MANY})])
            await cloud.events("PutEvents", Entries=[entry({"kind": "b", "more": MANY})])
            (body,) = await received(cloud)
            assert json.loads(json.loads(body)["Message"])["kind"] == "a"
            works = [work for work in offload.works if work not in ("parse", "render")]
            assert works == ["evaluate", "evaluate", "passed_by_body"] * 2

    play(scene)


WHOLE = "<aws.events.event.json>"


def test_an_input_is_as_long_as_a_target_takes() -> None:
    """Longer ones are for the dead-letter queue; others of the same event arrive."""

    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            await cloud.json("CreateQueue", QueueName="dead")
            template = json.dumps({"a": WHOLE, "b": WHOLE})
            too_long = {"InputTransformer": {"InputTemplate": template}, "DeadLetterConfig": {"Arn": f"{ARN}dead"}}
            await put_rule(cloud, {"source": ["my.app"]}, too_long, {"InputPath": "$.detail.kind"})
            put = await cloud.events("PutEvents", Entries=[entry({"kind": "a", "text": "x" * 600_000})])
            assert put["FailedEntryCount"] == 0
            assert await received(cloud) == ['"a"']
            url = "http://h/123456789012/dead"
            (letter,) = (await cloud.json("ReceiveMessage", QueueUrl=url, MessageAttributeNames=["All"]))["Messages"]
            assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "INPUT_TOO_LONG"
            assert json.loads(letter["Body"])["detail"]["kind"] == "a"

    play(scene)


def test_all_inputs_of_a_request_have_a_bound_together() -> None:
    head = dict.fromkeys(("id", "source", "time"), "x") | {"region": "us-east-1", "account": "1"}
    targets = [{"Id": str(number), "Arn": QUEUE, "InputPath": "$.detail"} for number in range(2)]
    rule = Rule(1, "default", "r", {"State": "ENABLED", "EventPattern": "{}"}, tuple(targets), {}, 0, 0.0, "")
    found = evaluate(head, json.dumps({"a": "x" * 100}), "now", [('{"source":["x"]}', rule)] * 3, 400)
    assert found is not None
    made = [(len(each.body or ""), each.error and each.error[0]) for match in found.matches for each in match.inputs]
    assert made == [(108, None)] * 3 + [(0, "INPUT_TOO_LONG")] * 3


def test_a_small_event_that_many_variables_repeat_is_evaluated_elsewhere() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            template = json.dumps([WHOLE] * 100).replace('"', "")
            await put_rule(cloud, {"source": ["my.app"]}, {"InputTransformer": {"InputTemplate": template}})
            for size, works in ((10, 0), (2_000, 1)):
                await cloud.events("PutEvents", Entries=[entry({"text": "x" * size})])
                (body,) = await received(cloud)
                assert len(json.loads(body)) == 100
                assert offload.works.count("evaluate") == works

    play(scene)


def test_a_target_that_is_deleted_meanwhile_gets_nothing_and_a_new_one_gets_the_event() -> None:
    async def scene() -> None:
        offload = GatedOffload()
        offload.gate.set()
        async with cloud_with(offload) as cloud:
            await put_rule(cloud, {"detail": {"kind": ["a"]}}, {"Input": '"removed"'}, {"Input": '"kept"'})
            await put_rule(cloud, {"detail": {"kind": ["b"]}}, {"Input": '"changed"'}, name="changed")
            offload.gate.clear()
            offload.asked.clear()
            putting = asyncio.create_task(cloud.events("PutEvents", Entries=[entry({"kind": "a", "more": MANY})]))
            await offload.asked.wait()
            await cloud.events("RemoveTargets", Rule="r", Ids=["0"])
            await cloud.events("PutRule", Name="changed", EventPattern='{"detail":{"kind":["a"]}}')
            assert not putting.done()
            assert await received(cloud) == []  # nothing is written before it is accepted
            offload.gate.set()
            assert (await putting)["FailedEntryCount"] == 0
            assert sorted(await received(cloud)) == ['"changed"', '"kept"']

    play(scene)


def test_an_event_whose_evaluation_fails_is_refused_and_leaves_nothing() -> None:
    class Broken(FakeOffload):
        async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            if work.__name__ == "evaluate":
                raise MemoryError
            return await super().run(work, *args, **kwargs)

    async def scene() -> None:
        async with cloud_with(Broken(), ("POST /: MemoryError()",)) as cloud:
            await put_rule(cloud, {"source": ["my.app"]}, {})
            body = json.dumps({"Entries": [entry({"more": MANY})]}).encode()
            assert (await cloud.ask("PutEvents", body, "AWSEvents")).status == 500
            assert await received(cloud) == []

    play(scene)


def test_an_event_that_is_too_long_for_a_topic_goes_to_the_dead_letter_queue() -> None:
    """SNS API reference, Publish: a message has 262,144 bytes at most."""

    async def scene() -> None:
        async with cloud_with(FakeOffload()) as cloud:
            await cloud.form(Action="CreateTopic", Name="t", Version="2010-03-31")
            await put_rule(cloud, {"source": ["my.app"]}, {"Arn": TOPIC, "DeadLetterConfig": {"Arn": QUEUE}})
            await cloud.events("PutEvents", Entries=[entry({"text": "x" * 262_144})])
            found = await cloud.json("ReceiveMessage", QueueUrl=QUEUE_URL, MessageAttributeNames=["All"])
            (message,) = found["Messages"]
            assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "InvalidParameter"
            assert json.loads(message["Body"])["detail"] == {"text": "x" * 262_144}

    play(scene)


def test_a_large_event_is_tried_on_a_pattern() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            fields = dict.fromkeys(("id", "account", "source", "time", "region", "detail-type"), "x")

            async def matches(event: dict[str, Any]) -> Any:
                text = json.dumps(event)
                return (await cloud.events("TestEventPattern", EventPattern='{"kind":["a"]}', Event=text))["Result"]

            assert [await matches({**fields, "kind": kind, "more": MANY}) for kind in "ab"] == [True, False]
            assert [await matches({**fields, "kind": kind}) for kind in "ab"] == [True, False]
            assert offload.works.count("is_match") == 2

    play(scene)


# -- settings are bounded, because they are read in the store's thread -------------------------------------------------


@pytest.mark.parametrize(
    ("target", "where"),
    [
        ({"Input": json.dumps("x" * 8192)}, "input"),
        ({"InputPath": "$." + "x" * 256}, "inputPath"),
        ({"InputTransformer": {"InputTemplate": json.dumps("x" * 8192)}}, "inputTransformer.inputTemplate"),
    ],
)
def test_inputs_of_targets_are_as_short_as_at_aws(target: dict[str, Any], where: str) -> None:
    """EventBridge API reference, Target and InputTransformer: length constraints."""

    async def scene() -> None:
        async with cloud_with(FakeOffload()) as cloud:
            await cloud.events("PutRule", Name="r", EventPattern='{"source":["my.app"]}')
            body = json.dumps({"Rule": "r", "Targets": [{"Id": "1", "Arn": QUEUE, **target}]}).encode()
            response = await cloud.ask("PutTargets", body, "AWSEvents")
            expected = f"at 'targets.1.member.{where}' failed to satisfy constraint: Member must have length"
            assert (response.status, expected in response.body.decode()) == (400, True)

    play(scene)


def test_a_pattern_that_is_tried_is_as_short_as_that_of_a_rule() -> None:
    """EventBridge API reference, TestEventPattern: up to 4,096 characters."""

    async def scene() -> None:
        async with cloud_with(FakeOffload()) as cloud:
            pattern = json.dumps({"source": ["x" * 4096]})
            body = json.dumps({"EventPattern": pattern, "Event": "{}"}).encode()
            response = await cloud.ask("TestEventPattern", body, "AWSEvents")
            assert (response.status, "'eventPattern' failed to satisfy" in response.body.decode()) == (400, True)

    play(scene)


def test_policies_are_bounded() -> None:
    async def scene() -> None:
        async with cloud_with(FakeOffload()) as cloud:
            long = json.dumps({"Statement": MANY})
            body = json.dumps({"Policy": long}).encode()
            assert b"PolicyLengthExceeded" in (await cloud.ask("PutPermission", body, "AWSEvents")).body
            body = json.dumps({"QueueUrl": QUEUE_URL, "Attributes": {"Policy": long}}).encode()
            assert b"It is too long" in (await cloud.ask("SetQueueAttributes", body)).body
            for number in range(21):
                given = {"Label": str(number), "AWSAccountIds": ["123456789012"], "Actions": ["*"]}
                body = json.dumps({"QueueUrl": QUEUE_URL, **given}).encode()
                response = await cloud.ask("AddPermission", body)
                assert response.status == (200 if number < 20 else 403)
            await sns(cloud, "CreateTopic", Name="t")
            for name, text in (("Policy", "is too long"), ("DeliveryPolicy", "is too long")):
                change = {"TopicArn": TOPIC, "AttributeName": name, "AttributeValue": long}
                status, answer = await cloud.form(Action="SetTopicAttributes", Version="2010-03-31", **change)
                assert (status, text in answer) == (400, True)
            filtered = {"Attributes.entry.1.key": "FilterPolicy"}
            filtered["Attributes.entry.1.value"] = json.dumps({"a": MANY})
            subscription = {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE, **filtered}
            status, answer = await cloud.form(Action="Subscribe", Version="2010-03-31", **subscription)
            assert (status, "too complex" in answer) == (400, True)

    play(scene)


# -- topics ------------------------------------------------------------------------------------------------------------


async def sns(cloud: Cloud, action: str, **fields: str) -> str:
    status, text = await cloud.form(Action=action, Version="2010-03-31", **fields)
    assert status == 200, text
    return text


async def subscribe(cloud: Cloud, policy: dict[str, Any], scope: str = "MessageBody", queue: str = "q") -> str:
    await cloud.json("CreateQueue", QueueName=queue)
    attributes = {"FilterPolicyScope": scope, "FilterPolicy": json.dumps(policy), "RawMessageDelivery": "false"}
    fields = dict[str, str]()
    for number, (name, value) in enumerate(attributes.items(), 1):
        fields |= {f"Attributes.entry.{number}.key": name, f"Attributes.entry.{number}.value": value}
    endpoint = f"arn:aws:sqs:us-east-1:123456789012:{queue}"
    text = await sns(cloud, "Subscribe", TopicArn=TOPIC, Protocol="sqs", Endpoint=endpoint, **fields)
    return text.partition("<SubscriptionArn>")[2].partition("<")[0]


async def messages(cloud: Cloud, queue: str = "q") -> list[str]:
    return [json.loads(body)["Message"] for body in await received(cloud, f"http://h/123456789012/{queue}")]


def test_a_large_message_passes_the_policies_that_a_small_one_passes() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            await sns(cloud, "CreateTopic", Name="t")
            await subscribe(cloud, {"kind": ["a"]})
            await subscribe(cloud, {"kind": ["a"], "more": [{"exists": False}]}, queue="other")
            for kind, more, count in (("a", [], 2), ("a", MANY, 2), ("a", [1, *MANY], 1), ("b", MANY, 0)):
                text = json.dumps({"kind": kind, "more": more})
                await sns(cloud, "Publish", TopicArn=TOPIC, Message=text)
                assert await messages(cloud) + await messages(cloud, "other") == [text] * count
            await sns(cloud, "Publish", TopicArn=TOPIC, Message="[" * 100_000)
            assert await messages(cloud) == []
            assert offload.works.count("passed_by_body") == 4

    play(scene)


def test_large_attributes_and_structures_are_read_elsewhere() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            await sns(cloud, "CreateTopic", Name="t")
            await subscribe(cloud, {"kind": ["a"]}, "MessageAttributes")
            for kind in ("a", "b"):
                attribute = json.dumps([kind, *[1] * MANY_VALUES])
                fields = {"Name": "kind", "Value.DataType": "String.Array", "Value.StringValue": attribute}
                named = {f"MessageAttributes.entry.1.{name}": value for name, value in fields.items()}
                text = json.dumps({"default": "d", "sqs": kind, "more": MANY})
                await sns(cloud, "Publish", TopicArn=TOPIC, Message=text, MessageStructure="json", **named)
            assert await messages(cloud) == ["a"]
            assert offload.works.count("passed_by_attributes") == offload.works.count("texts_of") == 2
            status, text = await cloud.form(
                Action="Publish", Version="2010-03-31", TopicArn=TOPIC, MessageStructure="json", Message="[" * 100_000
            )
            assert (status, "JSON message body failed to parse" in text) == (400, True)

    play(scene)


def test_a_policy_that_changes_meanwhile_decides() -> None:
    async def scene() -> None:
        offload = GatedOffload()
        offload.gate.set()
        async with cloud_with(offload) as cloud:
            await sns(cloud, "CreateTopic", Name="t")
            unsubscribed = await subscribe(cloud, {"kind": ["a"]})
            changed = await subscribe(cloud, {"kind": ["b"]}, queue="other")
            offload.gate.clear()
            offload.asked.clear()
            text = json.dumps({"kind": "a", "more": [1] * MANY_VALUES})
            publishing = asyncio.create_task(sns(cloud, "Publish", TopicArn=TOPIC, Message=text))
            await offload.asked.wait()
            await sns(cloud, "Unsubscribe", SubscriptionArn=unsubscribed)
            change = {"AttributeName": "FilterPolicy", "AttributeValue": '{"kind":["a","c"]}'}
            await sns(cloud, "SetSubscriptionAttributes", SubscriptionArn=changed, **change)
            offload.gate.set()
            await publishing
            assert (await messages(cloud), await messages(cloud, "other")) == ([], [text])

    play(scene)


def test_a_batch_to_a_fifo_topic_keeps_its_order_and_knows_duplicates() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            await cloud.json("CreateQueue", QueueName="q.fifo", Attributes={"FifoQueue": "true"})
            fields = {"Attributes.entry.1.key": "FifoTopic", "Attributes.entry.1.value": "true"}
            await sns(cloud, "CreateTopic", Name="t.fifo", **fields)
            topic = f"{TOPIC}.fifo"
            more = {"Attributes.entry.1.key": "FilterPolicyScope", "Attributes.entry.1.value": "MessageBody"}
            more |= {"Attributes.entry.2.key": "FilterPolicy", "Attributes.entry.2.value": '{"kind":["a"]}'}
            await sns(cloud, "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=f"{QUEUE}.fifo", **more)
            batch = dict[str, str]()
            for number in range(1, 5):
                text = json.dumps({"kind": "a", "number": number, "more": MANY if number % 2 else []})
                prefix = f"PublishBatchRequestEntries.member.{number}."
                batch |= {
                    f"{prefix}Id": str(number),
                    f"{prefix}Message": text,
                    f"{prefix}MessageGroupId": "g",
                    f"{prefix}MessageDeduplicationId": "3" if number == 4 else str(number),
                }
            await sns(cloud, "PublishBatch", TopicArn=topic, **batch)
            assert offload.works.count("passed_by_body") == 2
            found = await cloud.json(
                "ReceiveMessage", QueueUrl=f"{QUEUE_URL}.fifo", MaxNumberOfMessages=10, AttributeNames=["All"]
            )
            numbers = [json.loads(json.loads(one["Body"])["Message"])["number"] for one in found["Messages"]]
            assert numbers == [1, 2, 3]

    play(scene)
