"""A queue of asynchronous invocations in the hands of a test: its clock, its disk and its functions are fakes."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from esb_gateway.async_invoke.event_file import EventFile
from esb_gateway.async_invoke.event_queue import EventQueue
from esb_gateway.async_invoke.queue_context import QueueContext
from esb_gateway.async_invoke.rules import AWS_DELAYS, Event
from esb_gateway.invocation import Done, Ending, Function, Invocation, NotAccepted, Outcome
from esb_gateway.targets.table import SEND
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_wire.offload import is_costly
from tests.fake_offload import FakeOffload
from tests.gateway.functions import ORDERS

T = TypeVar("T")
NOW = 1_700_000_000.0
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


def function(name: str, **settings: Any) -> Function:
    base = replace(ORDERS, name=name, arn=ARN + name, max_capacity=2)
    return replace(base, **settings)


@dataclass
class FakeTimer:
    at: float
    call: Callable[[], object]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeStore:
    """A store whose disk is memory; while it is `broken`, all work fails."""

    def __init__(self, later: Callable[[Callable[[], object]], object], max_bytes: int) -> None:
        self.file = EventFile(None, max_bytes, NOW)
        self.broken = False
        self._later = later

    def do(
        self,
        work: Callable[[EventFile], T],
        done: Callable[[T], object],
        failed: Callable[[NotAccepted], object],
        size: int = 0,
    ) -> None:
        if self.broken:
            self._later(lambda: failed(NotAccepted("The disk is broken.")))
            return
        self.file.begin()
        try:
            result = work(self.file)
        except NotAccepted as refusal:
            error = refusal
            self.file.roll_back()
            self._later(lambda: failed(error))
        else:
            self.file.commit()
            self._later(lambda: done(result))


class FakeFunctions:
    """Runs invocations when the test says so."""

    def __init__(self, functions: dict[str, Function]) -> None:
        self.find = functions.get
        self.running: dict[str, Done] = {}
        self.submitted: list[Invocation] = []
        self.refusal: Exception | None = None
        self.refused = 0

    def capacity(self, _function: str) -> int:
        return 2

    def submit(self, invocation: Invocation, done: Done) -> None:
        if self.refusal is not None:
            self.refused += 1
            raise self.refusal
        assert invocation.request_id not in self.running, "it runs already"
        self.submitted.append(invocation)
        self.running[invocation.request_id] = done


@dataclass
class QueueFixture:
    """A queue and what it works with."""

    functions: dict[str, Function]
    max_bytes: int = 64 * 1024 * 1024
    now: float = NOW
    timers: list[FakeTimer] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    latency: float = 0.0  # of the disk's answers
    answers: list[NotAccepted | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.numbers = itertools.count(1)
        self.invoker = FakeFunctions(self.functions)
        self.store = FakeStore(lambda call: self.call_later(self.latency, call), self.max_bytes)
        self.offload = FakeOffload()
        self.queue = self.new_queue()

    def new_queue(self) -> EventQueue:
        self.telemetry = Telemetry(lambda _type, _level, fields: self.lines.append(fields["message"]), lambda: self.now)
        identifiers = Identifiers(os.urandom)
        queue = EventQueue(
            self.invoker,
            self.store,
            self.telemetry,
            call_later=self.call_later,
            identifiers=identifiers,
            offload=self.offload,
        )
        queue.start()
        self.settle()
        return queue

    def new_context(self, arrived: Callable[[Event], None]) -> QueueContext:
        """For a part of a queue alone."""
        identifiers = Identifiers(os.urandom)
        return QueueContext(
            self.invoker,
            self.store,
            self.call_later,
            identifiers,
            self.telemetry,
            AWS_DELAYS,
            SEND,
            arrived,
            self.offload,
        )

    def put(self, due: float = NOW) -> Event:
        """An event of the function `work` that only the file knows."""
        invocation = Invocation("work", b"{}", f"id-{next(self.numbers)}", "Root=1-0", ARN + "work")
        return self.store.file.add(Event(invocation, accepted=NOW, due=due))

    def restart(self) -> None:
        """As after a kill: what was in memory is gone."""
        self.timers.clear()
        self.invoker = FakeFunctions(self.functions)
        self.queue = self.new_queue()

    def call_later(self, seconds: float, call: Callable[[], object]) -> FakeTimer:
        self.timers.append(FakeTimer(self.now + seconds, call))
        return self.timers[-1]

    def settle(self) -> None:
        """Do what is due now."""
        while due := [timer for timer in self.timers if timer.at <= self.now]:
            for timer in due:
                self.timers.remove(timer)
                if not timer.cancelled:
                    timer.call()

    def wait(self, seconds: float) -> None:
        """Let time pass, a timer at a time."""
        end = self.now + seconds
        while (nearest := min((timer.at for timer in self.timers), default=end)) < end:
            self.now = max(self.now, nearest)
            self.settle()
        self.now = end
        self.settle()

    async def wait_in_loop(self, seconds: float) -> None:
        """As `wait`, for work that the loop does."""
        self.wait(seconds)
        while tasks := self.queue._context.tasks:
            await asyncio.gather(*tasks)
        self.settle()

    def accept(self, name: str = "work", payload: bytes = b"{}") -> str:
        """An accepted event; gives its request id."""
        request_id = f"id-{next(self.numbers)}"
        self.queue.accept(Invocation(name, payload, request_id, "Root=1-0", ARN + name), self.answers.append)
        self.settle()
        return request_id

    def end(self, request_id: str, ending: Ending = Ending.DONE, payload: bytes = b"null") -> None:
        """It has run. A large response is read elsewhere, for which this runs a loop."""
        done = partial(self.invoker.running.pop(request_id), Outcome(ending, payload))

        async def finish() -> None:
            done()
            while tasks := self.queue._context.tasks:
                await asyncio.gather(*tasks)

        if is_costly(payload):
            asyncio.run(finish())
        else:
            done()
        self.settle()

    def runs(self, request_id: str) -> bool:
        return request_id in self.invoker.running
