"""Helpers of tests that watch processes: waiting for a condition with a deadline, and ports without a server."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE, MAX_PAUSE = 0.005, 0.03  # seconds


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until the condition holds; fail after `seconds`."""
    for pause in _pauses(condition, seconds):
        time.sleep(pause)


async def until_async(condition: Callable[[], object], seconds: float = 60) -> None:
    """Like `until`, without blocking the event loop."""
    for pause in _pauses(condition, seconds):
        await asyncio.sleep(pause)


def is_alive(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the second if it ends between opening and reading
        return False


@contextmanager
def refused_port() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses connections: bound during the block, so that no other process gets it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def _pauses(condition: Callable[[], object], seconds: float) -> Iterator[float]:
    """The pauses grow with what was waited: many conditions are requests, which take time from what they wait for."""
    start = time.monotonic()
    while not condition():
        waited = time.monotonic() - start
        assert waited < seconds, "the condition did not hold in time"
        yield min(MAX_PAUSE, max(PAUSE, waited / 20))
