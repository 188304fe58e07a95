"""The cases of SNS."""

from __future__ import annotations

import json
from typing import Any

from bench.compare.aws import Aws
from bench.compare.case import Cases, equal, refused

SNS = Cases("SNS")
_GUIDE = "SNS developer guide"
_API = "SNS API reference"
_TEXT = {"DataType": "String", "StringValue": "a"}


@SNS.add("a queue gets the envelope", f"{_GUIDE}, Fanout to Amazon SQS queues")
def _(aws: Aws) -> None:
    topic = aws.topic()
    queue = aws.subscribed(topic)
    sent = aws.sns.publish(TopicArn=topic, Message="häuser", Subject="s", MessageAttributes={"kind": _TEXT})
    (message,) = aws.arriving(queue)
    document = json.loads(message["Body"])
    expected = {
        "Type": "Notification",
        "MessageId": sent["MessageId"],
        "TopicArn": topic,
        "Subject": "s",
        "Message": "häuser",
        "MessageAttributes": {"kind": {"Type": "String", "Value": "a"}},
    }
    equal({name: document.get(name) for name in expected}, expected)
    names = ("Timestamp", "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL")
    equal([name for name in names if not document.get(name)], [], "missing")


@SNS.add("raw delivery is the message with its attributes", f"{_GUIDE}, Amazon SNS raw message delivery")
def _(aws: Aws) -> None:
    topic = aws.topic()
    queue = aws.subscribed(topic, RawMessageDelivery="true")
    aws.sns.publish(TopicArn=topic, Message='{"a": 1}', MessageAttributes={"kind": _TEXT})
    (message,) = aws.arriving(queue)
    equal((message["Body"], message.get("MessageAttributes")), ('{"a": 1}', {"kind": _TEXT}))


@SNS.add("every subscriber gets a message", f"{_GUIDE}, Fanout to Amazon SQS queues")
def _(aws: Aws) -> None:
    topic = aws.topic()
    queues = [aws.subscribed(topic, RawMessageDelivery="true") for _turn in range(3)]
    aws.sns.publish(TopicArn=topic, Message="m")
    equal([each["Body"] for queue in queues for each in aws.arriving(queue)], ["m", "m", "m"])


def _filtered(aws: Aws, policy: Any, scope: str, messages: dict[str, dict[str, Any]], expected: list[str]) -> None:
    """Publish messages, each with other parameters; and the names of those that arrive, in order."""
    topic = aws.topic()
    every = aws.subscribed(topic, RawMessageDelivery="true")
    queue = aws.subscribed(topic, RawMessageDelivery="true", FilterPolicy=policy, FilterPolicyScope=scope)
    for name, parameters in messages.items():
        aws.sns.publish(TopicArn=topic, **{"Message": name, **parameters})
    aws.arriving(every, len(messages))
    names = {parameters.get("Message", name): name for name, parameters in messages.items()}
    equal(sorted(names[each["Body"]] for each in aws.arriving(queue, len(expected))), sorted(expected))
    equal(aws.bodies(queue), [])


def _attributes(**values: str | list[Any] | float) -> dict[str, Any]:
    found = {}
    for name, value in values.items():
        kind = "String" if isinstance(value, str) else "String.Array" if isinstance(value, list) else "Number"
        text = json.dumps(value) if isinstance(value, list) else str(value)
        found[name] = {"DataType": kind, "StringValue": text}
    return {"MessageAttributes": found}


@SNS.add(
    "a filter policy compares attributes: text, numbers, lists", f"{_GUIDE}, Amazon SNS subscription filter policies"
)
def _(aws: Aws) -> None:
    messages = {
        "both": _attributes(kind="book", price=15),
        "dear": _attributes(kind="book", price=25),
        "other": _attributes(kind="toy", price=15),
        "one of": _attributes(kind=["toy", "book"], price=10),
        "no price": _attributes(kind="book"),
    }
    policy = {"kind": ["book"], "price": [{"numeric": [">=", 10, "<", 20]}]}
    _filtered(aws, policy, "MessageAttributes", messages, ["both", "one of"])


@SNS.add("operators of filter policies on texts", f"{_GUIDE}, String value matching")
def _(aws: Aws) -> None:
    messages = {name: _attributes(k=name) for name in ("order-1", "my.png", "ABC", "axxb", "no")}
    policy = {"k": [{"prefix": "order-"}, {"suffix": ".png"}, {"equals-ignore-case": "abc"}, {"wildcard": "a*b"}]}
    _filtered(aws, policy, "MessageAttributes", messages, ["order-1", "my.png", "ABC", "axxb"])


@SNS.add("anything-but and exists", f"{_GUIDE}, Anything-but matching; Attribute exists")
def _(aws: Aws) -> None:
    messages = {"a": _attributes(k="a"), "b": _attributes(k="b", off="x"), "c": _attributes(k="c"), "d": {}}
    policy = {"k": [{"anything-but": ["a"]}], "off": [{"exists": False}]}
    _filtered(aws, policy, "MessageAttributes", messages, ["c"])


@SNS.add("addresses match a block of addresses", "recorded: test_filter_policy_ip_address_condition")
def _(aws: Aws) -> None:
    messages = {"in": _attributes(ip="10.0.0.9"), "out": _attributes(ip="10.0.1.9")}
    _filtered(aws, {"ip": [{"cidr": "10.0.0.0/24"}]}, "MessageAttributes", messages, ["in"])


@SNS.add("$or in a filter policy", f"{_GUIDE}, AND/OR logic")
def _(aws: Aws) -> None:
    messages = {"a": _attributes(a="1"), "b": _attributes(b="1"), "c": _attributes(c="1")}
    _filtered(aws, {"$or": [{"a": ["1"]}, {"b": ["1"]}]}, "MessageAttributes", messages, ["a", "b"])


@SNS.add("a filter policy on the body, nested and with lists", "recorded: test_filter_policy_on_message_body")
def _(aws: Aws) -> None:
    messages = {
        "match": {"Message": '{"object": {"key": "a", "tags": ["x", "y"]}}'},
        "other": {"Message": '{"object": {"key": "b", "tags": ["x"]}}'},
        "text": {"Message": "no JSON"},
    }
    _filtered(aws, {"object": {"key": [{"prefix": "a"}], "tags": ["y"]}}, "MessageBody", messages, ["match"])


@SNS.add("filter policies with an unknown operator, or an empty one, are refused", f"{_API}, InvalidParameter")
def _(aws: Aws) -> None:
    topic, queue = aws.topic(), aws.queue()
    for policy in ({"k": [{"starts": "a"}]}, {"k": [{"numeric": ["<"]}]}, {"k": "a"}):
        refused("InvalidParameter", aws.subscribe, topic=topic, queue=queue, FilterPolicy=policy)


@SNS.add("a text for each protocol", f"{_API}, Publish: MessageStructure")
def _(aws: Aws) -> None:
    topic = aws.topic()
    queue = aws.subscribed(topic, RawMessageDelivery="true")
    texts = json.dumps({"default": "for all", "sqs": "for queues"})
    aws.sns.publish(TopicArn=topic, Message=texts, MessageStructure="json")
    equal([each["Body"] for each in aws.arriving(queue)], ["for queues"])
    given = {"Message": '{"sqs": "a"}', "MessageStructure": "json"}
    refused("InvalidParameter", aws.sns.publish, TopicArn=topic, **given)


@SNS.add("a batch answers for each of its entries", "recorded: test_publish_batch_exceptions")
def _(aws: Aws) -> None:
    topic = aws.topic()
    queue = aws.subscribed(topic, RawMessageDelivery="true")
    entries = [{"Id": "good", "Message": "m"}, {"Id": "bad", "Message": "x" * 300_000}]
    many = [{"Id": str(number), "Message": "m"} for number in range(11)]
    refused("TooManyEntriesInBatchRequest", aws.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=many)
    same = [entries[0], entries[0]]
    refused("BatchEntryIdsNotDistinct", aws.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=same)
    answer = aws.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries[:1])
    equal([each["Id"] for each in answer["Successful"]], ["good"])
    equal([each["Body"] for each in aws.arriving(queue)], ["m"])


@SNS.add("an empty message is refused, and so is an empty subject", "recorded: test_empty_sns_message")
def _(aws: Aws) -> None:
    topic = aws.topic()
    refused("InvalidParameter", aws.sns.publish, TopicArn=topic, Message="")
    refused("InvalidParameter", aws.sns.publish, TopicArn=topic, Message="m", Subject="")


@SNS.add("a message has at most 256 KiB", f"{_API}, Publish")
def _(aws: Aws) -> None:
    refused("InvalidParameter", aws.sns.publish, TopicArn=aws.topic(), Message="x" * 262_145)


@SNS.add("publishing to a topic that does not exist is NotFound", "recorded: test_unknown_topic_publish")
def _(aws: Aws) -> None:
    refused("NotFound", aws.sns.publish, TopicArn=f"{aws.topic()}-nothing", Message="m")


@SNS.add("attributes that are empty or of another type are refused", "recorded: test_empty_or_wrong_message_attributes")
def _(aws: Aws) -> None:
    topic = aws.topic()
    for attribute in ({"DataType": "String"}, {"DataType": "String", "BinaryValue": b"a"}):
        given = {"Message": "m", "MessageAttributes": {"k": attribute}}
        refused("ParameterValueInvalid", aws.sns.publish, TopicArn=topic, **given)


@SNS.add("subscribing twice gives the same subscription", "recorded: test_subscribe_idempotency")
def _(aws: Aws) -> None:
    topic, queue = aws.topic(), aws.queue()
    first = aws.subscribe(topic, queue, RawMessageDelivery="true")
    equal(aws.subscribe(topic, queue, RawMessageDelivery="true"), first)
    refused("InvalidParameter", aws.subscribe, topic=topic, queue=queue, RawMessageDelivery="false")


@SNS.add("a protocol that does not exist is refused", "recorded: test_subscribe_with_invalid_protocol")
def _(aws: Aws) -> None:
    given = {"Protocol": "pigeon", "Endpoint": "a"}
    refused("InvalidParameter", aws.sns.subscribe, TopicArn=aws.topic(), **given)


@SNS.add("after Unsubscribe nothing comes", f"{_API}, Unsubscribe")
def _(aws: Aws) -> None:
    topic = aws.topic()
    other, queue = aws.subscribed(topic), aws.queue()
    aws.sns.unsubscribe(SubscriptionArn=aws.subscribe(topic, queue))
    aws.sns.publish(TopicArn=topic, Message="m")
    equal(len(aws.arriving(other)), 1)
    equal(aws.bodies(queue), [])


@SNS.add("subscriptions are listed by topic, with their attributes", f"{_API}, ListSubscriptionsByTopic")
def _(aws: Aws) -> None:
    topic, queue = aws.topic(), aws.queue()
    arn = aws.subscribe(topic, queue, FilterPolicy={"k": ["a"]})
    (found,) = aws.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    equal((found["SubscriptionArn"], found["Protocol"], found["Endpoint"]), (arn, "sqs", queue.arn))
    attributes = aws.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    equal(json.loads(attributes["FilterPolicy"]), {"k": ["a"]})
    equal(attributes.get("FilterPolicyScope"), "MessageAttributes")


@SNS.add(
    "what cannot be delivered goes to the subscription's dead-letter queue", f"{_GUIDE}, Amazon SNS dead-letter queues"
)
def _(aws: Aws) -> None:
    topic, dead, queue = aws.topic(), aws.queue(), aws.queue()
    aws.subscribe(topic, queue, RawMessageDelivery="true", RedrivePolicy={"deadLetterTargetArn": dead.arn})
    aws.sqs.delete_queue(QueueUrl=queue.url)
    aws.sns.publish(TopicArn=topic, Message="m")
    equal([each["Body"] for each in aws.arriving(dead)], ["m"])


@SNS.add("a FIFO topic passes groups and ids on, once", f"{_GUIDE}, Amazon SNS FIFO topics")
def _(aws: Aws) -> None:
    topic, queue = aws.topic(FifoTopic="true"), aws.fifo()
    aws.subscribe(topic, queue, RawMessageDelivery="true")
    for body in ("a", "b"):
        aws.sns.publish(TopicArn=topic, Message=body, MessageGroupId="g", MessageDeduplicationId="d")
    (message,) = aws.arriving(queue)
    found = [message["Body"], *(message["Attributes"].get(n) for n in ("MessageGroupId", "MessageDeduplicationId"))]
    equal(found, ["a", "g", "d"])
    equal(aws.bodies(queue), [])


@SNS.add("a FIFO topic wants a group", "recorded: test_validations_for_fifo")
def _(aws: Aws) -> None:
    topic = aws.topic(FifoTopic="true", ContentBasedDeduplication="true")
    refused("InvalidParameter", aws.sns.publish, TopicArn=topic, Message="m")


@SNS.add(
    "a topic is created again if it is the same, and refused with other tags",
    "recorded: test_create_duplicate_topic_with_more_tags",
)
def _(aws: Aws) -> None:
    name = aws.name()
    arn = aws.sns.create_topic(Name=name)["TopicArn"]
    equal(aws.sns.create_topic(Name=name)["TopicArn"], arn)
    refused("InvalidParameter", aws.sns.create_topic, Name=name, Tags=[{"Key": "a", "Value": "1"}])


@SNS.add(
    "a subscription outlives its topic",
    "recorded: test_delete_subscriptions_on_delete_topic",
    differs="A subscription ends with its topic. On AWS it lingers for up to three days and does nothing.",
)
def _(aws: Aws) -> None:
    topic = aws.topic()
    arn = aws.subscribe(topic, aws.queue())
    aws.sns.delete_topic(TopicArn=topic)
    equal(aws.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["TopicArn"], topic)
