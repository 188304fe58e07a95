"""The recorded tests of SNS, asked again: each gives its steps with our answers."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any
from xml.etree import ElementTree

from botocore.exceptions import ClientError

from tests.cloud.endpoint import endpoint
from tests.cloud.running_cloud import RunningCloud

Answers = dict[str, Any]
_numbers = itertools.count(1)
_ACCOUNT = "123456789012"
_DOCUMENTS = ("Body", "DeliveryPolicy", "EffectiveDeliveryPolicy", "FilterPolicy", "Policy", "RedrivePolicy")
_ATTRIBUTES = {
    "attr1": {"DataType": "Number", "StringValue": "111"},
    "attr2": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
}


class Asker:
    """Clients of SNS and SQS, and topics and queues for one test."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.cloud = cloud
        self._clients = _clients(cloud)
        self.name = f"recorded-sns-{next(_numbers)}"
        self._queues = 0

    def __call__(self, operation: str, service: str = "sns", **parameters: Any) -> Any:
        """The answer, or the error's; documents in it are read, as they are in the recordings."""
        try:
            return read(getattr(self._clients[service], operation)(**parameters))
        except ClientError as error:
            return error.response

    def topic(self, **attributes: str) -> str:
        suffix = ".fifo" if attributes.get("FifoTopic") == "true" else ""
        arn: str = self("create_topic", Name=self.name + suffix, Attributes=attributes)["TopicArn"]
        return arn

    def queue(self, *, fifo: bool = False) -> tuple[str, str]:
        """The URL and the ARN of a new queue."""
        self._queues += 1
        name = f"{self.name}-{self._queues}{'.fifo' if fifo else ''}"
        attributes = {"FifoQueue": "true"} if fifo else {}
        url = self("create_queue", "sqs", QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{_ACCOUNT}:{name}"

    def subscribe(self, topic: str, endpoint: str, protocol: str = "sqs", **attributes: str) -> str:
        given: dict[str, Any] = {
            "TopicArn": topic,
            "Protocol": protocol,
            "Endpoint": endpoint,
            "Attributes": attributes,
        }
        arn: str = self("subscribe", **given, ReturnSubscriptionArn=True)["SubscriptionArn"]
        return arn

    def attributes(self, subscription: str) -> Any:
        return self("get_subscription_attributes", SubscriptionArn=subscription)

    def topic_attributes(self, topic: str) -> Any:
        return self("get_topic_attributes", TopicArn=topic)

    def publish(self, topic: str, message: str, **parameters: Any) -> Any:
        return self("publish", TopicArn=topic, Message=message, **parameters)

    def receive(self, url: str, **parameters: Any) -> Any:
        return self("receive_message", "sqs", QueueUrl=url, MaxNumberOfMessages=10, **parameters)

    def receive_all(self, url: str) -> Any:
        return self.receive(url, AttributeNames=["All"], MessageAttributeNames=["All"])


@cache
def _clients(cloud: RunningCloud) -> dict[str, Any]:
    return {name: cloud.client(name) for name in ("sns", "sqs")}


Ask = Callable[[Asker], Answers]


def read(value: Any, name: str = "") -> Any:
    """Documents as data, and bytes as the recorder wrote them."""
    if isinstance(value, dict):
        return {key: read(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [read(one) for one in value]
    if isinstance(value, bytes):
        return str(value)
    if name in _DOCUMENTS and value.startswith("{"):
        return json.loads(value)
    return value


# -- topics ------------------------------------------------------------------------------------------------------------


def create_again(ask: Asker) -> Answers:
    answers = [ask("create_topic", Name=ask.name) for _ in range(4)]
    return {"response-created": answers[0], **{f"response-same-arn-{n}": answers[n + 1] for n in range(3)}}


def create_with_more_tags(ask: Asker) -> Answers:
    ask.topic()
    return {"exception-duplicate": ask("create_topic", Name=ask.name, Tags=[{"Key": "a", "Value": "b"}])}


def create_and_delete(ask: Asker) -> Answers:
    created = ask("create_topic", Name=ask.name)
    arn = created["TopicArn"]
    shown, deleted = ask.topic_attributes(arn), ask("delete_topic", TopicArn=arn)
    return {
        "create-topic": created,
        "get-topic-attrs": shown,
        "delete-topic": deleted,
        "topic-not-exists": ask.topic_attributes(arn),
    }


def create_with_attributes(ask: Asker) -> Answers:
    arn = ask.topic(FifoTopic="true", DisplayName="TestTopic", SignatureVersion="2")
    return {
        "get-topic-attrs": ask.topic_attributes(arn),
        "get-attrs-nonexistent-topic": ask.topic_attributes(f"arn:aws:sns:us-east-1:{_ACCOUNT}:missing"),
        "get-attrs-malformed-topic": ask.topic_attributes("topic"),
    }


def delete_twice(ask: Asker) -> Answers:
    arn = ask.topic()
    return {name: ask("delete_topic", TopicArn=arn) for name in ("delete-topic", "delete-topic-again")}


def delete_missing(ask: Asker) -> Answers:
    arn = f"arn:aws:sns:us-east-1:{_ACCOUNT}:missing"
    return {"delete-non-existent-topic": ask("delete_topic", TopicArn=arn)}


def tags(ask: Asker) -> Answers:
    arn = ask.topic()
    pairs = [{"Key": "k1", "Value": "v1"}, {"Key": "k2", "Value": "v2"}]
    twice = ask("tag_resource", ResourceArn=arn, Tags=[*pairs, pairs[1]])
    ask("tag_resource", ResourceArn=arn, Tags=pairs)
    created = ask("list_tags_for_resource", ResourceArn=arn)
    ask("untag_resource", ResourceArn=arn, TagKeys=["k1"])
    deleted = ask("list_tags_for_resource", ResourceArn=arn)
    ask("tag_resource", ResourceArn=arn, Tags=[{"Key": "k2", "Value": "v2b"}])
    return {
        "duplicate-key-error": twice,
        "list-created-tags": created,
        "list-after-delete-tags": deleted,
        "list-after-update-tags": ask("list_tags_for_resource", ResourceArn=arn),
    }


def tags_of_a_new_topic(ask: Asker) -> Answers:
    pairs = [{"Key": "k1", "Value": "v1"}, {"Key": "k2", "Value": "v2"}]
    arn = ask("create_topic", Name=ask.name, Tags=pairs)["TopicArn"]
    created = ask("list_tags_for_resource", ResourceArn=arn)
    ask("delete_topic", TopicArn=arn)
    ask.topic()
    return {"list-created-tags": created, "list-empty-tags": ask("list_tags_for_resource", ResourceArn=arn)}


def delivery_policy(ask: Asker) -> Answers:
    first = {"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}
    retries = {"numRetries": 1, "minDelayTarget": 5, "maxDelayTarget": 6}
    arn = ask.topic(FifoTopic="true", DisplayName="TestTopic", SignatureVersion="2", DeliveryPolicy=json.dumps(first))
    steps: Answers = {"get-topic-attrs": ask.topic_attributes(arn)}
    for step, shown, policy in (
        ("set-topic-attrs", "get-topic-attrs-after-update", {"http": {"defaultHealthyRetryPolicy": retries}}),
        ("set-topic-attrs-none", "get-topic-attrs-after-none", {"http": {"defaultHealthyRetryPolicy": None}}),
        ("set-topic-attrs-full-none", "get-topic-attrs-after-delete", None),
    ):
        text = "" if policy is None else json.dumps(policy)
        given: dict[str, Any] = {"TopicArn": arn, "AttributeName": "DeliveryPolicy", "AttributeValue": text}
        steps[step] = ask("set_topic_attributes", **given)
        steps[shown] = ask.topic_attributes(arn)
    return steps


def different_attributes(ask: Asker) -> Answers:
    created = ask("create_topic", Name=ask.name, Attributes={"DisplayName": "Value1"})
    shown = ask.topic_attributes(created["TopicArn"])

    def again(attributes: dict[str, str]) -> Any:
        return ask("create_topic", Name=ask.name, Attributes=attributes)

    return {
        "create-topic": created,
        "topic-attrs": shown,
        "create-topic-no-attrs": again({}),
        "create-topic-diff-attrs": again({"DisplayName": "Value2"}),
        "create-topic-new-attrs": again({"SignatureVersion": "2"}),
        "create-topic-new-and-same-attrs": again({"DisplayName": "Value1", "SignatureVersion": "2"}),
        "create-topic-new-attrs-fifo": again({"FifoTopic": "true"}),
    }


def names(ask: Asker) -> Answers:
    def create(name: str, **attributes: str) -> Any:
        return ask("create_topic", Name=name, Attributes=attributes)

    return {
        **{f"name-invalid-char-{n}": create(f"topic{character}") for n, character in enumerate("!@#$%^&*")},
        "name-too-long": create("a" * 257),
        "name-too-short": create(""),
        "valid-name-max-length": create("a" * 256),
        "name-contains-fifo": create("topic.fifo"),
        "fifo-name-not-contains-fifo": create("topic", FifoTopic="true"),
    }


def permission_errors(ask: Asker) -> Answers:
    arn = ask.topic()

    def add(topic: str, label: str, action: str) -> Any:
        given: dict[str, Any] = {"TopicArn": topic, "Label": label, "ActionName": [action], "AWSAccountId": [_ACCOUNT]}
        return ask("add_permission", **given)

    add(arn, "label", "Publish")
    return {
        "duplicate-label": add(arn, "label", "Publish"),
        "invalid-action": add(arn, "other", "InvalidAction"),
        "topic-not-found": add(f"{arn}-missing", "label", "Publish"),
    }


def remove_permission(ask: Asker) -> Answers:
    arn = ask.topic()
    given: dict[str, Any] = {"TopicArn": arn, "Label": "test", "ActionName": ["Publish"], "AWSAccountId": [_ACCOUNT]}
    ask("add_permission", **given)
    ask("remove_permission", TopicArn=arn, Label="test")
    return {"topic-policy": ask.topic_attributes(arn)["Attributes"]["Policy"]}


def remove_permission_errors(ask: Asker) -> Answers:
    arn = f"arn:aws:sns:us-east-1:{_ACCOUNT}:missing"
    return {"topic-not-found": ask("remove_permission", TopicArn=arn, Label="test")}


# -- subscriptions -----------------------------------------------------------------------------------------------------


def idempotent(ask: Asker) -> Answers:
    topic, (_, queue) = ask.topic(), ask.queue()

    def subscribe(**given: Any) -> Any:
        return ask("subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True, **given)

    first = subscribe(Attributes={"RawMessageDelivery": "true"})
    return {
        "subscribe": first,
        "get-sub-attrs": ask.attributes(first["SubscriptionArn"]),
        "subscribe-exact-same-raw": subscribe(Attributes={"RawMessageDelivery": "true"}),
        "subscribe-idempotent": subscribe(Attributes={"RawMessageDelivery": "true"}),
        "subscribe-idempotent-no-attributes": subscribe(),
        "subscribe-idempotent-empty-attributes": subscribe(Attributes={}),
        "subscribe-missing-attributes": subscribe(),
        "subscribe-diff-attributes": subscribe(Attributes={"RawMessageDelivery": "false"}),
    }


def not_found_when_set(ask: Asker) -> Answers:
    topic, (_, queue) = ask.topic(), ask.queue()
    subscribed = ask("subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)
    arn = subscribed["SubscriptionArn"]
    shown, before = ask.attributes(arn), ask("list_subscriptions_by_topic", TopicArn=topic)
    ask("unsubscribe", SubscriptionArn=arn)
    return {
        "sub": subscribed,
        "sub-attrs": shown,
        "subscriptions-for-topic-before-unsub": before,
        "subscriptions-for-topic-after-unsub": ask("list_subscriptions_by_topic", TopicArn=topic),
        "sub-not-found": ask.attributes(arn),
    }


def wrong_tokens(ask: Asker) -> Answers:
    topic, token = ask.topic(), "ab" * 64

    def confirm(arn: str, token: str) -> Any:
        return ask("confirm_subscription", TopicArn=arn, Token=token)

    return {
        "topic-not-exists": confirm(f"{topic}-missing", token),
        "invalid-token": confirm(topic, "randomtoken"),
        "token-not-exists": confirm(topic, token),
    }


def unsubscribe_missing(ask: Asker) -> Answers:
    return {"empty-unsubscribe": ask("unsubscribe", SubscriptionArn=f"{ask.topic()}:{'0' * 8}-a")}


def unsubscribe_wrong_arns(ask: Asker) -> Answers:
    arns = ("randomString", "arn:aws:sns:us-east-1:random", f"arn:aws:sns:us-east-1:{_ACCOUNT}:random", "")
    return {f"invalid-unsubscribe-arn-{n}": ask("unsubscribe", SubscriptionArn=arn) for n, arn in enumerate(arns, 1)}


def invalid_protocol(ask: Asker) -> Answers:
    given: dict[str, Any] = {"TopicArn": ask.topic(), "Protocol": "test-protocol", "Endpoint": "x"}
    return {"exception": ask("subscribe", **given)}


def queue_url(ask: Asker) -> Answers:
    topic, (url, _) = ask.topic(), ask.queue()
    return {"sub-queue-url": ask("subscribe", TopicArn=topic, Protocol="sqs", Endpoint=url)}


def unknown_queue(ask: Asker) -> Answers:
    topic = ask.topic()
    queue = f"arn:aws:sqs:us-east-1:{_ACCOUNT}:missing"
    return {
        "subscribe-unknown-sqs": ask("subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue),
        "subscribe-unknown-sqs-invalid_arn": ask("subscribe", TopicArn=topic, Protocol="sqs", Endpoint="invalid"),
    }


def unknown_topic(ask: Asker) -> Answers:
    topic, (_, queue) = f"arn:aws:sns:us-east-1:{_ACCOUNT}:missing", ask.queue()
    return {"subscribe-unknown-topic": ask("subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)}


def invalid_filter_policy(ask: Asker) -> Answers:
    topic, (_, queue) = ask.topic(), ask.queue()
    given: dict[str, Any] = {
        "TopicArn": topic,
        "Protocol": "sqs",
        "Endpoint": queue,
        "Attributes": {"FilterPolicy": "invalid"},
    }
    return {"subscribe-invalid-filter-policy": ask("subscribe", **given)}


def shown(step: str, *, whole: bool = True, **attributes: str) -> Ask:
    """A subscription with these attributes, and what it shows."""

    def run(ask: Asker) -> Answers:
        found = ask.attributes(ask.subscribe(ask.topic(), ask.queue()[1], **attributes))
        return {step: found if whole else found["Attributes"]}

    return run


def changed(ask: Asker) -> Answers:
    arn = ask.subscribe(ask.topic(), ask.queue()[1])
    given: dict[str, Any] = {"SubscriptionArn": arn, "AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    ask("set_subscription_attributes", **given)
    return {"set-subscription-attributes": ask.attributes(arn)}


def by_topic(ask: Asker) -> Answers:
    topic = ask.topic()
    ask.subscribe(topic, ask.queue()[1])
    return {"list-subscriptions-by-topic": ask("list_subscriptions_by_topic", TopicArn=topic)}


def missing_subscription(ask: Asker) -> Answers:
    return {"get-sub-attrs-nonexistent": ask.attributes(f"{ask.topic()}:{'0' * 8}-a")}


def filter_scope(ask: Asker) -> Answers:
    arn = ask.subscribe(ask.topic(), ask.queue()[1])

    def change(name: str, value: str) -> Any:
        given: dict[str, Any] = {"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value}
        return ask("set_subscription_attributes", **given)

    default = ask.attributes(arn)
    error = change("FilterPolicyScope", "RandomValue")
    change("FilterPolicyScope", "MessageBody")
    body = ask.attributes(arn)
    change("FilterPolicy", '{"attr": ["match-this"]}')
    return {
        "sub-attrs-default": default,
        "sub-attrs-filter-scope-error": error,
        "sub-attrs-filter-scope-body": body,
        "sub-attrs-after-setting-policy": ask.attributes(arn),
    }


def nested_policy(ask: Asker) -> Answers:
    arn = ask.subscribe(ask.topic(), ask.queue()[1])
    policy = json.dumps({"object": {"key": [{"prefix": "auto-"}]}})

    def change(name: str, value: str) -> Any:
        given: dict[str, Any] = {"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value}
        return ask("set_subscription_attributes", **given)

    error = change("FilterPolicy", policy)
    change("FilterPolicyScope", "MessageBody")
    change("FilterPolicy", policy)
    return {"sub-filter-policy-nested-error": error, "sub-attrs-after-setting-nested-policy": ask.attributes(arn)}


# -- publishing --------------------------------------------------------------------------------------------------------


def empty_message(ask: Asker) -> Answers:
    topic, (url, queue) = ask.topic(), ask.queue()
    ask.subscribe(topic, queue)
    error = ask.publish(topic, "")
    names = ["ApproximateNumberOfMessages"]
    return {
        "empty-msg-error": error,
        "queue-attrs": ask("get_queue_attributes", "sqs", QueueUrl=url, AttributeNames=names),
    }


def batch_ids(ask: Asker) -> Answers:
    topic = ask.topic()

    def send(identifier: str) -> Any:
        entries = [{"Id": identifier, "Message": "message"}]
        return ask("publish_batch", TopicArn=topic, PublishBatchRequestEntries=entries)

    return {
        "valid-id-80-chars": send("a" * 80),
        "valid-id-with-hyphen-underscore": send("valid-message_123"),
        "id-too-long-81": send("a" * 81),
        "id-too-long-91": send(f"my{'really' * 13}longid"),
        "invalid-char-dot": send("message.id"),
        "invalid-char-special": send("msg@123#test"),
    }


def by_target(ask: Asker) -> Answers:
    topic, (url, queue) = ask.topic(), ask.queue()
    ask.subscribe(topic, queue)
    ask.publish(topic, "test-msg-1")
    first = ask.receive(url)
    ask("publish", TargetArn=topic, Message="test-msg-2")
    return {"receive-topic-arn": first, "receive-target-arn": ask.receive(url)}


def missing_endpoint(ask: Asker) -> Answers:
    arn = f"arn:aws:sns:us-east-1:{_ACCOUNT}:endpoint/APNS/abcdef/0f7d5971-aa8b-4bd5-b585-0826e9f93a66"
    return {"non-existent-endpoint": ask("publish", TargetArn=arn, Message="hello")}


def empty_subject(ask: Asker) -> Answers:
    topic = ask.topic()
    return {
        "response-without-subject": ask.publish(topic, "message"),
        "response-with-empty-subject": ask.publish(topic, "message", Subject=""),
    }


def wrong_arns(ask: Asker) -> Answers:
    return {
        "invalid-topic-arn": ask.publish("randomString", "message"),
        "invalid-topic-arn-1": ask.publish("randomString:1", "message"),
        "empty-topic": ask.publish("", "message"),
    }


def missing_topic(ask: Asker) -> Answers:
    topic = ask.topic()
    return {"success": ask.publish(topic, "message"), "error": ask.publish(f"{topic}-missing", "message")}


def other_region(ask: Asker) -> Answers:
    topic = ask.topic()
    other = topic.replace("us-east-1", "eu-west-1")
    entries = [{"Id": "1", "Message": "message"}]
    return {
        "success": ask.publish(topic, "message"),
        "error": ask.publish(other, "message"),
        "error-batch": ask("publish_batch", TopicArn=other, PublishBatchRequestEntries=entries),
    }


def across_regions(ask: Asker) -> Answers:
    topic, (_, queue) = ask.topic().replace("us-east-1", "eu-west-1"), ask.queue()
    value = {"AttributeName": "DisplayName", "AttributeValue": "name"}
    return {
        "cross-region-publish-forbidden": ask.publish(topic, "message"),
        "cross-region-subscribe": ask("subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue),
        "delete-topic": ask("delete_topic", TopicArn=topic),
        "get-topic-attrs": ask.topic_attributes(topic),
        "list-subs": ask("list_subscriptions_by_topic", TopicArn=topic),
        "set-topic-attrs": ask("set_topic_attributes", TopicArn=topic, **value),
    }


def raw_attributes(ask: Asker) -> Answers:
    topic, (url, queue) = ask.topic(), ask.queue()
    arn = ask.subscribe(topic, queue, RawMessageDelivery="true")
    attributes = {"store": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"}}
    ask.publish(topic, "This is a test message", MessageAttributes=attributes)
    received = ask.receive(url, MessageAttributeNames=["All"])
    return {"subscription-attributes": ask.attributes(arn), "messages-response": received}


_TEXT = {"DataType": "String", "StringValue": "value"}
_WRONG: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "missing_string_attr": ("attr1", {"DataType": "String", "StringValue": ""}),
    "fully_missing_string_attr": ("attr1", {"DataType": "String"}),
    "fully_missing_data_type": ("attr1", {"StringValue": "value"}),
    "missing_binary_attr": ("attr1", {"DataType": "Binary", "BinaryValue": b""}),
    "str_attr_binary_value": ("attr1", {"DataType": "String", "BinaryValue": b"123"}),
    "int_attr_binary_value": ("attr1", {"DataType": "Number", "BinaryValue": b"123"}),
    "binary_attr_string_value": ("attr1", {"DataType": "Binary", "StringValue": "123"}),
    "invalid_attr_string_value": ("attr1", {"DataType": "InvalidType", "StringValue": "123"}),
    "too_long_name": ("a" * 257, _TEXT),
    "invalid_name": ("a^*?", _TEXT),
    "invalid_name_2": (".abc", _TEXT),
    "invalid_name_3": ("abc.", _TEXT),
    "invalid_name_4": ("a..bc", _TEXT),
}


def wrong_attributes(ask: Asker) -> Answers:
    topic = ask.topic()
    steps = {}
    for name, (attribute, value) in _WRONG.items():
        given: dict[str, Any] = {"Message": "message", "MessageAttributes": {attribute: value}}
        steps[name] = ask("publish", TopicArn=topic, **given)
        entries = [{"Id": "1", **given}]
        steps[f"batch-{name}"] = ask("publish_batch", TopicArn=topic, PublishBatchRequestEntries=entries)
    return steps


def kept_attributes(ask: Asker) -> Answers:
    topic, (url, queue) = ask.topic(), ask.queue()
    arn = ask.subscribe(topic, queue, RawMessageDelivery="true")
    attributes = {
        "an-attribute-key": {"DataType": "String", "StringValue": "an-attribute-value"},
        "binary-attribute": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
    }
    steps = {"publish-msg-raw": ask.publish(topic, "text", MessageAttributes=attributes)}
    steps["raw-delivery-msg-attrs"] = ask.receive_all(url)
    given: dict[str, Any] = {"SubscriptionArn": arn, "AttributeName": "RawMessageDelivery", "AttributeValue": "false"}
    ask("set_subscription_attributes", **given)
    steps["publish-msg-json"] = ask.publish(topic, "text", MessageAttributes=attributes)
    steps["json-delivery-msg-attrs"] = ask.receive_all(url)
    return steps


def batch_errors(ask: Asker) -> Answers:
    fifo = ask.topic(FifoTopic="true")

    def send(entries: list[dict[str, Any]]) -> Any:
        return ask("publish_batch", TopicArn=fifo, PublishBatchRequestEntries=entries)

    one = {"Message": "message", "MessageGroupId": "group", "MessageDeduplicationId": "x"}
    return {
        "no-group-id": send([{"Id": "1", "Message": "message"}]),
        "no-dedup-id": send([{"Id": "1", "Message": "message", "MessageGroupId": "group"}]),
        "no-default-key-json": send([{"Id": "1", **one, "Message": '{"a": "b"}', "MessageStructure": "json"}]),
        "same-msg-id": send([{"Id": "1", **one}] * 2),
        "too-many-msg": send([{"Id": str(n), **one} for n in range(11)]),
    }


def text_of_unicode(ask: Asker) -> Answers:
    topic, (url, queue) = ask.topic(), ask.queue()
    ask.subscribe(topic, queue)
    ask.publish(topic, 'ö§a1"_!?,. £$-')
    return {"received-message": ask.receive(url)}


def traced(ask: Asker) -> Answers:
    topic, (url, queue) = ask.topic(), ask.queue()
    ask.subscribe(topic, queue)
    header = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    client = ask.cloud.client("sns")

    def add(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["X-Amzn-Trace-Id"] = header

    client.meta.events.register("before-call.sns.Publish", add)
    client.publish(TopicArn=topic, Message="X-Ray propagation test msg")
    (message,) = ask.receive(url, AttributeNames=["SentTimestamp", "AWSTraceHeader"])["Messages"]
    return {"xray-msg": message}


def redrive(ask: Asker, raw: str) -> Answers:
    topic, (url, queue), (dead_url, dead) = ask.topic(), ask.queue(), ask.queue()
    policy = json.dumps({"deadLetterTargetArn": dead})
    ask.subscribe(topic, queue, RawMessageDelivery=raw, RedrivePolicy=policy)
    ask("delete_queue", "sqs", QueueUrl=url)
    ask.publish(topic, "test_dlq_after_sqs_endpoint_deleted", MessageAttributes=_ATTRIBUTES)
    return {"messages": ask.receive_all(dead_url)}


def after_failure(ask: Asker) -> Answers:
    topic, (url, queue), (dead_url, dead) = ask.topic(), ask.queue(), ask.queue()
    arn = ask.subscribe(topic, queue)
    steps = {"subscriptions-attrs": ask.attributes(arn)}
    ask.publish(topic, "test_dlq_before_sqs_endpoint_deleted")
    steps["messages-before-delete"] = ask.receive(url)
    value = json.dumps({"deadLetterTargetArn": dead})
    given: dict[str, Any] = {"SubscriptionArn": arn, "AttributeName": "RedrivePolicy", "AttributeValue": value}
    ask("set_subscription_attributes", **given)
    steps["subscriptions-attrs-with-redrive"] = ask.attributes(arn)
    ask("delete_queue", "sqs", QueueUrl=url)
    for number in range(2):
        ask.publish(topic, f"test_dlq_after_sqs_endpoint_deleted_{number}")
        steps[f"message-{number}-after-delete"] = ask.receive(dead_url)
    steps["subscriptions"] = ask("list_subscriptions_by_topic", TopicArn=topic)
    return steps


def fifo_deduplication(ask: Asker) -> Answers:
    topic = ask.topic(FifoTopic="true", ContentBasedDeduplication="true")
    url, queue = ask.queue(fifo=True)
    ask.subscribe(topic, queue)
    ask.publish(topic, "Test", MessageGroupId="message-group-id-1")
    received = ask.receive(url, AttributeNames=["All"])
    handle = received["Messages"][0]["ReceiptHandle"]
    ask("delete_message", "sqs", QueueUrl=url, ReceiptHandle=handle)
    ask.publish(topic, "Test", MessageGroupId="message-group-id-1")
    return {"messages": received, "dedup-messages": ask.receive(url, AttributeNames=["All"])}


def fifo_without_deduplication(ask: Asker, raw: str) -> Answers:
    topic = ask.topic(FifoTopic="true", ContentBasedDeduplication="true")
    url, queue = ask.queue(fifo=True)
    ask.subscribe(topic, queue, RawMessageDelivery=raw)
    ask.publish(topic, "Test single", MessageGroupId="message-group-id-1")
    entries = [{"Id": "1", "Message": "Test batched", "MessageGroupId": "message-group-id-1"}]
    ask("publish_batch", TopicArn=topic, PublishBatchRequestEntries=entries)
    received = ask.receive(url, AttributeNames=["All"])
    return {"messages": {"Messages": received["Messages"]}}


def fifo_validations(ask: Asker) -> Answers:
    fifo, topic = ask.topic(FifoTopic="true"), ask.topic()
    (_, queue), (_, fifo_queue) = ask.queue(), ask.queue(fifo=True)
    plain = ask.subscribe(fifo, queue)
    ordered = ask.subscribe(fifo, fifo_queue)
    value = json.dumps({"deadLetterTargetArn": queue})
    given: dict[str, Any] = {"SubscriptionArn": ordered, "AttributeName": "RedrivePolicy", "AttributeValue": value}
    return {
        "not-fifo-topic": ask("subscribe", TopicArn=topic, Protocol="sqs", Endpoint=fifo_queue),
        "not-fifo-queue": ask.attributes(plain)["Attributes"],
        "regular-queue-for-dlq-of-fifo-topic": ask("set_subscription_attributes", **given),
        "no-msg-group-id": ask.publish(fifo, "test"),
        "no-dedup-policy": ask.publish(fifo, "test", MessageGroupId="group"),
        "no-msg-dedup-regular-topic": ask.publish(topic, "test", MessageDeduplicationId="test"),
    }


# -- HTTP --------------------------------------------------------------------------------------------------------------


def _get(url: str) -> Any:
    try:
        with urllib.request.urlopen(url) as response:
            text = response.read()
    except urllib.error.HTTPError as error:
        with error:
            text = error.read()
    return _plain(ElementTree.fromstring(text))


def _plain(element: Any) -> Any:
    """A document of the Query protocol as the recorder read it."""
    name = element.tag.rpartition("}")[2]
    if name == "ResponseMetadata":
        return {name: {"HTTPHeaders": {}, "HTTPStatusCode": 200}}
    content: dict[str, Any] = {}
    for child in element:
        content |= _plain(child)
    return {name: content or element.text}


def http_endpoint(ask: Asker, raw: bool) -> Answers:
    topic = ask.topic()
    with endpoint() as server:
        server.status = 200
        arn = ask.subscribe(topic, f"{server.url}/sns-endpoint", "http", RawMessageDelivery=str(raw).lower())
        confirmation = server.wait_for(1)[0]
        base = f"{ask.cloud.url}/?Action=ConfirmSubscription"
        token = confirmation.json["Token"]
        steps: Answers = {
            "subscription-confirmation": confirmation.json,
            "http-confirm-sub-headers": _headers(confirmation.headers),
            "broken-topic-arn-confirm": _get(f"{base}&TopicArn=randomstring&Token={token}"),
            "different-region-arn-confirm": _get(
                f"{base}&TopicArn={topic.replace('us-east-1', 'us-west-1')}&Token={token}"
            ),
            "broken-token-confirm": _get(f"{base}&TopicArn={topic}&Token={'ab' * 64}"),
            "confirm-subscribe": _get(confirmation.json["SubscribeURL"]),
        }
        ask.publish(topic, "test_external_http_endpoint")
        message = server.wait_for(2)[1]
        steps["http-message-headers-raw" if raw else "http-message-headers"] = _headers(message.headers)
        if not raw:
            steps["http-message"] = message.json
        steps["unsubscribe-response"] = _get(f"{ask.cloud.url}/?Action=Unsubscribe&SubscriptionArn={arn}")
        steps["unsubscribe-request"] = server.wait_for(3)[2].json
    return steps


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {"-".join(part.capitalize() for part in name.split("-")): value for name, value in headers.items()}


TESTS: dict[str, dict[str, Ask]] = {
    "topics": {
        "test_create_duplicate_topic_check_idempotency": create_again,
        "test_create_duplicate_topic_with_more_tags": create_with_more_tags,
        "test_create_topic_test_arn": create_and_delete,
        "test_create_topic_with_attributes": create_with_attributes,
        "test_delete_topic_idempotency": delete_twice,
        "test_delete_non_existent_topic": delete_missing,
        "test_tags": tags,
        "test_tags_removed_after_deletion": tags_of_a_new_topic,
        "test_topic_delivery_policy_crud": delivery_policy,
        "test_create_topic_different_attrs": different_attributes,
        "test_create_topic_name_constraints": names,
        "test_add_permission_errors": permission_errors,
        "test_topic_remove_permission": remove_permission,
        "test_remove_permission_errors": remove_permission_errors,
    },
    "subscriptions": {
        "test_subscribe_idempotency": idempotent,
        "test_not_found_error_on_set_subscription_attributes": not_found_when_set,
        "test_sns_confirm_subscription_wrong_token": wrong_tokens,
        "test_unsubscribe_from_non_existing_subscription": unsubscribe_missing,
        "test_unsubscribe_wrong_arn_format": unsubscribe_wrong_arns,
        "test_subscribe_with_invalid_protocol": invalid_protocol,
        "test_subscribe_to_sqs_with_queue_url": queue_url,
        "test_subscribe_unknown_sqs_queue": unknown_queue,
        "test_subscribe_unknown_topic": unknown_topic,
        "test_subscribe_invalid_filter_policy": invalid_filter_policy,
        "test_creating_subscription_with_attributes": shown("subscription-with-attributes", RawMessageDelivery="true"),
        "test_subscribe_attributes": shown("get-subscription-attributes"),
        "test_sqs_topic_subscription_confirmation": shown("subscription-attrs", whole=False),
        "test_set_subscription_attributes": changed,
        "test_getting_subscriptions_by_topic": by_topic,
        "test_get_subscription_attributes_error_not_exists": missing_subscription,
        "test_set_subscription_filter_policy_scope": filter_scope,
        "test_sub_filter_policy_nested_property": nested_policy,
    },
    "publishing": {
        "test_empty_sns_message": empty_message,
        "test_publish_batch_invalid_entry_id": batch_ids,
        "test_publish_message_by_target_arn": by_target,
        "test_publish_non_existent_target": missing_endpoint,
        "test_publish_with_empty_subject": empty_subject,
        "test_publish_wrong_arn_format": wrong_arns,
        "test_unknown_topic_publish": missing_topic,
        "test_topic_publish_another_region": other_region,
        "test_cross_region_access": across_regions,
        "test_attribute_raw_subscribe": raw_attributes,
        "test_empty_or_wrong_message_attributes": wrong_attributes,
        "test_message_attributes_not_missing": kept_attributes,
        "test_publish_batch_exceptions": batch_errors,
        "test_publish_unicode_chars": text_of_unicode,
        "test_publish_sqs_from_sns_with_xray_propagation": traced,
        **{
            f"test_redrive_policy_sqs_queue_subscription[{raw}]": lambda ask, raw=raw: redrive(ask, raw.lower())  # type: ignore[misc]
            for raw in ("True", "False")
        },
        "test_subscription_after_failure_to_deliver": after_failure,
        "test_publish_to_fifo_topic_deduplication_on_topic_level": fifo_deduplication,
        **{
            f"test_publish_to_fifo_topic_to_sqs_queue_no_content_dedup[{raw}]": (
                lambda ask, raw=raw: fifo_without_deduplication(ask, raw.lower())  # type: ignore[misc]
            )
            for raw in ("True", "False")
        },
        "test_validations_for_fifo": fifo_validations,
    },
    "HTTP": {
        f"test_subscribe_external_http_endpoint[{raw}]": lambda ask, raw=raw: http_endpoint(ask, raw)  # type: ignore[misc]
        for raw in (True, False)
    },
}


def cases() -> Iterator[tuple[str, str, Ask]]:
    """Area, name of the recorded test, and what asks."""
    for area, tests in TESTS.items():
        for name, ask in tests.items():
            yield f"SNS: {area}", name, ask
