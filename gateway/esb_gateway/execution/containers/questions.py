"""Questions to a container about its runtimes, and their answers, which come in parts or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from esb_gateway.child_processes.launcher import Collected, Wanted

TIMEOUT = 2.0  # seconds; what a container says later is missing in the log


@dataclass(slots=True, eq=False)
class Question:
    """A question, of which `wanted` is not answered yet."""

    wanted: Wanted
    collected: Callable[[Collected], None]
    timer: asyncio.TimerHandle
    found: Collected = field(default_factory=Collected)


class Questions:
    """The open questions. Each is answered once: when all of it is known, after `TIMEOUT`, or when it is given up."""

    def __init__(
        self,
        call_later: Callable[[float, Callable[[], None]], asyncio.TimerHandle],
        next_ticket: Callable[[], int],
    ) -> None:
        self._call_later = call_later
        self._next_ticket = next_ticket
        self._open: dict[int, Question] = {}

    def add(self, wanted: Wanted, collected: Callable[[Collected], None]) -> int:
        """A new question; its ticket."""
        ticket = self._next_ticket()
        timer = self._call_later(TIMEOUT, partial(self._answer, ticket))
        self._open[ticket] = Question(wanted, collected, timer)
        return ticket

    def take_output(self, ticket: int, printed: bytes) -> bool:
        """Output arrives. False: it is not wanted, or not any more."""
        question = self._open.get(ticket)
        if question is None or not question.wanted.output:
            return False
        question.found = question.found._replace(printed=printed)
        self._tick_off(ticket, question.wanted._replace(output=False))
        return True

    def take_memory(self, ticket: int, kilobytes: int) -> None:
        """The memory arrives; 0 if it is not known there."""
        question = self._open.get(ticket)
        if question is not None and question.wanted.memory:
            question.found = question.found._replace(memory=kilobytes // 1024 or None)
            self._tick_off(ticket, question.wanted._replace(memory=False))

    def give_up(self) -> None:
        """Nothing will arrive any more."""
        for ticket in list(self._open):
            self._answer(ticket)

    def _tick_off(self, ticket: int, wanted: Wanted) -> None:
        self._open[ticket].wanted = wanted
        if not any(wanted):
            self._answer(ticket)

    def _answer(self, ticket: int) -> None:
        question = self._open.pop(ticket, None)
        if question is not None:
            question.timer.cancel()
            question.collected(question.found)
