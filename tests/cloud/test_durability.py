"""What was accepted is there after `kill -9`, in its order, and what was deleted is not."""

from __future__ import annotations

import base64
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.cloud.cloud_process import Spawn
from tests.cloud.running_cloud import Start
from tests.repetitions import repeated

KILLS = repeated(6)


class Sender(threading.Thread):
    """Sends numbered messages to a group of a FIFO queue, and to a standard queue, until the server is gone."""

    def __init__(self, client: Any, urls: tuple[str, str], name: str, first: int) -> None:
        super().__init__()
        self.client, self.urls, self.label = client, urls, name
        self.number = first
        self.accepted: list[str] = []

    def run(self) -> None:
        standard, fifo = self.urls
        try:
            while True:
                body = f"{self.label}-{self.number}"
                self.number += 1  # even if it fails: it may have been accepted
                self.client.send_message(QueueUrl=standard, MessageBody=body)
                self.client.send_message(
                    QueueUrl=fifo, MessageBody=body, MessageGroupId=self.label, MessageDeduplicationId=body
                )
                self.accepted.append(body)
        except (BotoCoreError, ClientError):
            return


@pytest.mark.server
def test_accepted_messages_survive_kills_in_their_order(tmp_path: Path, spawn: Spawn) -> None:
    data, accepted, numbers, port = tmp_path / "cloud.sqlite3", list[str](), [0, 0, 0], 0
    for _ in range(KILLS):
        cloud = spawn(data, port=port)
        port = cloud.port
        sqs = cloud.client()
        standard = sqs.create_queue(QueueName="standard")["QueueUrl"]
        fifo = sqs.create_queue(QueueName="ordered.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        senders = [Sender(cloud.client(), (standard, fifo), f"g{n}", first) for n, first in enumerate(numbers)]
        for sender in senders:
            sender.start()
        senders[0].join(random.uniform(0.05, 0.2))
        cloud.kill()
        for sender in senders:
            sender.join()
            accepted += sender.accepted
        numbers = [sender.number for sender in senders]

    cloud = spawn(data, port=port)
    sqs = cloud.client()
    assert len(accepted) > KILLS
    assert set(accepted) <= set(drain(sqs, "standard"))
    ordered = drain(sqs, "ordered.fifo")
    assert set(accepted) <= set(ordered)
    assert len(ordered) == len(set(ordered))
    for group in ("g0", "g1", "g2"):
        found = [int(body.partition("-")[2]) for body in ordered if body.startswith(group)]
        assert found == sorted(found)
    cloud.kill()

    cloud = spawn(data, port=port)
    assert drain(cloud.client(), "standard") == drain(cloud.client(), "ordered.fifo") == []
    assert cloud.terminate() == 0


def drain(sqs: Any, name: str) -> list[str]:
    """Receive and delete everything; the bodies in their order."""
    url, found = sqs.get_queue_url(QueueName=name)["QueueUrl"], list[str]()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
        entries = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(messages)]
        assert "Failed" not in sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return found


def fill(sqs: Any, url: str) -> tuple[int, str]:
    """Send until it is refused; how many were accepted, and the error."""
    for accepted in range(100):
        try:
            sqs.send_message(QueueUrl=url, MessageBody="x" * 500_000)
        except ClientError as error:
            return accepted, str(error)
    return 100, ""


@pytest.mark.server
def test_leases_and_deduplication_go_on_after_a_kill(tmp_path: Path, spawn: Spawn) -> None:
    data = tmp_path / "cloud.sqlite3"
    cloud = spawn(data)
    sqs = cloud.client()
    url = sqs.create_queue(QueueName="a.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    given = {"QueueUrl": url, "MessageBody": "a", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    sent = sqs.send_message(**given)
    handle = sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"][0]["ReceiptHandle"]
    cloud.kill()
    again = spawn(data, port=cloud.port)
    assert sqs.send_message(**given)["SequenceNumber"] == sent["SequenceNumber"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == counts["ApproximateNumberOfMessagesNotVisible"] == "0"
    assert again.terminate() == 0


@pytest.mark.server
def test_sends_are_refused_before_the_file_is_too_large_and_nothing_else_is(tmp_path: Path, spawn: Spawn) -> None:
    data = tmp_path / "cloud.sqlite3"
    cloud = spawn(data, "--max-size", "16M")
    sqs = cloud.client()
    url = sqs.create_queue(QueueName="a")["QueueUrl"]
    accepted, error = fill(sqs, url)
    assert 25 <= accepted <= 33
    assert "is full; delete messages, or give it more room with --max-size" in error
    assert data.stat().st_size <= 17 * 1024 * 1024
    entries = [{"Id": str(n), "MessageBody": "x" * 100_000} for n in range(10)]
    with pytest.raises(ClientError, match="is full"):  # all of the batch or nothing
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    received = sqs.receive_message(QueueUrl=url)["Messages"][0]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
    sqs.send_message(QueueUrl=url, MessageBody="x" * 100_000)
    assert cloud.terminate() == 0


@pytest.mark.server
def test_a_handle_of_a_message_that_a_power_cut_undid_deletes_no_other(tmp_path: Path, start: Start) -> None:
    """What is in the file is what a power cut leaves: a message may be received before its send is durable."""
    files = [tmp_path / "cloud.sqlite3", tmp_path / "cloud.sqlite3-wal"]
    cloud = start(files[0])
    url = cloud.client().create_queue(QueueName="a")["QueueUrl"]
    before = [each.read_bytes() for each in files]
    handles = [send_and_receive(cloud.client(), "undone")]
    cloud.stop()
    for file, content in zip(files, before, strict=True):
        file.write_bytes(content)
    cloud = start(files[0])
    sqs = cloud.client()
    handles.append(send_and_receive(sqs, "other"))
    assert [base64.b64decode(handle)[1:21] for handle in handles] == [base64.b64decode(handles[0])[1:21]] * 2
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handles[0])
    cloud.advance(60)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "other"


def send_and_receive(sqs: Any, body: str) -> str:
    """The receipt handle."""
    url = sqs.get_queue_url(QueueName="a")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    return str(message["ReceiptHandle"])
