"""How tests wait: for a condition, with a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PAUSE = 0.005  # seconds


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Return when the condition holds; fail when it does not in time."""
    for pause in _pauses(condition, seconds):
        time.sleep(pause)


async def until_async(condition: Callable[[], object], seconds: float = 20) -> None:
    """The same beside what else runs on the loop."""
    for pause in _pauses(condition, seconds):
        await asyncio.sleep(pause)


def is_alive(pid: int) -> bool:
    """Whether there is such a process, which has not ended and only waits for its parent to take note of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _pauses(condition: Callable[[], object], seconds: float) -> Iterator[float]:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        yield PAUSE
