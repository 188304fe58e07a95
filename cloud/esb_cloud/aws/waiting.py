"""Operations that wait for something to happen, such as long polls: no thread, no task, one timer for each of them.

For one key, they are called again one after the other, in the order in which they came: the first takes what is there,
and the next is called only if the first got something. The store calls the first one itself, in the transaction in
which something has changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, Protocol, TypeVar

from esb_wire.timers import CallLater, Timer


class Waiter(Protocol):
    """A call that waits."""

    @property
    def is_connected(self) -> bool:
        """Whether its client is still there: what a client that is gone would receive is lost for a while. May be
        asked in any thread.
        """

    def retry(self) -> None:
        """Call the operation again; then `Waiters.answered` or `Waiters.wait_on` is called."""

    def leave(self) -> None:
        """Answer with what there is: it waits no more."""


W = TypeVar("W", bound=Waiter)


@dataclass(slots=True)
class _Line(Generic[W]):
    waiters: deque[W] = field(default_factory=deque)
    running: W | None = None
    signalled: bool = False  # since the running one began
    timer: Timer | None = None
    due: float = 0.0  # when the timer ends


class Waiters(Generic[W]):
    """The calls that wait, by key. `now` and `call_later` are the event loop's, on which everything is called but
    `take`.
    """

    def __init__(self, now: Callable[[], float], call_later: CallLater) -> None:
        self._now = now
        self._call_later = call_later
        self._lines: dict[Hashable, _Line[W]] = {}
        self._lock = Lock()  # for the lines, and who is in them
        self.closed = False

    def __len__(self) -> int:
        return sum(len(line.waiters) for line in self._lines.values())

    def add(self, key: Hashable, waiter: W, retry_in: float | None) -> None:
        """A call begins to wait. `retry_in` seconds from now something will have changed, if that is known."""
        with self._lock:
            line = self._lines.setdefault(key, _Line())
            line.waiters.append(waiter)
        self._plan(key, line, retry_in)

    def wait_on(self, key: Hashable, waiter: W, retry_in: float | None) -> None:
        """There was nothing for the waiter that was called again: it stays the first."""
        with self._lock:
            line = self._lines.setdefault(key, _Line())
            line.waiters.appendleft(waiter)
            is_signalled = self._ended(line, waiter) and line.signalled
        self._plan(key, line, retry_in)
        if is_signalled:
            self.signal(key)

    def answered(self, key: Hashable, waiter: W) -> None:
        """The waiter that was called again got something, so there may be more."""
        with self._lock:
            line = self._lines.get(key)
            is_next = line is not None and self._ended(line, waiter)
        if is_next:
            self.signal(key)

    def remove(self, key: Hashable, waiter: W) -> bool:
        """It waits no more. False: it does not wait, as it is being called again."""
        with self._lock:
            line = self._lines.get(key)
            if line is None or waiter not in line.waiters:
                return False
            line.waiters.remove(waiter)
            self._tidy(key, line)
        return True

    def signal(self, key: Hashable) -> None:
        """Something has changed: call the first one again."""
        gone: list[W] = []
        with self._lock:
            line = self._lines.get(key)
            if line is None:
                return
            if line.running is not None:
                line.signalled = True
                return
            line.signalled = False
            while line.waiters and not line.waiters[0].is_connected:
                gone.append(line.waiters.popleft())
            line.running = first = line.waiters.popleft() if line.waiters else None
            self._tidy(key, line)
        for waiter in gone:
            waiter.leave()
        if first is not None:
            first.retry()

    def take(self, key: Hashable) -> W | None:
        """The first one, for who calls it again himself: then `answered` or `wait_on` is called, as after `retry`.

        None if `signal` has to be called, because none waits or one is being called again. May be called in any thread.
        """
        if key not in self._lines:  # as nearly always; one that comes just then gets the signal
            return None
        with self._lock:
            line = self._lines.get(key)
            if line is None or line.running is not None or not line.waiters or not line.waiters[0].is_connected:
                return None
            line.running = line.waiters.popleft()
            line.signalled = False
            return line.running

    def close(self) -> None:
        """Answer every call that waits, and let none wait from now on."""
        self.closed = True
        for key, line in list(self._lines.items()):
            for waiter in list(line.waiters):
                if self.remove(key, waiter):
                    waiter.leave()

    @staticmethod
    def _ended(line: _Line[W], waiter: W) -> bool:
        if line.running is not waiter:
            return False
        line.running = None
        return True

    def _plan(self, key: Hashable, line: _Line[W], retry_in: float | None) -> None:
        if retry_in is None:
            return
        due = self._now() + retry_in
        if line.timer is not None:
            if line.due <= due:
                return
            line.timer.cancel()
        line.due = due
        line.timer = self._call_later(max(0.0, retry_in), lambda: self._timed(key, line))

    def _timed(self, key: Hashable, line: _Line[W]) -> None:
        line.timer = None
        self.signal(key)

    def _tidy(self, key: Hashable, line: _Line[W]) -> None:
        if not line.waiters and line.running is None:
            if line.timer is not None:
                line.timer.cancel()
            self._lines.pop(key, None)
