"""The events of the embedded storage, numbered, for the feed that the gateway reads.

They are in memory. With `--data`, a start derives them again from the journal, under the same numbers; so what the
gateway has not read when both are killed is not lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from threading import Condition
from time import monotonic
from typing import Final

from esb_gateway.storage_events.object_event import MAX_PAGE, ObjectEvent, Page

_KEPT: Final = 10_000  # events, if nobody reads them


class ObjectLog:
    """Used by many threads."""

    def __init__(self) -> None:
        self._events: deque[tuple[int, ObjectEvent]] = deque(maxlen=_KEPT)
        self._last = self._first = 0
        self._more = Condition()

    def add(self, number: int, events: Iterable[ObjectEvent]) -> None:
        """The events of the change with a number, which is greater than all before."""
        with self._more:
            self._last = number
            self._events.extend((number, event) for event in events)
            self._more.notify_all()

    def begin(self) -> None:
        """Mark the events until now as from before this start."""
        self._first = self._last

    def read(self, after: int | None, seconds: float) -> Page:
        """The events after a number, as soon as there are some; after so many seconds none. None: none, at once, and
        the number at the start.
        """
        with self._more:
            if after is None or after > self._last:
                return Page(str(self._first if after is None else self._last))
            while self._events and self._events[0][0] <= after:  # they have been read
                self._events.popleft()
            end = monotonic() + seconds
            while not self._events and (left := end - monotonic()) > 0:
                self._more.wait(left)
            found = list(self._page())
            return Page(str(found[-1][0] if found else self._last), [event for _, event in found])

    def _page(self) -> Iterator[tuple[int, ObjectEvent]]:
        """As many as a page has, and all those of its last change."""
        last = 0
        for index, (number, event) in enumerate(self._events):
            if index >= MAX_PAGE and number != last:
                return
            last = number
            yield number, event
