"""The dependencies of sources that invoke functions themselves and wait for the outcome."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass, field

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.clocks import Clock
from esb_gateway.invocation import Invocation, Invoker, Outcome
from esb_wire.offload import Offload, is_costly
from esb_wire.task_set import TaskSet


class Reservations:
    """Slots of functions that sources have taken for work that they are about to receive.

    A slot that is reserved here is free for the function's other callers: they only wait a moment longer for it if the
    work arrives. So an idle source holds nothing. `free` gives how many slots of a function are free.
    """

    def __init__(self, free: Callable[[str], int]) -> None:
        self._free = free
        self._taken: Counter[str] = Counter()

    def can_take(self, function: str) -> bool:
        """Whether `take` would succeed now."""
        return self._free(function) > self._taken[function]

    def take(self, function: str) -> bool:
        """Reserve a slot; False if none is free."""
        if not self.can_take(function):
            return False
        self._taken[function] += 1
        return True

    def give_back(self, function: str) -> None:
        """The work has been submitted, or there is none."""
        self._taken[function] -= 1


@dataclass(frozen=True, slots=True, eq=False)
class RunningBatch:
    """A batch of a stream while its function has it. `trace_id` has the hops up to the function; `created` is when its
    first record was made, in seconds since 1970.
    """

    id: str
    function: str
    trace_id: str
    created: float
    attempt: int


@dataclass(frozen=True, slots=True)
class Invoking:
    """`aws` opens a client of a service by boto3's name; None if the stack has no such server. `steady` measures
    durations. `tasks` are those that go on when their source is stopped: they have received something. `waiting` are
    those that go on and may still receive something; they call `has_received` when they have something to do. `batches`
    are those of streams that run.
    """

    invoker: Invoker
    reservations: Reservations
    aws: Callable[[str], AwsClient | None]
    steady: Clock
    tasks: TaskSet = field(default_factory=TaskSet)
    waiting: TaskSet = field(default_factory=TaskSet)
    batches: set[RunningBatch] = field(default_factory=set)

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run the function once. Raises NoSuchFunction and Throttled."""
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def done(outcome: Outcome) -> None:
            if not ended.done():
                ended.set_result(outcome)

        self.invoker.submit(invocation, done)
        return await ended

    def has_received(self) -> None:
        """The task that calls this is one of `tasks` from now on."""
        task = asyncio.current_task()
        if task is not None and task in self.waiting:
            self.waiting.discard(task)
            self.tasks.keep(task)

    async def finish(self, seconds: float) -> None:
        """Wait for the tasks, at most for this time."""
        if tasks := self.tasks | self.waiting:
            await asyncio.wait(tasks, timeout=seconds)


async def read_failures(response: bytes, known: Set[str], offload: Offload | None) -> Set[str] | None:
    """As `reported_failures`; a large response is read elsewhere. A function may respond with 6 MB."""
    if offload is not None and is_costly(response):
        return await offload.run(reported_failures, response, frozenset(known))
    return reported_failures(response, known)


def reported_failures(response: bytes, known: Set[str]) -> Set[str] | None:
    """The identifiers that a function reports by ReportBatchItemFailures, empty if all of the batch is processed.

    None if the whole batch has failed: the response cannot be read, or an identifier is empty, null or not `known`.
    Null, `{}`, and a list that is null or empty are success; recorded of AWS.
    """
    try:
        document = json.loads(response or b"null")
        if document is None or (isinstance(document, dict) and document.get("batchItemFailures") is None):
            return frozenset()
        failures = {failure["itemIdentifier"] for failure in document["batchItemFailures"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return failures if failures <= known else None
