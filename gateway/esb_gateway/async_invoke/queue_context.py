"""The dependencies and the state that the queues of all functions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from esb_gateway.async_invoke.event_store import Store
from esb_gateway.async_invoke.rules import Delays, Event
from esb_gateway.invocation import FunctionInvoker
from esb_gateway.targets.target import Target
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_wire.offload import Offload
from esb_wire.task_set import TaskSet
from esb_wire.timers import CallLater

RETRY_DISK: Final = 1.0  # seconds, after the disk has refused


@dataclass(slots=True)
class QueueContext:
    """`arrived` takes an event that is new in the file."""

    functions: FunctionInvoker
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
    tasks: TaskSet = field(default_factory=TaskSet)

    def now(self) -> float:
        """Seconds since 1970."""
        return self.telemetry.clock()
