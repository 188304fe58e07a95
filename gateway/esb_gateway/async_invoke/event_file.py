"""The events in the SQLite file: what is still to run, and what ended and is kept.

Only statements. event_store.py decides when a transaction begins and ends.
"""

# ruff: noqa: S608 - the statements are made of constants of this file; values are always parameters

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from esb_gateway.async_invoke.event_database import open_database
from esb_gateway.async_invoke.rules import Event
from esb_gateway.invocation import Invocation, NotAccepted

OVERHEAD: Final = 512  # bytes that a row and its index entries take besides the payload, at most
MAX_KEPT: Final = 10_000
MAX_KEPT_AGE: Final = 14 * 86400.0  # seconds
KEPT_SHARE: Final = 4  # kept events take at most a quarter of the file
FIRED_KEPT: Final = 7 * 86400.0  # seconds; until then nothing fires twice, even if the clock is set back
MAX_DELAY: Final = 600.0  # seconds; a longer one only results from a clock that was set back

_INVOCATION = "request_id, function, arn, trace_id, client_context, cognito_identity, payload"
_EVENT = f"{_INVOCATION}, accepted, due, attempts, chain, id"
_KEPT = f"{_INVOCATION}, accepted, ended, condition, attempts, targets, response"


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event that has ended and is kept: it failed, or its record could not be delivered to `targets`."""

    event: Event
    ended: float
    condition: str
    targets: tuple[str, ...]
    response: bytes | None


@dataclass(frozen=True, slots=True)
class DueEvents:
    """Events to run now, and the time at which the next of the others is due; `more`: others are due now, too."""

    events: tuple[Event, ...]
    next_due: float | None
    more: bool


@dataclass(frozen=True, slots=True)
class Retried:
    """`event` was kept and is queued now. None: it was queued already, and is due now."""

    function: str
    event: Event | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """`id` is that of the queued event. None: it was kept."""

    function: str
    id: int | None


class EventFile:
    """The open file; `path` None is a temporary one that ends with the process.

    Everything that changes events is a method; `db` is for reading them, see queries.py, and for checkpoints.py.
    """

    def __init__(self, path: Path | None, max_bytes: int, now: float) -> None:
        """Open or create it. Raises FileError, and sqlite3.DatabaseError for a file that is damaged."""
        self.queued = self.kept = self.kept_bytes = 0
        self.oldest: float | None = None  # when the oldest queued event was accepted
        self.last_fired: float | None = None  # when the last schedule fired before this file was opened
        self._max_bytes = max_bytes
        self._last_id = 0  # no id is used twice in one process: a dropped event may still run
        self.db = open_database(path)
        try:
            ((self._page_size,),) = self.db.execute("PRAGMA page_size")
            for name in self.functions():
                late = (now, name, now + MAX_DELAY)
                self.db.execute("UPDATE queued SET due = ? WHERE function = ? AND due > ?", late)
            self.count()
            ((self.last_fired,),) = self.db.execute("SELECT MAX(accepted) FROM fired")
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        self.db.close()

    def begin(self) -> None:
        """Begin a transaction, and measure how much room there is."""
        self.db.execute("BEGIN IMMEDIATE")
        ((pages,),) = self.db.execute("PRAGMA page_count")
        ((free,),) = self.db.execute("PRAGMA freelist_count")
        self._room = self._max_bytes - (pages - free) * self._page_size

    def commit(self) -> None:
        """Make everything since `begin` durable."""
        found = self.db.execute("SELECT accepted FROM queued ORDER BY id LIMIT 1").fetchone()
        self.db.execute("COMMIT")
        self.oldest = None if found is None else found[0]

    def roll_back(self) -> None:
        """Undo everything since `begin`."""
        with suppress(sqlite3.OperationalError):  # an error may have done it already
            self.db.execute("ROLLBACK")
        self.count()

    def count(self) -> None:
        """Count again what is in the file."""
        ((self.queued,),) = self.db.execute("SELECT COUNT(*) FROM queued")
        ((self.kept, self.kept_bytes),) = self.db.execute("SELECT COUNT(*), COALESCE(SUM(size), 0) FROM kept")
        ((last, self.oldest),) = self.db.execute(
            "SELECT MAX(id), (SELECT accepted FROM queued ORDER BY id LIMIT 1) FROM queued"
        )
        self._last_id = max(self._last_id, last or 0)

    # Queued events

    def put(self, event: Event) -> Event | None:
        """Add an event that a caller waits for; returns it with its id, None if it is there already.

        Raises NotAccepted if there is no room.
        """
        if event.size + OVERHEAD > self._room:
            raise NotAccepted(
                f"The queue of asynchronous invocations has {self.queued} events and is full; "
                "try again later, or give it more room with ESB_EVENTS_MAX_BYTES.",
                full=True,
            )
        known = (event.invocation.request_id,)
        if self.db.execute("SELECT 1 FROM queued WHERE request_id = ?", known).fetchone():
            return None
        return self.add(event)

    def put_once(self, key: str, due: int, event: Event) -> Event | None:
        """As `put`, but only once for the same key and due time; None if it was put before."""
        if self.db.execute("SELECT 1 FROM fired WHERE key = ? AND due = ?", (key, due)).fetchone():
            return None
        added = self.put(event)
        self.db.execute("INSERT INTO fired (key, due, accepted) VALUES (?, ?, ?)", (key, due, event.accepted))
        return added

    def add(self, event: Event) -> Event:
        """As `put`, for an event that follows another one: it may exceed the room."""
        self._room -= event.size + OVERHEAD
        self._last_id += 1
        added = replace(event, id=self._last_id)
        values = (*_values(event.invocation), event.accepted, event.due, event.attempts, event.chain, added.id)
        self.db.execute(f"INSERT INTO queued ({_EVENT}, size) VALUES ({_marks(13)})", (*values, event.size))
        self.queued += 1
        return added

    def due(self, function: str, now: float, limit: int, limit_bytes: int, held: Collection[int]) -> DueEvents:
        """The function's events that are due and not `held`, the earliest due first, within both limits; but one in
        any case, however large.
        """
        found = self.db.execute(
            "SELECT id FROM queued WHERE function = ? AND due <= ? ORDER BY due, id LIMIT ?",
            (function, now, limit + len(held) + 1),
        ).fetchall()
        ids = [id_ for (id_,) in found if id_ not in held]
        events: list[Event] = []
        size = 0
        while len(events) < min(limit, len(ids)) and (not events or size < limit_bytes):
            row = self.db.execute(f"SELECT {_EVENT} FROM queued WHERE id = ?", (ids[len(events)],)).fetchone()
            events.append(_event(row))
            size += events[-1].size
        ((later,),) = self.db.execute("SELECT MIN(due) FROM queued WHERE function = ? AND due > ?", (function, now))
        return DueEvents(tuple(events), later, more=len(events) < len(ids))

    def functions(self) -> list[str]:
        """The functions that have queued events; takes one look-up for each."""
        names: list[str] = []
        name = self._first_function_after("")
        while name is not None:
            names.append(name)
            name = self._first_function_after(name)
        return names

    def postpone(self, id_: int, due: float, attempts: int) -> None:
        """Run the event again at `due`."""
        self.db.execute("UPDATE queued SET due = ?, attempts = ? WHERE id = ?", (due, attempts, id_))

    def remove(self, id_: int) -> bool:
        """The event has ended. False: it was not queued any more."""
        removed = self.db.execute("DELETE FROM queued WHERE id = ?", (id_,)).rowcount
        self.queued -= removed
        return removed > 0

    # Kept events

    def keep(self, kept: KeptEvent) -> None:
        """Keep an ended event. The oldest ones make room, those that succeeded before those that failed."""
        event = kept.event
        size = event.size + len(kept.response or b"")
        targets = json.dumps(kept.targets)
        known = (event.invocation.request_id,)
        for row in self.db.execute("SELECT id, size FROM kept WHERE request_id = ?", known).fetchall():
            self._remove_kept(*row)
        values = (*_values(event.invocation), event.accepted, kept.ended, kept.condition, event.attempts, targets)
        self.db.execute(
            f"INSERT INTO kept ({_KEPT}, size, failed) VALUES ({_marks(15)})",
            (*values, kept.response, size, kept.condition != "Success"),
        )
        self.kept += 1
        self.kept_bytes += size
        self._make_room()

    def sweep(self, now: float) -> None:
        """Remove what has been kept for too long."""
        self.db.execute("DELETE FROM fired WHERE accepted < ?", (now - FIRED_KEPT,))
        if self.db.execute("DELETE FROM kept WHERE ended < ?", (now - MAX_KEPT_AGE,)).rowcount:
            self.count()

    # Both, on request

    def retry(self, request_id: str, now: float) -> Retried | None:
        """Run an event now: a queued one sooner, a failed one as if it were new. None: there is no such event."""
        row = self.db.execute("SELECT function FROM queued WHERE request_id = ?", (request_id,)).fetchone()
        if row is not None:
            self.db.execute("UPDATE queued SET due = ? WHERE request_id = ? AND due > ?", (now, request_id, now))
            return Retried(row[0], None)
        row = self.db.execute(
            f"SELECT {_INVOCATION}, id, size FROM kept WHERE request_id = ? AND failed",
            (request_id,),
        ).fetchone()
        if row is None:
            return None
        self._remove_kept(*row[7:])
        return Retried(row[1], self.add(Event(_invocation(row[:7]), now, now)))

    def drop(self, request_id: str) -> Dropped | None:
        """Remove an event; one that runs is not tried again. None: there is no such event."""
        row = self.db.execute("SELECT function, id FROM queued WHERE request_id = ?", (request_id,)).fetchone()
        if row is not None:
            self.remove(row[1])
            return Dropped(*row)
        row = self.db.execute("SELECT function, id, size FROM kept WHERE request_id = ?", (request_id,)).fetchone()
        if row is None:
            return None
        self._remove_kept(*row[1:])
        return Dropped(row[0], None)

    def clear(self) -> list[tuple[str, int]]:
        """Remove all events; returns function and id of those that were queued."""
        queued: list[tuple[str, int]] = self.db.execute("SELECT function, id FROM queued").fetchall()
        for table in ("queued", "kept"):
            self.db.execute(f"DELETE FROM {table}")
        self.count()
        return queued

    def _make_room(self) -> None:
        while self.kept > MAX_KEPT or self.kept_bytes > self._max_bytes // KEPT_SHARE:
            ((id_, size),) = self.db.execute("SELECT id, size FROM kept ORDER BY failed, ended LIMIT 1").fetchall()
            self._remove_kept(id_, size)

    def _remove_kept(self, id_: int, size: int) -> None:
        self.db.execute("DELETE FROM kept WHERE id = ?", (id_,))
        self.kept -= 1
        self.kept_bytes -= size

    def _first_function_after(self, name: str) -> str | None:
        ((found,),) = self.db.execute("SELECT MIN(function) FROM queued WHERE function > ?", (name,))
        return None if found is None else str(found)


def _values(invocation: Invocation) -> tuple[Any, ...]:
    return (
        invocation.request_id,
        invocation.function,
        invocation.arn,
        invocation.trace_id,
        invocation.client_context,
        invocation.cognito_identity,
        invocation.payload,
    )


def _event(row: Sequence[Any]) -> Event:
    return Event(_invocation(row[:7]), *row[7:])


def _invocation(row: Sequence[Any]) -> Invocation:
    request_id, function, arn, trace_id, client_context, cognito_identity, payload = row
    return Invocation(function, payload, request_id, trace_id, arn, client_context, cognito_identity)


def _marks(count: int) -> str:
    return ", ".join("?" * count)
