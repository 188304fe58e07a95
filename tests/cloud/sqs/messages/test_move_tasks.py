"""StartMessageMoveTask: dead letters go back as new messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.running_cloud import RunningCloud
from tests.watching import until

pytestmark = pytest.mark.server


class Pair:
    """A queue and its dead-letter queue, which has some messages of it."""

    def __init__(self, cloud: RunningCloud, name: str, count: int) -> None:
        self.sqs = cloud.client()
        self.dead = self.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        self.arn = self.arn_of(self.dead)
        policy = json.dumps({"deadLetterTargetArn": self.arn, "maxReceiveCount": 1})
        self.source = self.sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
        for number in range(count):
            self.sqs.send_message(QueueUrl=self.source, MessageBody=str(number))
        for _ in range(2 * count + 1):
            self.sqs.receive_message(QueueUrl=self.source, VisibilityTimeout=0, MaxNumberOfMessages=10)
        assert self.depth(self.dead) == count

    def arn_of(self, url: str) -> str:
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])

    def depth(self, url: str) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    def task(self) -> Any:
        return self.sqs.list_message_move_tasks(SourceArn=self.arn)["Results"][0]


def test_messages_go_back_to_where_they_came_from(cloud: RunningCloud, name: str) -> None:
    pair = Pair(cloud, name, 3)
    handle = pair.sqs.start_message_move_task(SourceArn=pair.arn)["TaskHandle"]
    until(lambda: pair.task()["Status"] == "COMPLETED")
    assert (pair.depth(pair.dead), pair.depth(pair.source)) == (0, 3)
    task = pair.task()
    assert task["ApproximateNumberOfMessagesMoved"] == task["ApproximateNumberOfMessagesToMove"] == 3
    assert "TaskHandle" not in task
    (message,) = pair.sqs.receive_message(QueueUrl=pair.source, AttributeNames=["All"])["Messages"]
    assert message["Body"] == "0"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "DeadLetterQueueSourceArn" not in message["Attributes"]
    with pytest.raises(ClientError, match="Only active tasks can be cancelled"):
        pair.sqs.cancel_message_move_task(TaskHandle=handle)


def test_messages_go_to_another_queue(cloud: RunningCloud, name: str) -> None:
    pair = Pair(cloud, name, 2)
    other = pair.sqs.create_queue(QueueName=f"{name}-other")["QueueUrl"]
    pair.sqs.start_message_move_task(SourceArn=pair.arn, DestinationArn=pair.arn_of(other))
    until(lambda: pair.task()["Status"] == "COMPLETED")
    assert pair.depth(other) == 2


def test_a_task_with_a_rate_can_be_cancelled_and_there_is_one_at_a_time(cloud: RunningCloud, name: str) -> None:
    pair = Pair(cloud, name, 5)
    handle = pair.sqs.start_message_move_task(SourceArn=pair.arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    with pytest.raises(ClientError, match="There is already a task running"):
        pair.sqs.start_message_move_task(SourceArn=pair.arn)
    pair.sqs.cancel_message_move_task(TaskHandle=handle)
    assert pair.task()["Status"] == "CANCELLED"
    assert pair.depth(pair.dead) > 0


def test_a_message_that_came_from_nowhere_ends_the_task(cloud: RunningCloud, name: str) -> None:
    pair = Pair(cloud, name, 0)
    pair.sqs.send_message(QueueUrl=pair.dead, MessageBody="a")
    pair.sqs.start_message_move_task(SourceArn=pair.arn)
    until(lambda: pair.task()["Status"] == "FAILED")
    assert pair.task()["FailureReason"] == "CouldNotDetermineMessageSource"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"SourceArn": "arn:aws:sqs:us-east-1:123456789012:nothing"}, "for the SourceArn parameter doesn't exist"),
        ({"DestinationArn": "arn:aws:sqs:us-east-1:123456789012:no"}, "for the DestinationArn parameter doesn't exist"),
        ({"MaxNumberOfMessagesPerSecond": 501}, "must be from 1 to 500"),
    ],
)
def test_what_cannot_be_moved_is_refused(cloud: RunningCloud, name: str, given: dict[str, Any], text: str) -> None:
    pair = Pair(cloud, name, 0)
    with pytest.raises(ClientError, match=text):
        pair.sqs.start_message_move_task(**{"SourceArn": pair.arn, **given})


def test_only_dead_letter_queues_are_sources(cloud: RunningCloud, name: str) -> None:
    pair = Pair(cloud, name, 0)
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue"):
        pair.sqs.start_message_move_task(SourceArn=pair.arn_of(pair.source))
