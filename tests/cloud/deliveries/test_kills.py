"""What was published or put arrives everywhere, whenever the process is killed: nothing lost, duplicates allowed."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.cloud.cloud_process import CloudProcess, Spawn
from tests.cloud.endpoint import Endpoint, endpoint
from tests.cloud.queues import ACCOUNT
from tests.repetitions import repeated

pytestmark = pytest.mark.server

KILLS = repeated(4)
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:work"


class Writer(threading.Thread):
    """Writes numbered texts until the server is gone."""

    def __init__(self, write: Callable[[str], Any], label: str, first: int) -> None:
        super().__init__()
        self.write, self.label, self.number = write, label, first
        self.accepted: list[str] = []

    def run(self) -> None:
        try:
            while True:
                text = f"{self.label}-{self.number}"
                self.number += 1  # even if it fails: it may have been accepted
                self.write(text)
                self.accepted.append(text)
        except (BotoCoreError, ClientError):
            return


def writers(cloud: CloudProcess, numbers: list[int]) -> list[Writer]:
    sns, events = cloud.client("sns"), cloud.client("events")

    def publish(text: str) -> None:
        sns.publish(TopicArn=TOPIC, Message=text)

    def put(text: str) -> None:
        detail = json.dumps({"text": text})
        events.put_events(Entries=[{"Source": "test", "DetailType": "test", "Detail": detail}])

    return [Writer(publish, "published", numbers[0]), Writer(put, "put", numbers[1])]


def set_up(cloud: CloudProcess) -> None:
    sqs, sns, events = (cloud.client(service) for service in ("sqs", "sns", "events"))
    sqs.create_queue(QueueName="queue")
    sns.create_topic(Name="topic")
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE)
    sns.subscribe(TopicArn=TOPIC, Protocol="lambda", Endpoint=FUNCTION)
    events.put_rule(Name="rule", EventPattern='{"source": ["test"]}')
    events.put_targets(Rule="rule", Targets=[{"Id": "q", "Arn": QUEUE}, {"Id": "f", "Arn": FUNCTION}])


def text_in(document: Any) -> str:
    """What was written, in what a queue or a function gets."""
    if "Records" in document:
        document = document["Records"][0]["Sns"]
    return str(document["Message"] if "Message" in document else document["detail"]["text"])


def in_queue(cloud: CloudProcess) -> set[str]:
    sqs, found = cloud.client(), set[str]()
    url = sqs.get_queue_url(QueueName="queue")["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found |= {text_in(json.loads(message["Body"])) for message in messages}
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return found


def at_function(functions: Endpoint) -> set[str]:
    return {text_in(request.json) for request in list(functions.received)}


def test_everything_accepted_arrives(tmp_path: Path, spawn: Spawn) -> None:
    accepted, numbers, port = set[str](), [0, 0], 0
    with endpoint() as functions:
        functions.answer = lambda _: random.choice((202, 202, 202, 503))
        for _ in range(KILLS):
            cloud = spawn(tmp_path / "cloud.sqlite3", port=port, LAMBDA_ENDPOINT=functions.url)
            port = cloud.port
            if not numbers[0]:
                set_up(cloud)
            running = writers(cloud, numbers)
            for writer in running:
                writer.start()
            wait_until(partial(have_written, running, random.randint(1, 10)))
            cloud.kill()
            for writer in running:
                writer.join()
                accepted |= set(writer.accepted)
            numbers = [writer.number for writer in running]
        cloud = spawn(tmp_path / "cloud.sqlite3", port=port, LAMBDA_ENDPOINT=functions.url)
        assert accepted <= in_queue(cloud)
        wait_until(lambda: accepted <= at_function(functions))
        cloud.kill()


def have_written(running: list[Writer], count: int) -> bool:
    return all(len(writer.accepted) >= count for writer in running)


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)
