"""Sending, receiving, hiding and deleting messages of standard queues, by boto3."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from esb_wire.function_credentials import access_key_id, secret_access_key
from tests.cloud.running_cloud import SECRET_KEY, RunningCloud, Start

pytestmark = pytest.mark.server


@pytest.fixture
def url(sqs: Any, name: str) -> str:
    return str(sqs.create_queue(QueueName=name)["QueueUrl"])


def bodies(received: Any) -> list[str]:
    return [message["Body"] for message in received.get("Messages", [])]


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def test_a_message_comes_back_byte_for_byte_with_its_attributes(sqs: Any, url: str) -> None:
    body = '{"a":  1.0}\r\n\t"é" \U0001f600'
    attributes = {
        "text": {"DataType": "String.my", "StringValue": "é\n"},
        "number": {"DataType": "Number", "StringValue": "1e3"},
        "bytes": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == body
    assert message["MessageAttributes"] == attributes
    assert message["MessageId"] == sent["MessageId"]
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


def test_the_sender_is_the_function_that_has_credentials_of_its_own(cloud: RunningCloud, sqs: Any, url: str) -> None:
    key_id = access_key_id("orders")
    own = boto3.client(
        "sqs",
        endpoint_url=cloud.url,
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret_access_key(SECRET_KEY, "orders"),
    )
    own.send_message(QueueUrl=url, MessageBody="a")
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["SenderId"])["Messages"]
    assert message["Attributes"] == {"SenderId": f"{key_id}:orders"}


def test_a_received_message_is_hidden_and_comes_again(cloud: RunningCloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    assert bodies(sqs.receive_message(QueueUrl=url, VisibilityTimeout=10)) == ["a"]
    assert bodies(sqs.receive_message(QueueUrl=url)) == []
    cloud.advance(11)
    (again,) = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert again["Attributes"] == {"ApproximateReceiveCount": "2"}


def test_a_delayed_message_comes_later(cloud: RunningCloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a", DelaySeconds=60)
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesDelayed"] == "1"
    assert bodies(sqs.receive_message(QueueUrl=url)) == []
    cloud.advance(60)
    assert bodies(sqs.receive_message(QueueUrl=url)) == ["a"]


def test_counts_follow_the_messages(cloud: RunningCloud, sqs: Any, url: str) -> None:
    for number in range(5):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=3)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == "2"
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "2"
    cloud.advance(31)
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == "4"


def test_the_newest_receipt_handle_is_the_one_that_deletes(cloud: RunningCloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    first = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    cloud.advance(31)
    second = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    cloud.advance(31)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first)
    depth = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert depth["Attributes"] == {"ApproximateNumberOfMessages": "1"}
    for _ in range(2):  # the second time there is nothing to delete, which is no error
        sqs.delete_message(QueueUrl=url, ReceiptHandle=second)
    assert bodies(sqs.receive_message(QueueUrl=url)) == []


def test_a_visibility_of_zero_gives_a_message_back(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    assert bodies(sqs.receive_message(QueueUrl=url)) == ["a"]


def test_a_message_is_hidden_for_12_hours_at_most(cloud: RunningCloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = sqs.receive_message(QueueUrl=url, VisibilityTimeout=43200)["Messages"][0]["ReceiptHandle"]
    cloud.advance(60)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43100)
    with pytest.raises(ClientError, match=r"is beyond the limit \[43200 seconds\]"):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43200)


def test_batches_answer_for_each_entry(sqs: Any, url: str) -> None:
    entries = [
        {"Id": "good", "MessageBody": "a"},
        {"Id": "bad", "MessageBody": "\x00"},
        {"Id": "late", "MessageBody": "b", "DelaySeconds": 901},
    ]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in sent["Successful"]] == ["good"]
    codes = [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in sent["Failed"]]
    assert codes == [("bad", "InvalidMessageContents", True), ("late", "InvalidParameterValue", True)]
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    changed = sqs.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "1", "ReceiptHandle": handle, "VisibilityTimeout": 5},
            {"Id": "2", "ReceiptHandle": "no handle", "VisibilityTimeout": 5},
        ],
    )
    assert [entry["Id"] for entry in changed["Successful"]] == ["1"]
    assert [entry["Code"] for entry in changed["Failed"]] == ["ReceiptHandleIsInvalid"]
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "1", "ReceiptHandle": handle}])
    assert [entry["Id"] for entry in deleted["Successful"]] == ["1"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([{"Id": "a", "MessageBody": "x"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": str(n), "MessageBody": "x" * 600_000} for n in range(2)], "BatchRequestTooLong"),
        ([{"MessageBody": "x"}], "MissingParameter"),
    ],
)
def test_a_batch_that_is_wrong_as_a_whole_sends_nothing(sqs: Any, url: str, entries: Any, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert code_of(caught).rpartition(".")[2] == code
    assert bodies(sqs.receive_message(QueueUrl=url)) == []


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"MessageBody": ""}, "must contain the parameter MessageBody"),
        ({"MessageBody": "a\x01"}, "#x1"),
        ({"MessageBody": "\ud800"}, "#xD800"),
        ({"MessageBody": "a", "DelaySeconds": 901}, "Value 901 for parameter DelaySeconds"),
        ({"MessageBody": "a", "MessageDeduplicationId": "d"}, "not valid for this queue type"),
        *(
            ({"MessageBody": "a", "MessageAttributes": {name: value}}, text)
            for name, value, text in (
                ("AWS.x", {"DataType": "String", "StringValue": "x"}, "name 'AWS.x' is invalid"),
                ("a..b", {"DataType": "String", "StringValue": "x"}, "name 'a..b' is invalid"),
                ("a", {"DataType": "Text", "StringValue": "x"}, "invalid message attribute type"),
                ("a", {"DataType": "String", "StringValue": ""}, "non-empty message attribute value"),
                ("a", {"StringValue": "x"}, "non-empty message attribute type"),
                ("a", {"DataType": "Number", "StringValue": "x"}, "to a number"),
                ("a", {"DataType": "Binary", "StringValue": "x"}, "non-empty message attribute value"),
            )
        ),
        (
            {
                "MessageBody": "a",
                "MessageAttributes": {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(11)},
            },
            r"\[11\] exceeds the allowed maximum \[10\]",
        ),
        (
            {"MessageBody": "a", "MessageSystemAttributes": {"x": {"DataType": "String", "StringValue": "x"}}},
            "'x' is not one that can be sent",
        ),
    ],
)
def test_what_is_not_a_message_is_refused(sqs: Any, url: str, given: dict[str, Any], text: str) -> None:
    with pytest.raises(ClientError, match=text):
        sqs.send_message(QueueUrl=url, **given)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"MaxNumberOfMessages": 0}, "Value 0 for parameter MaxNumberOfMessages"),
        ({"WaitTimeSeconds": 21}, "Value 21 for parameter WaitTimeSeconds"),
        ({"VisibilityTimeout": 43201}, "Value 43201 for parameter VisibilityTimeout"),
        ({"AttributeNames": ["Nothing"]}, "Unknown Attribute Nothing"),
        ({"ReceiveRequestAttemptId": "a"}, "not valid for this queue type"),
    ],
)
def test_what_cannot_be_received_is_refused(sqs: Any, url: str, given: dict[str, Any], text: str) -> None:
    with pytest.raises(ClientError, match=text):
        sqs.receive_message(QueueUrl=url, **given)


def test_the_handle_of_another_message_is_refused(sqs: Any, url: str) -> None:
    for handle in ("x", "AAAA", ""):
        with pytest.raises(ClientError) as caught:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        assert code_of(caught) == "ReceiptHandleIsInvalid"
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    with pytest.raises(ClientError, match="does not exist or is not available for visibility timeout change"):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=1)


def test_messages_that_are_too_old_are_gone(cloud: RunningCloud, sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    sqs.send_message(QueueUrl=url, MessageBody="old")
    cloud.advance(61)
    sqs.send_message(QueueUrl=url, MessageBody="new")
    assert bodies(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)) == ["new"]


@pytest.mark.parametrize("step", [86_400, -86_400])
def test_a_step_of_the_clock_deletes_nothing_delivers_nothing_twice_and_blocks_nothing(
    start: Start, step: float
) -> None:
    cloud = start(auth=False)  # signatures are of this process's clock, which does not step
    sqs = cloud.client()
    url = sqs.create_queue(QueueName="a", Attributes={"MessageRetentionPeriod": "3600"})["QueueUrl"]
    for body in ("received", "waiting"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    assert bodies(sqs.receive_message(QueueUrl=url)) == ["received"]
    cloud.set_clock(step)
    sqs.send_message(QueueUrl=url, MessageBody="new")
    assert bodies(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)) == ["waiting", "new"]
    cloud.advance(31)
    assert len(bodies(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10))) == 3
