"""Tasks that move messages out of dead-letter queues. They go on after a restart."""

# ruff: noqa: S608 - the statements are made of constants of this file; values are always parameters

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

_COLUMNS: Final = "id, handle, source, destination, per_second, status, moved, to_move, last, reason, started"


class MoveTask(NamedTuple):
    """`source` and `destination` are ARNs; without a destination, messages go where they came from. `last` is the row
    of the newest message to move, `started` in milliseconds since 1970.
    """

    id: int
    handle: str
    source: str
    destination: str | None
    per_second: int | None
    status: str
    moved: int
    to_move: int
    last: int
    reason: str | None
    started: int


class MoveTasks:
    """The table of tasks."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, task: MoveTask) -> None:
        """Its id is not used."""
        insert = "INSERT INTO move_tasks (" + _COLUMNS + ") VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._db.execute(insert, task[1:])

    def of(self, source: str, limit: int) -> list[MoveTask]:
        """The newest tasks of a queue."""
        query = "SELECT " + _COLUMNS + " FROM move_tasks WHERE source = ? ORDER BY id DESC LIMIT ?"
        return [MoveTask(*row) for row in self._db.execute(query, (source, limit))]

    def find(self, handle: str) -> MoveTask | None:
        query = "SELECT " + _COLUMNS + " FROM move_tasks WHERE handle = ?"
        row = self._db.execute(query, (handle,)).fetchone()
        return None if row is None else MoveTask(*row)

    def running(self) -> list[MoveTask]:
        """Those that have not ended."""
        query = "SELECT " + _COLUMNS + " FROM move_tasks WHERE status IN ('RUNNING', 'CANCELLING')"
        return [MoveTask(*row) for row in self._db.execute(query)]

    def clear(self) -> None:
        """Remove all, those that run included."""
        self._db.execute("DELETE FROM move_tasks")

    def progress(self, task: MoveTask, moved: int, status: str, reason: str | None = None) -> None:
        """`moved` is how many more."""
        update = "UPDATE move_tasks SET moved = moved + ?, status = ?, reason = ? WHERE id = ?"
        self._db.execute(update, (moved, status, reason, task.id))
