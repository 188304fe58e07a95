"""Long polls, and waiting without receiving."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.cloud.running_cloud import ACCESS_KEY, SECRET_KEY, RunningCloud, Start
from tests.watching import until

pytestmark = pytest.mark.server

SOON = 18  # seconds; a poll that is not woken ends after 20


@pytest.fixture
def url(sqs: Any, name: str) -> str:
    return str(sqs.create_queue(QueueName=name)["QueueUrl"])


def waiting(cloud: RunningCloud) -> int:
    with urllib.request.urlopen(f"{cloud.url}/_esb/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return int(float(next(line for line in lines if line.startswith("esb_cloud_waiting ")).split()[1]))


def poll(cloud: RunningCloud, url: str, seconds: int = 20) -> Future[list[str]]:
    """A long poll in a thread; gives the bodies."""
    before = waiting(cloud)
    executor = ThreadPoolExecutor(1)

    def receive() -> list[str]:
        found = cloud.client().receive_message(QueueUrl=url, WaitTimeSeconds=seconds)
        return [message["Body"] for message in found.get("Messages", [])]

    future = executor.submit(receive)
    executor.shutdown(wait=False)
    until(lambda: future.done() or waiting(cloud) == before + 1)
    return future


def get(cloud: RunningCloud, path: str, method: str = "GET") -> Any:
    signed = AWSRequest(method, cloud.url + path)
    SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "sqs", "us-east-1").add_auth(signed)
    request = urllib.request.Request(cloud.url + path, headers=dict(signed.headers.items()), method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_a_long_poll_ends_when_a_message_comes(cloud: RunningCloud, sqs: Any, url: str) -> None:
    result = poll(cloud, url)
    sqs.send_message(QueueUrl=url, MessageBody="a")
    assert result.result(SOON) == ["a"]


def test_each_message_goes_to_one_of_those_who_wait(cloud: RunningCloud, sqs: Any, url: str) -> None:
    results = [poll(cloud, url) for _ in range(3)]
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)])
    assert sorted(body for result in results for body in result.result(SOON)) == ["0", "1", "2"]


def test_a_long_poll_sees_a_delayed_message_in_time(cloud: RunningCloud, sqs: Any, url: str) -> None:
    result = poll(cloud, url)
    began = time.monotonic()
    sqs.send_message(QueueUrl=url, MessageBody="a", DelaySeconds=1)
    assert result.result(SOON) == ["a"]
    assert time.monotonic() - began > 0.9


def test_a_long_poll_sees_a_message_that_comes_back(cloud: RunningCloud, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=1)
    assert poll(cloud, url).result(SOON) == ["a"]


def test_a_long_poll_of_a_deleted_queue_ends(cloud: RunningCloud, sqs: Any, url: str) -> None:
    result = poll(cloud, url)
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(ClientError, match="The specified queue does not exist"):
        result.result(SOON)


def test_the_queues_own_wait_time_counts(cloud: RunningCloud, sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"ReceiveMessageWaitTimeSeconds": "1"})
    began = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert time.monotonic() - began > 0.9
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)


@contextmanager
def raw_poll(cloud: RunningCloud, url: str) -> Iterator[socket.socket]:
    """The connection of a long poll that waits."""
    before = waiting(cloud)
    host, port = cloud.url.removeprefix("http://").split(":")
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    signed = AWSRequest("POST", f"{cloud.url}/", data=body, headers={"X-Amz-Target": "AmazonSQS.ReceiveMessage"})
    SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "sqs", "us-east-1").add_auth(signed)
    head = [f"{name}: {value}" for name, value in signed.headers.items()]
    lines = ["POST / HTTP/1.1", f"Host: {host}:{port}", f"Content-Length: {len(body)}", *head]
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        until(lambda: waiting(cloud) == before + 1)
        yield connection


def test_a_poller_that_is_gone_waits_no_more_and_receives_nothing(cloud: RunningCloud, sqs: Any, url: str) -> None:
    before = waiting(cloud)
    with raw_poll(cloud, url):
        pass
    until(lambda: waiting(cloud) == before)
    sqs.send_message(QueueUrl=url, MessageBody="a")
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert message["Attributes"] == {"ApproximateReceiveCount": "1"}


def test_a_poller_that_closes_its_side_is_answered_at_once(cloud: RunningCloud, url: str) -> None:
    before = waiting(cloud)
    with raw_poll(cloud, url) as connection:
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n{}")
    assert waiting(cloud) == before


def undo(cloud: RunningCloud, name: str, *messages: Any) -> None:
    handles = {f"ReceiptHandle.{number}": message["ReceiptHandle"] for number, message in enumerate(messages, 1)}
    assert get(cloud, f"/_esb/queues/{name}/undo-receives?{urlencode(handles)}", "POST") == {}


def test_a_receive_that_is_undone_does_not_count(cloud: RunningCloud, sqs: Any, url: str, name: str) -> None:
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)])
    for _ in range(3):
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2, AttributeNames=["All"])["Messages"]
        assert sorted(message["Body"] for message in messages) == ["0", "1"]  # they have their places again
        assert {message["Attributes"]["ApproximateReceiveCount"] for message in messages} == {"1"}
        undo(cloud, name, *messages)
    waiter = poll(cloud, url)
    assert waiter.result(SOON) == ["0"]
    assert "Messages" not in sqs.receive_message(QueueUrl=dead)


def test_who_waits_gets_what_another_one_has_undone(cloud: RunningCloud, sqs: Any, url: str, name: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    messages = sqs.receive_message(QueueUrl=url)["Messages"]
    waiter = poll(cloud, url)
    undo(cloud, name, *messages)
    assert waiter.result(SOON) == ["a"]


def test_only_the_newest_receive_can_be_undone(cloud: RunningCloud, sqs: Any, url: str, name: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    (first,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    (second,) = sqs.receive_message(QueueUrl=url)["Messages"]
    undo(cloud, name, first)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    undo(cloud, name, second)
    undo(cloud, name, second)
    (third,) = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert third["Attributes"] == {"ApproximateReceiveCount": "2"}
    with pytest.raises(urllib.error.HTTPError, match="404"):
        undo(cloud, name, {"ReceiptHandle": "none"})


def test_the_handle_of_a_receive_that_was_undone_does_nothing_to_the_next_one(
    cloud: RunningCloud, sqs: Any, url: str, name: str
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    (first,) = sqs.receive_message(QueueUrl=url)["Messages"]
    undo(cloud, name, first)
    (second,) = sqs.receive_message(QueueUrl=url)["Messages"]
    undo(cloud, name, first)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    with pytest.raises(ClientError, match="not available for visibility timeout change"):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    (third,) = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert third["Attributes"] == {"ApproximateReceiveCount": "2"}


def test_an_undone_receive_of_a_group_frees_it(cloud: RunningCloud, sqs: Any, name: str) -> None:
    name = f"{name}.fifo"
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    for body in "abc":
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    undo(cloud, name, *messages)
    again = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=3, AttributeNames=["All"])["Messages"]
    assert [message["Body"] for message in again] == ["a", "b", "c"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in again} == {"1"}


def test_stopping_answers_long_polls_at_once(start: Start) -> None:
    cloud = start()
    url = cloud.client().create_queue(QueueName="a")["QueueUrl"]
    result = poll(cloud, url)
    cloud.stop()
    assert result.result(SOON) == []


def test_waiting_receives_nothing(cloud: RunningCloud, sqs: Any, url: str, name: str) -> None:
    assert get(cloud, f"/_esb/queues/{name}/wait") == {"visible": 0}
    sqs.send_message(QueueUrl=url, MessageBody="a", DelaySeconds=1)
    assert get(cloud, f"/_esb/queues/{name}/wait?seconds=20") == {"visible": 1}
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert message["Attributes"] == {"ApproximateReceiveCount": "1"}


def look(cloud: RunningCloud, name: str) -> Future[Any]:
    """Waiting for messages of a queue, in a thread."""
    before = waiting(cloud)
    executor = ThreadPoolExecutor(1)
    future = executor.submit(get, cloud, f"/_esb/queues/{name}/wait?seconds=20")
    executor.shutdown(wait=False)
    until(lambda: future.done() or waiting(cloud) == before + 1)
    return future


def test_who_waits_without_receiving_is_told_of_a_send(cloud: RunningCloud, sqs: Any, url: str, name: str) -> None:
    lookers = [look(cloud, name), look(cloud, name)]
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)])
    assert [looker.result(SOON) for looker in lookers] == [{"visible": 3}] * 2
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 3


def test_nobody_is_told_of_a_message_behind_one_in_flight(cloud: RunningCloud, sqs: Any, name: str) -> None:
    name = f"{name}.fifo"
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    looker = look(cloud, name)
    sqs.send_message(QueueUrl=url, MessageBody="a", MessageGroupId="g")
    assert looker.result(SOON) == {"visible": 1}
    sqs.receive_message(QueueUrl=url)
    looker = look(cloud, name)
    before = waiting(cloud)
    sqs.send_message(QueueUrl=url, MessageBody="b", MessageGroupId="g")
    assert waiting(cloud) == before
    sqs.send_message(QueueUrl=url, MessageBody="c", MessageGroupId="h")
    assert looker.result(SOON) == {"visible": 1}


def test_the_list_of_queues_says_what_is_in_them(cloud: RunningCloud, sqs: Any, name: str) -> None:
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    cloud.advance(5)
    sqs.send_message(QueueUrl=url, MessageBody="b", DelaySeconds=60)
    found = {queue["name"]: queue for queue in get(cloud, "/_esb/queues")["queues"]}
    assert 5 <= found[name].pop("oldest_age") < 60
    assert found[name] == {
        "name": name,
        "visible": 1,
        "in_flight": 0,
        "delayed": 1,
        "dead_letter_queue": f"{name}-dead",
        "max_receive_count": 3,
        "dead_letters_of": [],
    }
    assert found[f"{name}-dead"]["dead_letters_of"] == [name]
