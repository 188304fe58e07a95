"""A queue in memory, and what a poller works with."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.event_sources.invoking import Invoking, Reservations
from esb_gateway.event_sources.source import Owner, SourceContext
from esb_gateway.event_sources.sqs.mapping import QueueMapping, read_mapping
from esb_gateway.event_sources.sqs.poller import QueuePoller
from esb_gateway.event_sources.sqs.queue import Message
from esb_gateway.invocation import Ending, Invocation, Outcome
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Stack
from esb_schemas.event_sources.sqs import SqsMapping
from esb_wire.http.client import HangUp
from esb_wire.offload import Offload
from tests.gateway.fakes import FakeInvoker

ARN = "arn:aws:sqs:eu-central-1:123456789012:orders"


def mapping(queue: str = ARN, *, may_loop: bool = False, **fields: Any) -> QueueMapping:
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:work"
    owner = Owner("work", arn, "work", Stack("s", "eu-central-1"), may_loop)
    return read_mapping(SqsMapping("sqs", "Orders", queue, **fields), owner)


def message(number: int, body: str = "{}", **more: Any) -> dict[str, Any]:
    return {
        "MessageId": f"id-{number}",
        "ReceiptHandle": f"receipt-{number}",
        "Body": body,
        "MD5OfBody": "md5",
        "Attributes": {"ApproximateReceiveCount": "1"},
        **more,
    }


@dataclass
class FakeQueue:
    """What was received is invisible until it is deleted or given back."""

    messages: list[Message] = field(default_factory=list)
    received: list[int] = field(default_factory=list)  # how many were asked for
    deleted: list[str] = field(default_factory=list)
    given_back: list[str] = field(default_factory=list)
    visibility: float = 30
    failure: Exception | None = None
    deletes_fail: int = 0
    dead_letters: bool = True
    can_hold: bool = False
    undo_failure: Exception | None = None
    undone: list[str] = field(default_factory=list)
    waiting: int = 0
    holding: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, *messages: Message) -> None:
        self.messages += messages
        self.changed.set()

    async def visibility_timeout(self) -> float:
        return self.visibility

    async def has_dead_letters(self) -> bool:
        if self.failure is not None:
            raise self.failure
        return self.dead_letters

    async def wait(self, seconds: float) -> int:
        if self.failure is not None:
            raise self.failure
        if seconds and not self.messages:
            self.changed.clear()
            self.waiting += 1
            await self.changed.wait()
            return 1  # something came; how much is in the queue when it is asked without waiting
        return len(self.messages)

    async def receive_next(self, most: int, seconds: float, hang_up: HangUp) -> Sequence[Message]:
        if self.failure is not None:
            raise self.failure
        assert seconds > 0
        if not self.messages:
            self.changed.clear()
            self.holding += 1
            hang_up.attach(self.changed.set)
            await self.changed.wait()
        taken, self.messages = self.messages[:most], self.messages[most:]
        return taken

    async def undo_receives(self, messages: Iterable[Message]) -> None:
        if self.undo_failure is not None:
            raise self.undo_failure
        self.undone += [message["MessageId"] for message in messages]

    async def receive(self, most: int) -> Sequence[Message]:
        self.received.append(most)
        taken, self.messages = self.messages[:most], self.messages[most:]
        return taken

    async def delete(self, messages: Iterable[Message]) -> Sequence[str]:
        if self.deletes_fail:
            self.deletes_fail -= 1
            raise AwsCallError("", "it does not answer")
        self.deleted += [message["MessageId"] for message in messages]
        return ()

    async def give_back(self, messages: Iterable[Message]) -> None:
        self.given_back += [message["MessageId"] for message in messages]


class Workbench:
    """A poller with a fake queue, function and clock; `free` are the free slots of the function."""

    def __init__(self, polled: QueueMapping, offload: Offload | None = None) -> None:
        self.queue = FakeQueue()
        self.invoker = FakeInvoker()
        self.free = 1
        self.logged: list[dict[str, Any]] = []
        self.now = 0.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], object] = lambda: None
        telemetry = Telemetry(lambda _type, level, fields: self.logged.append({"level": level, **fields}), lambda: 0.0)
        self.invoking = Invoking(self.invoker, Reservations(lambda _: self.free), lambda _: None, lambda: self.now)
        self.context = SourceContext(
            telemetry, Identifiers(os.urandom), self._sleep, invoking=self.invoking, offload=offload
        )
        self.poller = QueuePoller(polled, self.context)

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)
        self.on_sleep()
        await asyncio.sleep(0)

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.poller.poll(self.queue, self.invoking))
        try:
            async with asyncio.timeout(60):
                yield
        finally:
            task.cancel()
            await asyncio.wait((task,))

    def respond(self, response: object, ending: Ending = Ending.DONE) -> None:
        """Every invocation ends with this, a little later."""
        self.invoker.answer = lambda _: Outcome(ending, json.dumps(response).encode())
        self.invoker.later = lambda call: asyncio.get_running_loop().call_soon(call)

    def finish(self, response: object = None, ending: Ending = Ending.DONE) -> None:
        """The first invocation that waits ends with this."""
        self.invoker.waiting.pop(0)(Outcome(ending, json.dumps(response).encode()))

    def bodies(self) -> list[list[str]]:
        """The bodies of each batch that the function got."""
        return [bodies_of(each) for each in self.invoker.submitted]


def bodies_of(invocation: Invocation) -> list[str]:
    return [record["body"] for record in json.loads(invocation.payload)["Records"]]
