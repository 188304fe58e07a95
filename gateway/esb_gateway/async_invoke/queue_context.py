"""The dependencies and the state that the queues of all functions share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from esb_gateway.async_invoke.event_store import Store
from esb_gateway.async_invoke.rules import Delays, Event
from esb_gateway.clocks import CallLater
from esb_gateway.invocation import Function, Invoker
from esb_gateway.targets.target import Target
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_wire.offload import Offload

RETRY_DISK: Final = 1.0  # seconds, after the disk has refused


class FunctionRunner(Invoker, Protocol):
    """Runs functions, and knows how they are configured now."""

    def find(self, function: str) -> Function | None:
        """The function; None if it is gone."""

    def capacity(self, function: str) -> int:
        """The number of the function's invocations that may run at once."""


@dataclass(slots=True)
class QueueContext:
    """`arrived` takes an event that is new in the file."""

    functions: FunctionRunner
    store: Store
    call_later: CallLater
    identifiers: Identifiers
    telemetry: Telemetry
    delays: Delays
    targets: Mapping[str, Target]
    arrived: Callable[[Event], None]
    offload: Offload
    closed: bool = False
    write_failed: bool = False  # the end of an event could not be written, and nothing could since
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work that waits. It raises nothing."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def now(self) -> float:
        """Seconds since 1970."""
        return self.telemetry.clock()
