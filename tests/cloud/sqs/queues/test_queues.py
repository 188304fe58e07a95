"""Creating, finding, changing, purging and deleting queues."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.running_cloud import RunningCloud, Start
from tests.watching import until

pytestmark = pytest.mark.server


def test_a_queue_url_has_the_host_that_asked_and_only_its_path_is_read(
    cloud: RunningCloud, sqs: Any, name: str
) -> None:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    assert url == f"{cloud.url}/123456789012/{name}"
    other = cloud.client(url=cloud.url.replace("127.0.0.1", "localhost"))
    assert other.get_queue_url(QueueName=name)["QueueUrl"] == url.replace("127.0.0.1", "localhost")
    sqs.send_message(QueueUrl=f"http://cloud:4566/123456789012/{name}", MessageBody="a")
    assert sqs.receive_message(QueueUrl=name)["Messages"][0]["Body"] == "a"


def test_a_query_request_may_have_the_queue_in_its_path_alone(cloud: RunningCloud, sqs: Any, name: str) -> None:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    cloud.client("sqs", "query", url).send_message(MessageBody="a", QueueUrl="")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "a"


@pytest.mark.parametrize(
    ("name", "attributes", "text"),
    [
        ("a b", {}, "Can only include alphanumeric characters"),
        ("a" * 81, {}, "1 to 80 in length"),
        ("a.fifo", {}, "Can only include alphanumeric characters"),
        ("a", {"FifoQueue": "true"}, "must end with .fifo suffix"),
        ("a", {"VisibilityTimeout": "43201"}, "Invalid value for the parameter VisibilityTimeout"),
        ("a", {"DelaySeconds": "-1"}, "Invalid value for the parameter DelaySeconds"),
        ("a", {"Nothing": "1"}, "Unknown Attribute Nothing"),
        ("a", {"QueueArn": "x"}, "Unknown Attribute QueueArn"),
        ("a", {"DeduplicationScope": "queue"}, "only when FifoQueue is set to true"),
        ("a", {"RedrivePolicy": "{"}, "Not a JSON object"),
        ("a", {"RedrivePolicy": '{"maxReceiveCount": 3}'}, "mandatory attribute: deadLetterTargetArn"),
        ("a", {"RedrivePolicy": '{"deadLetterTargetArn": "x", "maxReceiveCount": 0}'}, "from 1 to 1000"),
        ("a", {"RedrivePolicy": '{"deadLetterTargetArn": "x", "maxReceiveCount": 3}'}, "does not exist"),
        ("a", {"RedriveAllowPolicy": '{"redrivePermission": "some"}'}, "allowAll, denyAll or byQueue"),
        ("a", {"Policy": "no JSON"}, "Invalid value for the parameter Policy"),
    ],
)
def test_what_is_not_a_queue_is_refused(sqs: Any, name: str, attributes: dict[str, str], text: str) -> None:
    with pytest.raises(ClientError, match=text):
        sqs.create_queue(QueueName=name, Attributes=attributes)


def test_the_same_queue_again_is_no_error(sqs: Any, name: str) -> None:
    given = {"QueueName": name, "Attributes": {"VisibilityTimeout": "5"}}
    assert sqs.create_queue(**given)["QueueUrl"] == sqs.create_queue(**given)["QueueUrl"]
    sqs.create_queue(QueueName=name)


def test_tags_at_creation_are_kept(sqs: Any, name: str) -> None:
    url = sqs.create_queue(QueueName=name, tags={"a": "b"})["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}
    with pytest.raises(ClientError, match="Maximum number of tags is 50"):
        sqs.tag_queue(QueueUrl=url, Tags={str(number): "" for number in range(50)})


def test_queues_are_listed_in_pages_by_prefix(sqs: Any, name: str) -> None:
    names = [f"{name}-list-{number}" for number in range(5)]
    for each in names:
        sqs.create_queue(QueueName=each)
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=f"{name}-list-", PaginationConfig={"PageSize": 2})
    found = [[url.rpartition("/")[2] for url in page["QueueUrls"]] for page in pages]
    assert found == [names[:2], names[2:4], names[4:]]
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="no-such-prefix")


def test_a_deleted_queue_is_gone_with_its_messages(sqs: Any, name: str) -> None:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=url)
    sqs.create_queue(QueueName=name)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_a_purge_takes_all_messages_and_waits_60_seconds_for_the_next(cloud: RunningCloud, sqs: Any, name: str) -> None:
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "7"})["QueueUrl"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    sqs.purge_queue(QueueUrl=url)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == attributes["ApproximateNumberOfMessagesNotVisible"] == "0"
    assert attributes["VisibilityTimeout"] == "7"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    with pytest.raises(ClientError, match=f"Only one PurgeQueue operation on {name} is allowed every 60 seconds"):
        sqs.purge_queue(QueueUrl=url)
    cloud.advance(61)
    sqs.purge_queue(QueueUrl=url)


def test_messages_of_purged_and_deleted_queues_leave_the_file(start: Start, tmp_path: Path) -> None:
    cloud = start(tmp_path / "cloud.sqlite3")
    sqs = cloud.client()
    for name, end in (("purged", sqs.purge_queue), ("deleted", sqs.delete_queue)):
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        for _ in range(5):
            sqs.send_message(QueueUrl=url, MessageBody="a")
        end(QueueUrl=url)
    cloud.stop()

    def left() -> int:
        with closing(sqlite3.connect(tmp_path / "cloud.sqlite3")) as db:
            tables = ("messages", "contents", "dropped")
            return sum(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables)

    def run_again() -> bool:
        start(tmp_path / "cloud.sqlite3").stop()  # its first act is to remove some
        return left() == 0

    until(run_again)


def test_dead_letter_queues_know_their_sources_and_who_may_use_them(sqs: Any, name: str) -> None:
    allowed = f"arn:aws:sqs:us-east-1:123456789012:{name}-allowed"
    policy = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [allowed]})
    dead = sqs.create_queue(QueueName=f"{name}-dead", Attributes={"RedriveAllowPolicy": policy})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    source = sqs.create_queue(QueueName=f"{name}-allowed", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [source]
    with pytest.raises(ClientError, match="does not have permission to use the dead-letter queue"):
        sqs.create_queue(QueueName=f"{name}-other", Attributes={"RedrivePolicy": redrive})
    with pytest.raises(ClientError, match="must be same type of queue as the source"):
        sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", "RedrivePolicy": redrive})
    sqs.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": ""})
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == []


def test_queues_of_other_accounts_are_not_here(sqs: Any, name: str) -> None:
    sqs.create_queue(QueueName=name)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId="111111111111")
