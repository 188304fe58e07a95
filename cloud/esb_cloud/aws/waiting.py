"""Operations that wait for something to happen, such as long polls: no thread, no task, one timer for each of them.

For one key, they are called again one after the other, in the order in which they came: the first takes what is there,
and the next is called only if the first got something.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias


class Timer(Protocol):
    """A call that `CallLater` has planned."""

    def cancel(self) -> None:
        """Do not call."""


CallLater: TypeAlias = Callable[[float, Callable[[], None]], Timer]  # as an event loop's call_later


class Waiter(Protocol):
    """A call that waits."""

    @property
    def is_connected(self) -> bool:
        """Whether its client is still there: what a client that is gone would receive is lost for a while."""

    def retry(self) -> None:
        """Call the operation again; then `Waiters.answered` or `Waiters.wait_on` is called."""

    def give_up(self) -> None:
        """Answer with what there is."""

    def announce(self) -> bool:
        """Answer at once, if the announcement is all that it waits for."""


@dataclass(slots=True)
class _Line:
    waiters: deque[Waiter] = field(default_factory=deque)
    running: Waiter | None = None
    signalled: bool = False  # since the running one began
    timer: Timer | None = None
    due: float = 0.0  # when the timer ends


class Waiters:
    """The calls that wait, by key. `now` and `call_later` are the event loop's."""

    def __init__(self, now: Callable[[], float], call_later: CallLater) -> None:
        self._now = now
        self._call_later = call_later
        self._lines: dict[Hashable, _Line] = {}
        self.closed = False

    def __len__(self) -> int:
        return sum(len(line.waiters) for line in self._lines.values())

    def add(self, key: Hashable, waiter: Waiter, retry_in: float | None) -> None:
        """A call begins to wait. `retry_in` seconds from now something will have changed, if that is known."""
        line = self._lines.setdefault(key, _Line())
        line.waiters.append(waiter)
        self._plan(key, line, retry_in)

    def wait_on(self, key: Hashable, waiter: Waiter, retry_in: float | None) -> None:
        """There was nothing for the waiter that was called again: it stays the first."""
        line = self._lines.setdefault(key, _Line())
        line.waiters.appendleft(waiter)
        self._plan(key, line, retry_in)
        if self._ended(line, waiter) and line.signalled:
            self.signal(key)

    def answered(self, key: Hashable, waiter: Waiter) -> None:
        """The waiter that was called again got something, so there may be more."""
        line = self._lines.get(key)
        if line is not None and self._ended(line, waiter):
            self.signal(key)

    def remove(self, key: Hashable, waiter: Waiter) -> None:
        """It waits no more."""
        line = self._lines.get(key)
        if line is not None and waiter in line.waiters:
            line.waiters.remove(waiter)
            self._tidy(key, line)

    def signal(self, key: Hashable) -> None:
        """Something has changed: call the first one again."""
        line = self._lines.get(key)
        if line is None:
            return
        if line.running is not None:
            line.signalled = True
            return
        line.signalled = False
        while line.waiters:
            waiter = line.waiters.popleft()
            if waiter.is_connected:
                line.running = waiter
                waiter.retry()
                return
            waiter.give_up()
        self._tidy(key, line)

    def is_awaited(self, key: Hashable) -> bool:
        """Whether a call waits for the key. May be asked in any thread; a call that comes just then gets the signal."""
        return key in self._lines

    def announce(self, key: Hashable) -> None:
        """Something is about to change; `signal` follows."""
        line = self._lines.get(key)
        if line is not None:
            line.waiters = deque(waiter for waiter in line.waiters if not waiter.announce())
            self._tidy(key, line)

    def close(self) -> None:
        """Nobody waits any more."""
        self.closed = True
        for line in list(self._lines.values()):
            for waiter in list(line.waiters):
                waiter.give_up()

    @staticmethod
    def _ended(line: _Line, waiter: Waiter) -> bool:
        if line.running is not waiter:
            return False
        line.running = None
        return True

    def _plan(self, key: Hashable, line: _Line, retry_in: float | None) -> None:
        if retry_in is None:
            return
        due = self._now() + retry_in
        if line.timer is not None:
            if line.due <= due:
                return
            line.timer.cancel()
        line.due = due
        line.timer = self._call_later(max(0.0, retry_in), lambda: self._timed(key, line))

    def _timed(self, key: Hashable, line: _Line) -> None:
        line.timer = None
        self.signal(key)

    def _tidy(self, key: Hashable, line: _Line) -> None:
        if not line.waiters and line.running is None:
            if line.timer is not None:
                line.timer.cancel()
            self._lines.pop(key, None)
