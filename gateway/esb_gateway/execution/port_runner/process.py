"""The process of a slot's runtime, and what it is asked for: its output, and the memory that it uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from esb_gateway.child_processes.launcher import Child, Collected, Wanted

MEMORY_INTERVAL: Final = 0.05  # seconds between two looks, unless the caller wants the tail of the log


class RuntimeProcess:
    """The process, once it is launched: `child`.

    The output of a process elsewhere comes only when it is asked for: before an invocation that wants the tail of its
    log, so that what is older is left out, and at its end. Until it is here, the slot gets no other work.
    """

    def __init__(self) -> None:
        self.child: Child | None = None
        self.max_memory: int | None = None  # MB, as far as was looked
        self.collecting = 0  # how often output was asked for that is not here yet
        self._steps: list[Callable[[], None]] = []  # which wait for it
        self._next_look = 0.0
        self._last_output: bytes | None = None  # of a process that has ended

    def started(self, child: Child) -> None:
        """It runs."""
        self.child = child

    def collect_end(self, now: float, take: Callable[[bytes], None], *, output: bool) -> None:
        """At the end of an invocation: look at the memory, and ask for the output if it is wanted.

        `take` gets the output that was not passed on, see `Collected.printed`.
        """
        if self._last_output is not None or self.child is None:
            take(self._last_output or b"")
            return
        if self._is_time_to_look(now) or output:
            self._collect(self.child, Wanted(output, memory=True), take)
        else:
            self.child.pass_on()
            take(b"")

    def collect_last(self) -> None:
        """The process has ended while its output is wanted: keep the rest of it for `collect_end`."""
        if self.child is not None:
            self._collect(self.child, Wanted(output=True), self._keep)

    def when_collected(self, step: Callable[[], None]) -> None:
        """Call it now, or when the output is here."""
        if self.collecting:
            self._steps.append(step)
        else:
            step()

    def _keep(self, printed: bytes) -> None:
        self._last_output = printed

    def _is_time_to_look(self, now: float) -> bool:
        if now < self._next_look:
            return False
        self._next_look = now + MEMORY_INTERVAL
        return True

    def _collect(self, child: Child, wanted: Wanted, take: Callable[[bytes], None]) -> None:
        self.collecting += wanted.output

        def collected(found: Collected) -> None:
            self.collecting -= wanted.output
            if found.memory is not None:
                self.max_memory = max(self.max_memory or 0, found.memory) or None
            take(found.printed)
            while self._steps and not self.collecting:
                self._steps.pop(0)()

        child.collect(wanted, collected)
