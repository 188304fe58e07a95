"""The SQLite file behind the asynchronous invocations: what is still to run, and what ended and is kept.

Only statements; when a transaction begins and ends is event_store.py's matter. The file belongs to one process at a
time. It is written ahead (WAL) with `synchronous=FULL`: what is committed survives a power cut.
"""

# ruff: noqa: S608 - the statements are made of constants of this file; values are always parameters

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from esb_gateway.async_invoke.rules import Event
from esb_gateway.invocation import Invocation, NotAccepted

VERSION: Final = 1
APPLICATION: Final = 0x45534245  # "ESBE", in the file's header
OVERHEAD: Final = 512  # bytes that a row and its entries in the indices take besides the payload, at the most
MOST_KEPT: Final = 10_000
FIRED_KEPT: Final = 7 * 86400.0  # seconds; until then nothing fires twice, however the clock is set
LONGEST_KEPT: Final = 14 * 86400.0  # seconds
KEPT_SHARE: Final = 4  # a quarter of the file
FARTHEST: Final = 600.0  # seconds; nothing is ever due later than this, unless the clock was put back
_CORRUPT: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_INVOCATION = "request_id, function, arn, trace_id, client_context, cognito_identity, payload"
_EVENT = f"{_INVOCATION}, accepted, due, attempts, chain, id"
_KEPT = f"{_INVOCATION}, accepted, ended, condition, attempts, targets, response"
_SCHEMA = f"""
CREATE TABLE queued (
    id INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, function TEXT NOT NULL, due REAL NOT NULL,
    accepted REAL NOT NULL, attempts INTEGER NOT NULL, chain INTEGER NOT NULL, size INTEGER NOT NULL, arn TEXT NOT NULL,
    trace_id TEXT NOT NULL, client_context TEXT, cognito_identity TEXT, payload BLOB NOT NULL
);
CREATE INDEX queued_due ON queued (function, due);
CREATE TABLE kept (
    id INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, function TEXT NOT NULL, accepted REAL NOT NULL,
    ended REAL NOT NULL, condition TEXT NOT NULL, failed INTEGER NOT NULL, attempts INTEGER NOT NULL,
    targets TEXT NOT NULL, size INTEGER NOT NULL, arn TEXT NOT NULL, trace_id TEXT NOT NULL, client_context TEXT,
    cognito_identity TEXT, payload BLOB NOT NULL, response BLOB
);
CREATE INDEX kept_order ON kept (failed, ended, size);
CREATE TABLE fired (key TEXT NOT NULL, due INTEGER NOT NULL, accepted REAL NOT NULL, PRIMARY KEY (key, due));
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""


class FileError(Exception):
    """The file cannot be used as it is; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An event that is over and was not delivered anywhere; `targets` are what it should have gone to."""

    event: Event
    ended: float
    condition: str
    targets: tuple[str, ...]
    response: bytes | None


@dataclass(frozen=True, slots=True)
class Due:
    """Events to run now, and when the next one is due of those that are not; `more`: others are due now, too."""

    events: tuple[Event, ...]
    next_due: float | None
    more: bool


@dataclass(frozen=True, slots=True)
class Retried:
    """`event` was kept and is queued now; None: it was queued, and is due now."""

    function: str
    event: Event | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """`id` is the one that it was queued by; None: it was kept."""

    function: str
    id: int | None


class EventFile:
    """The open file. `path` None is a temporary one that ends with the process.

    Everything that changes it is a method; `db` is for reading, as event_views.py does.
    """

    def __init__(self, path: Path | None, max_bytes: int, now: float) -> None:
        """Open or make it. Raises FileError, and sqlite3.DatabaseError for a file that is damaged."""
        self.queued = self.kept = self.kept_bytes = 0
        self.oldest: float | None = None  # when the queued event was accepted that has been for longest
        self.last_fired: float | None = None  # when the last schedule fired before this file was opened
        self._max_bytes = max_bytes
        self._last_id = 0  # none is used twice in one process: its event may be running still, though dropped
        self.db = _open(path)
        try:
            self._prepare()
            for name in self.functions():
                late = (now, name, now + FARTHEST)
                self.db.execute("UPDATE queued SET due = ? WHERE function = ? AND due > ?", late)
            self.count()
            ((self.last_fired,),) = self.db.execute("SELECT MAX(accepted) FROM fired")
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        """Let go of it."""
        self.db.close()

    def begin(self) -> None:
        """Begin a transaction, and see how much room there is."""
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

    # What is to run

    def put(self, event: Event) -> Event | None:
        """One more that a caller waits for; gives it with its id, None if it is there already.

        Raises NotAccepted when there is no room.
        """
        needed = event.size + OVERHEAD
        if needed > self._room:
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
        """As `put`, for what is due at that time by a schedule of that key; None: it was put before."""
        if self.db.execute("SELECT 1 FROM fired WHERE key = ? AND due = ?", (key, due)).fetchone():
            return None
        added = self.put(event)
        self.db.execute("INSERT INTO fired (key, due, accepted) VALUES (?, ?, ?)", (key, due, event.accepted))
        return added

    def add(self, event: Event) -> Event:
        """As `put`, for an event that comes of another one: it takes the room it needs."""
        self._room -= event.size + OVERHEAD
        self._last_id += 1
        added = replace(event, id=self._last_id)
        values = (*_values(event.invocation), event.accepted, event.due, event.attempts, event.chain, added.id)
        self.db.execute(f"INSERT INTO queued ({_EVENT}, size) VALUES ({_marks(13)})", (*values, event.size))
        self.queued += 1
        return added

    def due(self, function: str, now: float, most: int, most_bytes: int, held: Collection[int]) -> Due:
        """The function's events that are due and not `held`, oldest due first: so many, or so many bytes, but one."""
        found = self.db.execute(
            "SELECT id FROM queued WHERE function = ? AND due <= ? ORDER BY due, id LIMIT ?",
            (function, now, most + len(held) + 1),
        ).fetchall()
        ids = [id_ for (id_,) in found if id_ not in held]
        events: list[Event] = []
        size = 0
        while len(events) < min(most, len(ids)) and (not events or size < most_bytes):
            events.append(self._event(ids[len(events)]))
            size += events[-1].size
        ((later,),) = self.db.execute("SELECT MIN(due) FROM queued WHERE function = ? AND due > ?", (function, now))
        return Due(tuple(events), later, more=len(events) < len(ids))

    def functions(self) -> list[str]:
        """The functions that have events here; as many look-ups as there are of them."""
        names: list[str] = []
        name = self._first_function_after("")
        while name is not None:
            names.append(name)
            name = self._first_function_after(name)
        return names

    def postpone(self, id_: int, due: float, attempts: int) -> None:
        """Let the event run again."""
        self.db.execute("UPDATE queued SET due = ?, attempts = ? WHERE id = ?", (due, attempts, id_))

    def remove(self, id_: int) -> bool:
        """The event has ended. False: it was not there any more."""
        removed = self.db.execute("DELETE FROM queued WHERE id = ?", (id_,)).rowcount
        self.queued -= removed
        return removed > 0

    # What ended

    def keep(self, kept: Kept) -> None:
        """Keep an ended event; the oldest make room, those that succeeded before those that failed."""
        event = kept.event
        size = event.size + len(kept.response or b"")
        targets = json.dumps(kept.targets)
        known = (event.invocation.request_id,)
        for row in self.db.execute("SELECT id, size FROM kept WHERE request_id = ?", known).fetchall():
            self._unkeep(*row)
        values = (*_values(event.invocation), event.accepted, kept.ended, kept.condition, event.attempts, targets)
        self.db.execute(
            f"INSERT INTO kept ({_KEPT}, size, failed) VALUES ({_marks(15)})",
            (*values, kept.response, size, kept.condition != "Success"),
        )
        self.kept += 1
        self.kept_bytes += size
        self._make_room()

    def sweep(self, now: float) -> None:
        """Drop what has been kept for too long."""
        self.db.execute("DELETE FROM fired WHERE accepted < ?", (now - FIRED_KEPT,))
        if self.db.execute("DELETE FROM kept WHERE ended < ?", (now - LONGEST_KEPT,)).rowcount:
            self.count()

    # What a person does

    def retry(self, request_id: str, now: float) -> Retried | None:
        """Run the event now: a queued one sooner, one that failed as if it were new. None: there is no such one."""
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
        self._unkeep(*row[7:])
        return Retried(row[1], self.add(Event(_invocation(row[:7]), now, now)))

    def drop(self, request_id: str) -> Dropped | None:
        """Forget the event; one that runs is not tried again. None: it is not here."""
        row = self.db.execute("SELECT function, id FROM queued WHERE request_id = ?", (request_id,)).fetchone()
        if row is not None:
            self.remove(row[1])
            return Dropped(*row)
        row = self.db.execute("SELECT function, id, size FROM kept WHERE request_id = ?", (request_id,)).fetchone()
        if row is None:
            return None
        self._unkeep(*row[1:])
        return Dropped(row[0], None)

    # Private

    def _make_room(self) -> None:
        while self.kept > MOST_KEPT or self.kept_bytes > self._max_bytes // KEPT_SHARE:
            ((id_, size),) = self.db.execute("SELECT id, size FROM kept ORDER BY failed, ended LIMIT 1").fetchall()
            self._unkeep(id_, size)

    def _unkeep(self, id_: int, size: int) -> None:
        self.db.execute("DELETE FROM kept WHERE id = ?", (id_,))
        self.kept -= 1
        self.kept_bytes -= size

    def _prepare(self) -> None:
        ((application,),) = self.db.execute("PRAGMA application_id")
        ((version,),) = self.db.execute("PRAGMA user_version")
        ((tables,),) = self.db.execute("SELECT COUNT(*) FROM sqlite_master")
        if application != APPLICATION and (application or tables):
            raise FileError("this is a database of another program; name another file")
        if version > VERSION:
            raise FileError(
                f"a newer esb-gateway has written it (version {version}, this one knows {VERSION}); "
                "use that one again, or name another file"
            )
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("PRAGMA journal_size_limit = 16777216")
        self.db.execute("PRAGMA temp_store = MEMORY")
        if not version:
            self.db.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
        ((self._page_size,),) = self.db.execute("PRAGMA page_size")

    def _event(self, id_: int) -> Event:
        row = self.db.execute(f"SELECT {_EVENT} FROM queued WHERE id = ?", (id_,)).fetchone()
        return _event(row)

    def _first_function_after(self, name: str) -> str | None:
        ((found,),) = self.db.execute("SELECT MIN(function) FROM queued WHERE function > ?", (name,))
        return None if found is None else str(found)


def is_damaged(error: sqlite3.Error) -> bool:
    """Whether it says that the file is no whole database."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _CORRUPT


def set_aside(path: Path, stamp: str) -> Path:
    """Rename a damaged file, and what SQLite has put beside it; gives its new name. Raises OSError."""
    new = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("-wal", "-shm", ""):  # in this order: a new file must never meet with the other's WAL
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(new.with_name(new.name + suffix))
    return new


def _open(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    # "" is SQLite's own temporary database: in memory while it is small, gone when it is closed.
    db = sqlite3.connect(path or "", timeout=1.0, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    return db


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
