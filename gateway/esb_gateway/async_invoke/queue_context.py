"""The dependencies and the state that the queues of all functions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from esb_gateway.async_invoke.event_store import Store
from esb_gateway.async_invoke.rules import Delays, Event
from esb_gateway.clocks import CallLater
from esb_gateway.invocation import Function, Invoker
from esb_gateway.targets.target import Target
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers

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
    closed: bool = False
    write_failed: bool = False  # the end of an event could not be written, and nothing could since

    def now(self) -> float:
        """Seconds since 1970."""
        return self.telemetry.clock()
