"""The queues: their attributes and tags, and how many messages they have."""

# ruff: noqa: S608 - the statements are made of constants of this file; values are always parameters

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_COLUMNS: Final = "id, name, attributes, tags, created, modified, purged"
# A message is never visible before it was enqueued: the first by either index is the oldest, however many there are.
_OLDEST: Final = (
    "SELECT MIN(first) FROM (SELECT MIN(visible) AS first FROM messages WHERE queue = ?1"
    " UNION ALL SELECT MIN(enqueued) FROM messages WHERE queue = ?1 AND visible <> enqueued)"
)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as it is stored. `attributes` are those that were set; `created` and `modified` are seconds since 1970,
    `purged` is of the store's time. `id` changes if the queue is purged.
    """

    id: int
    name: str
    attributes: Mapping[str, str]
    tags: Mapping[str, str]
    created: int
    modified: int
    purged: float


@dataclass(frozen=True, slots=True)
class Depth:
    """The number of a queue's messages. `oldest` is when its oldest one was enqueued."""

    visible: int
    in_flight: int
    delayed: int
    oldest: float | None


class Queues:
    """The table of queues. They are few and asked for often, so they are kept in memory until one changes."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._by_name: dict[str, Queue] = {}

    def forget(self) -> None:
        """Forget the copy in memory, which an undone transaction may have changed."""
        self._by_name.clear()

    def find(self, name: str) -> Queue | None:
        """The queue of this name."""
        found = self._by_name.get(name)
        if found is None:
            row = self._db.execute("SELECT " + _COLUMNS + " FROM queues WHERE name = ?", (name,)).fetchone()
            if row is None:
                return None
            found = self._by_name[name] = _queue(row)
        return found

    def names(self, prefix: str = "", after: str = "") -> Iterator[str]:
        """The names that begin with the prefix and come after another one, sorted."""
        where = "substr(name, 1, ?) = ? AND name > ?"
        query = "SELECT name FROM queues WHERE " + where + " ORDER BY name"
        for (name,) in self._db.execute(query, (len(prefix), prefix, after)):
            yield name

    def all(self) -> list[Queue]:
        """Every queue, by name."""
        return [_queue(row) for row in self._db.execute("SELECT " + _COLUMNS + " FROM queues ORDER BY name")]

    def add(self, name: str, attributes: Mapping[str, str], tags: Mapping[str, str], now: int) -> None:
        """`now` is in seconds since 1970."""
        self._insert(name, attributes, tags, created=now, modified=now, purged=-1e9)

    def update(self, queue: Queue, attributes: Mapping[str, str], tags: Mapping[str, str], now: int) -> None:
        """Replace attributes and tags. `now` is in seconds since 1970."""
        self._by_name.clear()
        values = (json.dumps(attributes), json.dumps(tags), now, queue.id)
        self._db.execute("UPDATE queues SET attributes = ?, tags = ?, modified = ? WHERE id = ?", values)

    def remove(self, queue: Queue) -> None:
        """Remove a queue; its messages go little by little."""
        self._by_name.clear()
        self._db.execute("DELETE FROM queues WHERE id = ?", (queue.id,))
        self._db.execute("DELETE FROM depths WHERE queue = ?", (queue.id,))
        self._db.execute("INSERT INTO dropped VALUES (?)", (queue.id,))

    def purge(self, queue: Queue, now: float) -> None:
        """Remove all messages of a queue, little by little; from now on it has none."""
        self.remove(queue)
        id_ = self._insert(
            queue.name, queue.attributes, queue.tags, created=queue.created, modified=queue.modified, purged=now
        )
        self._db.execute("UPDATE deduplication SET queue = ? WHERE queue = ?", (id_, queue.id))

    def clear(self, queue: Queue) -> None:
        """Remove all messages of a queue, and forget its deduplication. It may be purged as before."""
        self.remove(queue)
        self._insert(
            queue.name,
            queue.attributes,
            queue.tags,
            created=queue.created,
            modified=queue.modified,
            purged=queue.purged,
        )

    def size(self, queue: Queue) -> int:
        """The number of the queue's messages, in whatever state."""
        ((total,),) = self._db.execute("SELECT messages FROM depths WHERE queue = ?", (queue.id,))
        return int(total)

    def depth(self, queue: Queue, now: float) -> Depth:
        """Count the queue's messages by their state."""
        hidden = "SELECT COUNT(*), COALESCE(SUM(receives > 0), 0) FROM messages WHERE queue = ? AND visible > ?"
        ((invisible, in_flight),) = self._db.execute(hidden, (queue.id, now))
        ((oldest,),) = self._db.execute(_OLDEST, (queue.id,))
        return Depth(self.size(queue) - invisible, in_flight, invisible - in_flight, oldest)

    def _insert(  # noqa: PLR0913 - the columns
        self,
        name: str,
        attributes: Mapping[str, str],
        tags: Mapping[str, str],
        *,
        created: int,
        modified: int,
        purged: float,
    ) -> int:
        self._by_name.clear()
        values = (name, json.dumps(dict(attributes)), json.dumps(dict(tags)), created, modified, purged)
        query = "INSERT INTO queues (name, attributes, tags, created, modified, purged) VALUES (?, ?, ?, ?, ?, ?)"
        id_ = self._db.execute(query, values).lastrowid
        assert id_ is not None  # noqa: S101 - a row was inserted
        self._db.execute("INSERT INTO depths VALUES (?, 0)", (id_,))
        return id_


def _queue(row: tuple[int, str, str, str, int, int, float]) -> Queue:
    id_, name, attributes, tags, created, modified, purged = row
    return Queue(id_, name, json.loads(attributes), json.loads(tags), created, modified, purged)
