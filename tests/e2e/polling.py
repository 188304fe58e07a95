"""A client that asks a stack all the time, and what it got."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from .conftest import Stack

WHILE_IT_STARTS_ANEW = {0, 200, 503}  # refused, served, or told to try again: nothing is accepted and lost


@dataclass
class Answers:
    """The status of each answer, 0 for none, -503 if it may not be asked again; when those of status 200 came."""

    statuses: list[int] = field(default_factory=list)
    served: list[float] = field(default_factory=list)

    @property
    def seconds_away(self) -> float:
        """The longest time between two answers of status 200."""
        return max(after - before for before, after in pairwise(self.served))


@contextlib.contextmanager
def polling(stack: Stack, path: str = "/hello") -> Iterator[Answers]:
    """A client that asks for a route all the time."""
    answers = Answers()
    stop = threading.Event()

    def poll() -> None:
        while not stop.wait(0.02):
            answer = stack.request("GET", path)
            answers.statuses.append(-503 if answer.status == 503 and not answer.retry_after else answer.status)
            if answer.status == 200:
                answers.served.append(time.monotonic())

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield answers
    finally:
        stop.set()
        thread.join()
