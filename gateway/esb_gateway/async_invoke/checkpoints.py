"""The positions of event sources in what they read, in the file of the events: durable as those are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from esb_gateway.async_invoke.answer import answer
from esb_gateway.async_invoke.event_file import EventFile
from esb_gateway.async_invoke.event_store import Store
from esb_gateway.clocks import Sleep
from esb_gateway.invocation import NotAccepted

T = TypeVar("T")

RETRY_DISK = 1.0  # seconds, after the disk has refused


class CheckpointStore:
    """See `source.Checkpoints`. Used on one loop."""

    def __init__(self, store: Store, sleep: Sleep) -> None:
        self._store = store
        self._sleep = sleep

    async def load(self, name: str) -> str | None:
        return await self._do(lambda file: _position(file, name))

    async def save(self, name: str, position: str) -> None:
        await self._do(lambda file: _set_position(file, name, position))

    async def remove(self, prefix: str, kept: frozenset[str]) -> None:
        await self._do(lambda file: _remove(file, prefix, kept))

    async def _do(self, work: Callable[[EventFile], T]) -> T:
        """Do it, as often as the disk refuses."""
        while True:
            try:
                return await answer(partial(self._store.do, work))
            except NotAccepted:
                await self._sleep(RETRY_DISK)


def _position(file: EventFile, name: str) -> str | None:
    row = file.db.execute("SELECT position FROM checkpoints WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def _set_position(file: EventFile, name: str, position: str) -> None:
    file.db.execute("INSERT OR REPLACE INTO checkpoints (name, position) VALUES (?, ?)", (name, position))


def _remove(file: EventFile, prefix: str, kept: frozenset[str]) -> None:
    for (name,) in file.db.execute("SELECT name FROM checkpoints").fetchall():
        if name.startswith(prefix) and name not in kept:
            file.db.execute("DELETE FROM checkpoints WHERE name = ?", (name,))
