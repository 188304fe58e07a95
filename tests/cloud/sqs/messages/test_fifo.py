"""FIFO queues: order within a group, one batch of a group at a time, deduplication."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.running_cloud import RunningCloud

pytestmark = pytest.mark.server


@pytest.fixture
def url(sqs: Any, name: str) -> str:
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    return str(sqs.create_queue(QueueName=f"{name}.fifo", Attributes=attributes)["QueueUrl"])


def send(sqs: Any, url: str, *bodies: str) -> list[Any]:
    """The group is the first letter."""
    return [sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0]) for body in bodies]


def receive(sqs: Any, url: str, most: int = 10) -> list[Any]:
    found: list[Any] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=most).get("Messages", [])
    return found


def bodies(messages: list[Any]) -> list[str]:
    return [message["Body"] for message in messages]


def test_sequence_numbers_have_20_digits_and_grow(sqs: Any, url: str) -> None:
    numbers = [sent["SequenceNumber"] for sent in send(sqs, url, "a1", "b1", "a2")]
    assert numbers == sorted(numbers)
    assert {len(number) for number in numbers} == {20}


def test_a_group_in_flight_blocks_only_itself(sqs: Any, url: str) -> None:
    send(sqs, url, "a1", "a2", "b1", "a3")
    assert bodies(receive(sqs, url, 1)) == ["a1"]
    (second,) = receive(sqs, url)
    assert second["Body"] == "b1"
    assert receive(sqs, url) == []


def test_a_batch_may_hold_several_groups_in_order(sqs: Any, url: str) -> None:
    send(sqs, url, "a1", "b1", "a2", "b2", "c1")
    assert bodies(receive(sqs, url)) == ["a1", "a2", "b1", "b2", "c1"]


def test_deleting_frees_the_rest_of_the_group(sqs: Any, url: str) -> None:
    send(sqs, url, "a1", "a2", "a3")
    first, second = receive(sqs, url, 2)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert receive(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"])
    assert bodies(receive(sqs, url)) == ["a3"]


def test_what_was_not_deleted_comes_again_first(cloud: RunningCloud, sqs: Any, url: str) -> None:
    send(sqs, url, "a1", "a2", "a3")
    assert bodies(receive(sqs, url, 2)) == ["a1", "a2"]
    cloud.advance(31)
    assert bodies(receive(sqs, url)) == ["a1", "a2", "a3"]


def test_a_duplicate_answers_the_first_one_even_after_it_was_deleted(cloud: RunningCloud, sqs: Any, url: str) -> None:
    (first,) = send(sqs, url, "a1")
    (message,) = receive(sqs, url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    cloud.advance(299)
    (again,) = send(sqs, url, "a1")
    for name in ("MessageId", "SequenceNumber", "MD5OfMessageBody"):
        assert again[name] == first[name]
    assert receive(sqs, url) == []
    cloud.advance(2)
    send(sqs, url, "a1")
    assert bodies(receive(sqs, url)) == ["a1"]


def test_an_expired_handle_deletes_nothing(cloud: RunningCloud, sqs: Any, url: str) -> None:
    send(sqs, url, "a1")
    (message,) = receive(sqs, url)
    cloud.advance(31)
    for call in ("delete_message", "change_message_visibility"):
        given = {"VisibilityTimeout": 5} if call.startswith("change") else {}
        with pytest.raises(ClientError, match="The receipt handle has expired"):
            getattr(sqs, call)(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], **given)


def test_a_receive_whose_answer_was_lost_can_be_made_again(cloud: RunningCloud, sqs: Any, url: str) -> None:
    send(sqs, url, "a1", "a2")
    given = {"QueueUrl": url, "ReceiveRequestAttemptId": "attempt", "AttributeNames": ["ApproximateReceiveCount"]}
    (first,) = sqs.receive_message(**given)["Messages"]
    (again,) = sqs.receive_message(**given)["Messages"]
    assert (again["Body"], again["Attributes"]) == ("a1", {"ApproximateReceiveCount": "1"})
    assert "Messages" not in sqs.receive_message(**{**given, "ReceiveRequestAttemptId": "other"})
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert bodies(sqs.receive_message(**given)["Messages"]) == ["a2"]  # what it had received has changed


def test_a_delay_of_one_message_is_refused(sqs: Any, url: str) -> None:
    with pytest.raises(ClientError, match="Value 5 for parameter DelaySeconds is invalid"):
        sqs.send_message(QueueUrl=url, MessageBody="a", MessageGroupId="a", DelaySeconds=5)


def test_a_message_without_a_group_has_a_code_of_its_own(sqs: Any, url: str) -> None:
    """SQS API reference, "Common errors": MissingParameter; in a batch InvalidParameterValue was recorded."""
    with pytest.raises(ClientError, match=r"\(MissingParameter\).*must contain the parameter MessageGroupId"):
        sqs.send_message(QueueUrl=url, MessageBody="a")
    with pytest.raises(ClientError, match=r"\(InvalidParameterValue\).*must contain the parameter MessageGroupId"):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "a"}])


def test_a_group_of_many_messages_does_not_hide_another(sqs: Any, url: str) -> None:
    for start in range(0, 100, 10):
        entries = [
            {
                "Id": str(n),
                "MessageBody": f"a{start + n}",
                "MessageGroupId": "a",
                "MessageDeduplicationId": f"{start + n}",
            }
            for n in range(10)
        ]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    send(sqs, url, "b1")
    assert bodies(receive(sqs, url, 1)) == ["a0"]
    assert bodies(receive(sqs, url)) == ["b1"]


def test_a_dead_letter_lets_the_group_go_on(cloud: RunningCloud, sqs: Any, url: str, name: str) -> None:
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    source = sqs.create_queue(
        QueueName=f"{name}-source.fifo",
        Attributes={
            "FifoQueue": "true",
            "ContentBasedDeduplication": "true",
            "RedrivePolicy": f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "1"}}',
        },
    )["QueueUrl"]
    send(sqs, source, "a1", "a2")
    assert bodies(receive(sqs, source, 1)) == ["a1"]
    cloud.advance(31)
    assert bodies(receive(sqs, source)) == ["a2"]
    (dead,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert dead["Body"] == "a1"
    assert dead["Attributes"]["MessageGroupId"] == "a"
    assert dead["Attributes"]["DeadLetterQueueSourceArn"].endswith(f"{name}-source.fifo")
