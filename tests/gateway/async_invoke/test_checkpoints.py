"""How far sources have read is as durable as the events."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from esb_gateway.async_invoke.checkpoints import RETRY_DISK, CheckpointStore
from esb_gateway.async_invoke.event_store import EventStore
from esb_gateway.invocation import NotAccepted


def with_checkpoints(path: Path, use: Callable[[CheckpointStore], Awaitable[None]]) -> None:
    async def main() -> None:
        store = EventStore(path, 1 << 30, lambda: 0.0, print)
        try:
            await use(CheckpointStore(store, asyncio.sleep))
        finally:
            await store.close()

    asyncio.run(main())


def test_a_position_outlives_the_process_and_is_replaced_by_the_next_one(tmp_path: Path) -> None:
    async def save(checkpoints: CheckpointStore) -> None:
        assert await checkpoints.load("s3") is None
        await checkpoints.save("s3", "1")
        await checkpoints.save("s3", "2")

    async def load(checkpoints: CheckpointStore) -> None:
        assert await checkpoints.load("s3") == "2"

    with_checkpoints(tmp_path / "events", save)
    with_checkpoints(tmp_path / "events", load)


def test_those_of_a_prefix_are_removed_but_for_some(tmp_path: Path) -> None:
    names = ("table_/", "table_/1", "table_/2", "tableX/1", "s3")

    async def use(checkpoints: CheckpointStore) -> None:
        for name in names:
            await checkpoints.save(name, "1")
        await checkpoints.remove("table_/", frozenset({"table_/", "table_/2"}))
        assert [await checkpoints.load(name) for name in names] == ["1", None, "1", "1", "1"]

    with_checkpoints(tmp_path / "events", use)


def test_a_file_of_a_version_without_checkpoints_gets_them(tmp_path: Path) -> None:
    async def use(checkpoints: CheckpointStore) -> None:
        await checkpoints.save("s3", "1")
        assert await checkpoints.load("s3") == "1"

    with_checkpoints(tmp_path / "events", use)
    database = sqlite3.connect(tmp_path / "events")
    database.execute("DROP TABLE checkpoints")
    database.close()
    with_checkpoints(tmp_path / "events", use)


class RefusingStore:
    """Refuses work twice; then does it, with no file."""

    file: Any = None

    def __init__(self) -> None:
        self.refusals = 2

    def do(
        self,
        work: Callable[[Any], Any],
        done: Callable[[Any], object],
        failed: Callable[[NotAccepted], object],
        size: int = 0,
    ) -> None:
        self.refusals -= 1
        call = asyncio.get_running_loop().call_soon
        if self.refusals >= 0:
            call(failed, NotAccepted("The file of the events cannot be written."))
        else:
            call(done, "5")


def test_what_the_disk_refuses_is_tried_again() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    assert asyncio.run(CheckpointStore(RefusingStore(), sleep).load("s3")) == "5"
    assert slept == [RETRY_DISK, RETRY_DISK]
