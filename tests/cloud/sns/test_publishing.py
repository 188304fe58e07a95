"""What subscribers get. Source where none is named: SNS developer guide; recorded/sns/test_sns.json."""

from __future__ import annotations

import base64
import json
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from esb_cloud.sns.notifications.messages import signed_text
from tests.cloud.queues import ACCOUNT
from tests.cloud.sns.conftest import Sns

pytestmark = pytest.mark.server

ATTRIBUTES = {
    "kind": {"DataType": "String", "StringValue": "a"},
    "size": {"DataType": "Number", "StringValue": "99.12"},
    "blob": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
}


def refusal(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error = refused.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_a_queue_gets_the_envelope(sns: Sns) -> None:
    topic = sns.topic()
    queue = sns.queue()
    subscription = sns.subscribe(topic, queue.arn)
    published = sns.publish(topic, "häuser", Subject="a subject", MessageAttributes=ATTRIBUTES)
    (message,) = sns.messages(queue)
    document = json.loads(message["Body"])
    assert list(document) == [
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature"),
        *("SigningCertURL", "UnsubscribeURL", "MessageAttributes"),
    ]
    assert document["Type"] == "Notification"
    assert document["MessageId"] == published["MessageId"]
    assert document["TopicArn"] == topic
    assert (document["Subject"], document["Message"]) == ("a subject", "häuser")
    assert document["UnsubscribeURL"] == f"{sns.cloud.url}/?Action=Unsubscribe&SubscriptionArn={subscription}"
    assert document["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "a"},
        "size": {"Type": "Number", "Value": "99.12"},
        "blob": {"Type": "Binary", "Value": "AgME"},
    }
    assert "MessageAttributes" not in message


@pytest.mark.parametrize(("version", "algorithm"), [("1", SHA1()), ("2", SHA256())])
def test_the_envelope_is_signed_with_the_key_of_the_stack(sns: Sns, version: str, algorithm: Any) -> None:
    topic = sns.topic(SignatureVersion=version)
    queue = sns.subscribed_queue(topic)
    sns.publish(topic, "text", Subject="subject")
    document = json.loads(sns.messages(queue)[0]["Body"])
    assert document["SignatureVersion"] == version
    with urllib.request.urlopen(document["SigningCertURL"]) as response:
        certificate = x509.load_pem_x509_certificate(response.read())
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signature = base64.b64decode(document["Signature"])
    key.verify(signature, signed_text(document).encode(), padding.PKCS1v15(), algorithm)


def test_raw_delivery_is_the_message_with_its_attributes(sns: Sns) -> None:
    topic = sns.topic()
    queue = sns.subscribed_queue(topic, RawMessageDelivery="true")
    sns.publish(topic, '{"a": 1}', MessageAttributes=ATTRIBUTES)
    (message,) = sns.messages(queue)
    assert message["Body"] == '{"a": 1}'
    assert message["MessageAttributes"] == ATTRIBUTES


def test_more_attributes_than_a_queue_takes_are_a_dead_letter_if_raw(sns: Sns) -> None:
    """Recorded: queues take ten attributes."""
    topic = sns.topic()
    queue, dead = sns.queue(), sns.queue()
    sns.subscribe(
        topic, queue.arn, RawMessageDelivery="true", RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn})
    )
    wrapped = sns.subscribed_queue(topic)
    sns.publish(topic, MessageAttributes={f"a{n}": ATTRIBUTES["kind"] for n in range(11)})
    assert sns.messages(queue) == []
    assert len(sns.messages(wrapped)) == 1


def test_a_text_for_each_protocol(sns: Sns) -> None:
    topic = sns.topic()
    queue = sns.subscribed_queue(topic)
    texts = {"default": "for all", "sqs": "for queues", "http": "for servers"}
    sns.publish(topic, json.dumps(texts), MessageStructure="json")
    sns.publish(topic, json.dumps({"default": "for all"}), MessageStructure="json")
    assert sns.texts(queue) == ["for queues", "for all"]


@pytest.mark.parametrize("raw", ["true", "false"])
def test_a_queue_that_is_gone_gives_a_dead_letter(sns: Sns, raw: str) -> None:
    """Recorded: test_redrive_policy_sqs_queue_subscription."""
    topic = sns.topic()
    queue, dead = sns.queue(), sns.queue()
    policy = json.dumps({"deadLetterTargetArn": dead.arn})
    sns.subscribe(topic, queue.arn, RawMessageDelivery=raw, RedrivePolicy=policy)
    sns.sqs.delete_queue(QueueUrl=queue.url)
    sns.publish(topic, "lost?", MessageAttributes=ATTRIBUTES)
    (message,) = sns.messages(dead)
    if raw == "true":
        assert (message["Body"], message["MessageAttributes"]) == ("lost?", ATTRIBUTES)
    else:
        assert json.loads(message["Body"])["Message"] == "lost?"


def test_a_publish_succeeds_whatever_becomes_of_it(sns: Sns) -> None:
    topic = sns.topic()
    sns.subscribe(topic, f"arn:aws:sqs:us-east-1:{ACCOUNT}:missing")
    good = sns.subscribed_queue(topic)
    sns.publish(topic)
    assert sns.texts(good) == ["message"]


def test_a_batch_arrives_in_order(sns: Sns) -> None:
    topic = sns.topic()
    queue = sns.subscribed_queue(topic)
    entries = [{"Id": str(n), "Message": f"text {n}", "Subject": "s"} for n in range(10)]
    answer = sns.client.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [one["Id"] for one in answer["Successful"]] == [str(n) for n in range(10)]
    assert sns.texts(queue) == [f"text {n}" for n in range(10)]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], "EmptyBatchRequest: The batch request doesn't contain any entries."),
        (
            [{"Id": str(n), "Message": "m"} for n in range(11)],
            "TooManyEntriesInBatchRequest: The batch request contains more entries than permissible.",
        ),
        (
            [{"Id": "a", "Message": "m"}] * 2,
            "BatchEntryIdsNotDistinct: Two or more batch entries in the request have the same Id.",
        ),
        (
            [{"Id": "a.b", "Message": "m"}],
            "InvalidBatchEntryId: The Id of a batch entry in the batch request contains an impermissible character: "
            "a.b",
        ),
        (
            [{"Id": "a", "Message": "m" * 200_000}, {"Id": "b", "Message": "m" * 100_000}],
            "BatchRequestTooLong: The length of all the messages put together is more than the limit.",
        ),
        (
            [{"Id": "a", "Message": "m"}, {"Id": "b", "Message": ""}],
            "InvalidParameter: Invalid parameter: Empty message",
        ),
    ],
)
def test_batches_that_are_refused_as_a_whole(sns: Sns, entries: list[Any], expected: str) -> None:
    topic = sns.topic()
    queue = sns.subscribed_queue(topic)
    found = refusal(sns.client.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)
    assert found == expected
    assert sns.messages(queue) == []


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"Message": ""}, "Invalid parameter: Empty message"),
        ({"Subject": ""}, "Invalid parameter: Subject"),
        ({"Subject": "s" * 101}, "Invalid parameter: Subject"),
        ({"Subject": "a\nb"}, "Invalid parameter: Subject"),
        ({"Message": "m" * 262_145}, "Invalid parameter: Message too long"),
        ({"MessageStructure": "xml"}, "Invalid parameter: MessageStructure"),
        (
            {"MessageStructure": "json"},
            "Invalid parameter: Message Structure - JSON message body failed to parse",
        ),
        (
            {"MessageStructure": "json", "Message": '{"sqs": "x"}'},
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
        (
            {"MessageDeduplicationId": "x"},
            "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter "
            "that is not valid for this topic type",
        ),
    ],
)
def test_messages_that_are_refused(sns: Sns, parameters: dict[str, Any], expected: str) -> None:
    found = refusal(sns.client.publish, **{"TopicArn": sns.topic(), "Message": "message", **parameters})
    assert found == f"InvalidParameter: {expected}"


def test_what_this_stack_has_not(sns: Sns) -> None:
    phone = refusal(sns.client.publish, PhoneNumber="+15551234567", Message="m")
    assert "text messages are not available in this stack" in phone
    assert refusal(sns.client.create_platform_application, Name="a", Platform="ADM", Attributes={}).startswith(
        "InvalidAction"
    )


def test_a_topic_that_is_not_there(sns: Sns) -> None:
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT}:missing"
    assert refusal(sns.client.publish, TopicArn=arn, Message="m") == "NotFound: Topic does not exist"
    assert refusal(sns.client.publish, TargetArn=arn, Message="m") == "NotFound: Topic does not exist"
    other = "arn:aws:sns:eu-west-1:123456789012:missing"
    assert refusal(sns.client.publish, TopicArn=other, Message="m") == "InvalidParameter: Invalid parameter: TopicArn"


# -- FIFO topics -------------------------------------------------------------------------------------------------------


def test_a_fifo_topic_keeps_order_and_does_not_sign(sns: Sns) -> None:
    topic = sns.topic(FifoTopic="true", ContentBasedDeduplication="true")
    queue = sns.subscribed_queue(topic)
    published = [sns.publish(topic, f"text {n}", MessageGroupId="group") for n in range(5)]
    received = sns.messages(queue)
    documents = [json.loads(one["Body"]) for one in received]
    assert [one["Message"] for one in documents] == [f"text {n}" for n in range(5)]
    assert [one["SequenceNumber"] for one in documents] == [one["SequenceNumber"] for one in published]
    assert sorted(one["SequenceNumber"] for one in documents) == [one["SequenceNumber"] for one in documents]
    assert list(documents[0]) == [
        *("Type", "MessageId", "SequenceNumber", "TopicArn", "Message", "Timestamp", "UnsubscribeURL"),
    ]
    assert {one["Attributes"]["MessageGroupId"] for one in received} == {"group"}


def test_a_duplicate_is_answered_with_the_first_one(start: Any, name: str) -> None:
    sns = Sns(start(auth=False), name)
    topic = sns.topic(FifoTopic="true")
    queue = sns.subscribed_queue(topic)
    sent = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
    first, second = sns.publish(topic, "one", **sent), sns.publish(topic, "two", **sent)
    assert (first["MessageId"], first["SequenceNumber"]) == (second["MessageId"], second["SequenceNumber"])
    assert sns.texts(queue) == ["one"]
    sns.cloud.advance(301)
    assert sns.publish(topic, "three", **sent)["MessageId"] != first["MessageId"]


def test_duplicates_are_told_apart_by_group_if_the_topic_says_so(sns: Sns) -> None:
    topic = sns.topic(FifoTopic="true", FifoThroughputScope="MessageGroup")
    sent = [sns.publish(topic, MessageGroupId=group, MessageDeduplicationId="d")["MessageId"] for group in "aab"]
    assert sent[0] == sent[1] != sent[2]


def test_a_standard_queue_may_subscribe_to_a_fifo_topic(sns: Sns) -> None:
    """Recorded: test_validations_for_fifo, not-fifo-queue."""
    topic = sns.topic(FifoTopic="true", ContentBasedDeduplication="true")
    queue = sns.queue()
    sns.subscribe(topic, queue.arn)
    sns.publish(topic, MessageGroupId="g")
    assert sns.texts(queue) == ["message"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "The MessageGroupId parameter is required for FIFO topics"),
        (
            {"MessageGroupId": "g"},
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly",
        ),
    ],
)
def test_what_a_fifo_topic_wants(sns: Sns, parameters: dict[str, Any], expected: str) -> None:
    topic = sns.topic(FifoTopic="true")
    found = refusal(sns.client.publish, TopicArn=topic, Message="m", **parameters)
    assert found == f"InvalidParameter: Invalid parameter: {expected}"
