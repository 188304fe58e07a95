"""Deliveries to functions and HTTP endpoints: rows that stay until they arrived, or were given up."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

SIGNAL: Final = "deliveries"  # of the store, when one was added

_MAX_PACES: Final = 1024
_SELECT: Final = (
    "SELECT id, target, due, started, failures, source, request, body, retries, dead_letter FROM deliveries WHERE "
)


class NewDelivery(NamedTuple):
    """A delivery to add. Times are the store's.

    Those to one `target` share a limit of what is sent at once. `source` says for people where it comes from.
    `request`, `retries` and `dead_letter` are plain data.
    """

    target: str
    due: float
    started: float
    source: str
    request: Mapping[str, Any]
    body: str
    retries: Mapping[str, Any]
    dead_letter: Mapping[str, Any] | None = None


class Delivery(NamedTuple):
    """A delivery as it is stored; see `NewDelivery`. `failures` counts the tries so far."""

    id: int
    target: str
    due: float
    started: float
    failures: int
    source: str
    request: dict[str, Any]
    body: str
    retries: dict[str, Any]
    dead_letter: dict[str, Any] | None


class DueTarget(NamedTuple):
    """A target, and when its first delivery is due."""

    target: str
    due: float


class Deliveries:
    """The table of deliveries."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._paces: dict[str, float] = {}  # when the last delivery that was paced is due, by target

    def pace(self, target: str, interval: float, now: float) -> float:
        """When the next delivery to a target is due, `interval` seconds after the one before it at the earliest."""
        if len(self._paces) > _MAX_PACES:
            self._paces = {name: due for name, due in self._paces.items() if due > now}
        due = self._paces[target] = max(now, self._paces.get(target, 0.0) + interval)
        return due

    def add(self, delivery: NewDelivery) -> None:
        values = (
            *(delivery.target, delivery.due, delivery.started, delivery.source, json.dumps(delivery.request)),
            *(delivery.body, json.dumps(delivery.retries)),
            None if delivery.dead_letter is None else json.dumps(delivery.dead_letter),
        )
        self._db.execute(
            "INSERT INTO deliveries (target, due, started, failures, source, request, body, retries, dead_letter)"
            " VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?)",
            values,
        )

    def targets(self) -> list[DueTarget]:
        """The targets that have deliveries. Looks at one row of each target, however many it has."""
        rows = self._db.execute(
            "WITH RECURSIVE each(target) AS (SELECT MIN(target) FROM deliveries UNION ALL"
            " SELECT (SELECT MIN(target) FROM deliveries WHERE target > each.target) FROM each"
            " WHERE each.target IS NOT NULL)"
            " SELECT target, (SELECT MIN(due) FROM deliveries d WHERE d.target = each.target) FROM each"
            " WHERE target IS NOT NULL"
        )
        return [DueTarget(*row) for row in rows]

    def due(self, target: str, now: float, without: Collection[int], limit: int) -> list[Delivery]:
        """Deliveries to a target whose time has come, without those that are under way."""
        where = "target = ? AND due <= ? AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY due, id LIMIT ?"
        values = (target, now, json.dumps(list(without)), limit)
        return [_delivery(row) for row in self._db.execute(_SELECT + where, values)]

    def next_due(self, target: str, now: float) -> float:
        """Seconds until another delivery to a target is due; infinite if there is none."""
        query = "SELECT MIN(due) FROM deliveries WHERE target = ? AND due > ?"
        ((due,),) = self._db.execute(query, (target, now))
        return math.inf if due is None else float(due - now)

    def postpone(self, delivery: Delivery, due: float) -> None:
        """It failed once more, and is tried again at `due`."""
        update = "UPDATE deliveries SET due = ?, failures = failures + 1 WHERE id = ?"
        self._db.execute(update, (due, delivery.id))

    def remove(self, ids: Iterable[int]) -> None:
        self._db.executemany("DELETE FROM deliveries WHERE id = ?", [(id_,) for id_ in ids])

    def exists(self, id_: int) -> bool:
        return self._db.execute("SELECT 1 FROM deliveries WHERE id = ?", (id_,)).fetchone() is not None

    def clear(self) -> int:
        """Remove all; returns how many there were."""
        return self._db.execute("DELETE FROM deliveries").rowcount

    def oldest(self, limit: int) -> list[Delivery]:
        """Those that wait for longest, or are sent now."""
        return [_delivery(row) for row in self._db.execute(_SELECT + "TRUE ORDER BY id LIMIT ?", (limit,))]

    def counts(self) -> list[tuple[str, int, float]]:
        """For each target: how many deliveries wait, and when the oldest was added.

        They are counted in the index. Of the rows, which are large, it looks at one for each target: the first.
        """
        each = "SELECT target, COUNT(*) AS count, MIN(id) AS first FROM deliveries GROUP BY target"
        query = f"SELECT each.target, count, started FROM ({each}) AS each JOIN deliveries ON id = first"  # noqa: S608
        return self._db.execute(query).fetchall()


def _delivery(row: tuple[Any, ...]) -> Delivery:
    *columns, request, body, retries, dead_letter = row
    letter = None if dead_letter is None else json.loads(dead_letter)
    return Delivery._make([*columns, json.loads(request), body, json.loads(retries), letter])
