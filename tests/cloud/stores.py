"""Stand-ins for what a store works with: a disk that is slow or fails, and work that waits for a signal."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Hashable
from threading import Event
from typing import Any

import pytest

from esb_cloud.sql import write_ahead_log


class GatedSync:
    """In place of fdatasync: waits, and may fail. Called in a thread of the store."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.gate = Event(), Event()
        self.error: OSError | None = None
        monkeypatch.setattr(write_ahead_log, "_sync", self._wait)

    def _wait(self, file: int) -> None:
        os.fsync(file)
        self.begun.set()
        assert self.gate.wait(60)
        if self.error is not None:
            raise self.error


class Waiting:
    """Work that waits for a signal."""

    def __init__(self, work: Any) -> None:
        self.work, self.results = work, asyncio.Queue[Any]()
        self.done = self.failed = self.results.put_nowait


def take_once(*waiters: Waiting) -> Callable[[Hashable], Any]:
    left = list(waiters)
    return lambda _key: left.pop(0) if left else None
