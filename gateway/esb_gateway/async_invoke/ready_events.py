"""The events of one function that wait in memory for a slot: a few, and not too large ones."""

from __future__ import annotations

from collections import deque
from typing import Final

from esb_gateway.async_invoke.rules import Event

MAX_EVENTS: Final = 64
MAX_BYTES: Final = 1024 * 1024


class ReadyEvents:
    """They run in order. The last one that fits may exceed the bytes, so that any event has room."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._events)

    @property
    def is_full(self) -> bool:
        return len(self._events) >= MAX_EVENTS or self.bytes >= MAX_BYTES

    @property
    def room(self) -> tuple[int, int]:
        """The number of further events, and of their bytes."""
        return MAX_EVENTS - len(self._events), MAX_BYTES - self.bytes

    def add(self, event: Event) -> None:
        self._events.append(event)
        self.bytes += event.size

    def put_back(self, event: Event) -> None:
        """Let the event be the next one."""
        self._events.appendleft(event)
        self.bytes += event.size

    def next(self) -> Event:
        """Take the next event out."""
        event = self._events.popleft()
        self.bytes -= event.size
        return event

    def remove(self, id_: int) -> bool:
        """Take an event out by its id. False: it is not here."""
        event = next((each for each in self._events if each.id == id_), None)
        if event is None:
            return False
        self._events.remove(event)
        self.bytes -= event.size
        return True
