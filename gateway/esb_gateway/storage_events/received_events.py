"""The file of the changes that a storage has sent to the webhook, until the gateway has read them.

What `add` has returned of survives a power cut. Numbers begin with the time at which the file was made, so that those
of a lost file are smaller, and so are the cursors of another feed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from esb_gateway.storage_events.object_event import MAX_PAGE, ObjectEvent, Page
from esb_wire.sqlite_file import UnusableFile, is_busy, open_file

MAX_UNREAD: Final = 1_000_000  # requests, some 300 bytes each
REMEMBERED: Final = 10_000  # requests that were read, by which others are known to be sent again
APPLICATION: Final = 0x45534257  # "ESBW", in the file's header
_WITHOUT_ID: Final = ("received", "position", "sqlite_sequence")  # the tables of files that were made without it
_VERSION: Final = 1
_SCHEMA: Final = """
BEGIN;
CREATE TABLE received (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, events TEXT NOT NULL
);
CREATE TABLE position (read INTEGER NOT NULL);
INSERT INTO position VALUES ({first});
INSERT INTO sqlite_sequence VALUES ('received', {first});
PRAGMA user_version = {version};
COMMIT;
"""


class EventFileError(Exception):
    """The file cannot be used, or has no room; the text is a sentence that says what to do."""


class ReceivedEvents:
    """Used by one thread at a time. `now_ns` is the time at which a new file is made."""

    def __init__(self, path: Path, now_ns: int) -> None:
        """Raises EventFileError."""
        self._path = path
        try:
            self._db = open_file(path, APPLICATION, without_id=_WITHOUT_ID)
            self._prepare(now_ns)
        except UnusableFile as error:
            raise EventFileError(f"{path}: {error}") from None
        except (OSError, sqlite3.Error) as error:
            raise EventFileError(_unusable(path, error)) from None

    def close(self) -> None:
        self._db.close()

    @property
    def read_until(self) -> int:
        """The number of the last request that was read."""
        return self._number("SELECT read FROM position")

    @property
    def last(self) -> int:
        """The number of the last request, whether or not it is still here."""
        return self._number("SELECT seq FROM sqlite_sequence WHERE name = 'received'")

    def add(self, digest: bytes, events: Sequence[ObjectEvent]) -> bool:
        """Keep the events of a request; False if it is here already. Raises EventFileError if there is no room."""
        content = json.dumps(events, separators=(",", ":"))
        try:
            if self.last - self.read_until >= MAX_UNREAD:
                raise EventFileError(f"{MAX_UNREAD} requests wait to be read; is the gateway running?")
            added = self._db.execute("INSERT OR IGNORE INTO received (digest, events) VALUES (?, ?)", (digest, content))
        except sqlite3.Error as error:
            raise EventFileError(f"{self._path} cannot be written: {error}") from None
        return added.rowcount == 1

    def page(self, after: int) -> Page:
        """The events after a number, which then count as read; of a number that was not given out, all that are unread.

        If the disk is full, they count as read after a later call.

        Raises EventFileError.
        """
        try:
            last, read = self.last, self.read_until
            if after > last:
                after = read
            elif after > read:
                with suppress(sqlite3.OperationalError):  # the disk is full: what is there can be read all the same
                    self._forget(after)
            query = "SELECT id, events FROM received WHERE id > ? ORDER BY id LIMIT ?"
            rows = self._db.execute(query, (after, MAX_PAGE)).fetchall()
        except sqlite3.Error as error:
            raise EventFileError(f"{self._path} cannot be read or written: {error}") from None
        events = [ObjectEvent(*event) for _, content in rows for event in json.loads(content)]
        return Page(str(rows[-1][0] if rows else after), events)

    def _forget(self, until: int) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute("UPDATE position SET read = ?", (until,))
            self._db.execute("DELETE FROM received WHERE id <= ?", (until - REMEMBERED,))
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # an error may have undone it already
                self._db.execute("ROLLBACK")
            raise

    def _prepare(self, now_ns: int) -> None:
        try:
            version = self._number("PRAGMA user_version")
            if version > _VERSION:
                raise sqlite3.DatabaseError(f"a newer esb-gateway has written it, version {version}")
            if not version:
                self._db.executescript(_SCHEMA.format(first=now_ns, version=_VERSION))
            if self._number("PRAGMA application_id") != APPLICATION:
                self._db.execute(f"PRAGMA application_id = {APPLICATION}")
        except BaseException:
            self._db.close()
            raise

    def _number(self, query: str) -> int:
        with closing(self._db.execute(query)) as found:
            ((number,),) = found
        return int(number)


def _unusable(path: Path, error: Exception) -> str:
    if is_busy(error):
        return f"{path}: another process uses it; stop that one, or name another file"
    return f"{path} cannot be used as the file of the storage's events ({error}); delete it, or name another file"
