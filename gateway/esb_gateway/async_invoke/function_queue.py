"""What is in memory of one function's asynchronous invocations."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import Final

from esb_gateway.async_invoke.rules import Event
from esb_gateway.clocks import Timer

READY: Final = 64  # events that wait in memory, at the most
READY_BYTES: Final = 1024 * 1024


@dataclass(slots=True, eq=False)
class Lane:
    """One function's events in memory."""

    function: str
    ready: deque[Event] = field(default_factory=deque)
    running: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)  # ready, running, or ended and not written yet
    ready_bytes: int = 0
    behind: bool = False  # there may be more in the file that is due now
    reading: bool = False
    scheduled: bool = False
    paused: bool = False
    throttles: int = 0  # in a row
    horizon: float = 0.0  # a due time that has come, whatever the clock says
    next_due: float = inf
    timer: Timer | None = None

    def take(self, event: Event) -> None:
        """Put it behind those that are to run next."""
        self.held.add(event.id)
        self.ready.append(event)
        self.ready_bytes += event.size

    def give(self) -> Event:
        """The next one to run."""
        event = self.ready.popleft()
        self.ready_bytes -= event.size
        return event

    def put_back(self, event: Event) -> None:
        """It did not run, and is the next one still."""
        self.ready.appendleft(event)
        self.ready_bytes += event.size

    def forget(self, id_: int) -> None:
        """It must not run, unless it does already."""
        for event in [event for event in self.ready if event.id == id_]:
            self.ready.remove(event)
            self.ready_bytes -= event.size
            self.held.discard(id_)

    @property
    def full(self) -> bool:
        """No more events need to be in memory."""
        return len(self.ready) >= READY or self.ready_bytes >= READY_BYTES
