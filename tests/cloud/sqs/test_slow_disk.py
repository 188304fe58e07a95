"""FIFO queues while something else waits for the disk: what is given out is durable, and no signal is missed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from esb_cloud.aws.service import Call, Wait
from esb_cloud.aws.stack import Stack
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.messages.receiving import receive_message
from esb_cloud.sqs.messages.sending import send_message
from esb_cloud.sqs.queues.queue_operations import create_queue
from tests.cloud.stores import GatedSync, Waiting, take_once

WAIT = 60.0  # seconds
QUEUE = "q.fifo"


def call(**parameters: Any) -> Call:
    return Call(parameters, "http://h", "/", Stack())


def prepare(transaction: Transaction) -> None:
    create_queue(transaction, call(QueueName=QUEUE, Attributes={"FifoQueue": "true"}))
    create_queue(transaction, call(QueueName="other"))


def send(transaction: Transaction, body: str = "a") -> Any:
    more = {"MessageGroupId": "g", "MessageDeduplicationId": body}
    return send_message(transaction, call(QueueUrl=QUEUE, MessageBody=body, **more))


def send_elsewhere(transaction: Transaction) -> Any:
    return send_message(transaction, call(QueueUrl="other", MessageBody="x"))


def receive(transaction: Transaction) -> Any:
    transaction.signal("received")
    return receive_message(transaction, call(QueueUrl=QUEUE, WaitTimeSeconds=20))


def answers_while_the_disk_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch, *before: Any) -> list[Any]:
    """Of a receive: those that come before the disk has what was sent to another queue."""

    async def run() -> list[Any]:
        sync, received, answers = GatedSync(monkeypatch), Waiting(lambda _: None), list[Any]()
        sync.gate.set()
        store = Store(path, None, print)
        for work in (prepare, *before):
            await store.do(work)
        sync.gate.clear()
        sync.begun.clear()
        store.run(send_elsewhere, lambda _: None, print)
        assert await asyncio.to_thread(sync.begun.wait, WAIT)
        store.take_waiter = take_once(received)
        store.run(receive, answers.append, print, synced=False)
        await soon(received.results.get())  # in the transaction of the receive
        found = list(answers)
        sync.gate.set()
        await soon(store.close())
        assert len(answers) == 1
        return found

    return asyncio.run(run())


async def soon(work: Coroutine[Any, Any, Any]) -> Any:
    return await asyncio.wait_for(work, WAIT)


def test_a_receive_that_finds_nothing_begins_to_wait_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes meanwhile may signal before the disk is ready, such as a receive that is undone."""
    (answer,) = answers_while_the_disk_is_waited_for(tmp_path / "cloud.sqlite3", monkeypatch)
    assert isinstance(answer, Wait)


def test_a_message_is_given_out_when_all_before_it_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers_while_the_disk_is_waited_for(tmp_path / "cloud.sqlite3", monkeypatch, send) == []


def prepare_a_dead_letter(transaction: Transaction) -> None:
    create_queue(transaction, call(QueueName="dead.fifo", Attributes={"FifoQueue": "true"}))
    policy = {"maxReceiveCount": 1, "deadLetterTargetArn": Stack().arn("sqs", "dead.fifo")}
    create_queue(
        transaction, call(QueueName=QUEUE, Attributes={"FifoQueue": "true", "RedrivePolicy": json.dumps(policy)})
    )
    for body in "ab":
        send(transaction, body)
    receive_message(transaction, call(QueueUrl=QUEUE, VisibilityTimeout=0))


def test_the_message_behind_a_dead_letter_is_given_out_when_the_move_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a power cut undid the move, the first message would come again, after the second one was processed."""

    async def run() -> None:
        sync, answers = GatedSync(monkeypatch), asyncio.Queue[Any]()
        sync.gate.set()
        store = Store(tmp_path / "cloud.sqlite3", None, print)
        await store.do(prepare_a_dead_letter)
        sync.gate.clear()
        sync.begun.clear()
        store.run(receive, answers.put_nowait, print, synced=False)
        assert await asyncio.to_thread(sync.begun.wait, WAIT)
        assert answers.empty()
        sync.gate.set()
        (message,) = (await soon(answers.get()))["Messages"]
        assert message["Body"] == "b"
        await store.close()

    asyncio.run(run())
