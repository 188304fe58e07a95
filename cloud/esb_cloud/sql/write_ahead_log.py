"""The file to which SQLite appends what is committed, so that it can be synced apart from the commit.

SQLite with `synchronous=NORMAL` syncs this file only before it copies it into the database ("Write-Ahead Logging", 2.2
and 3.2, at sqlite.org). A sync after a commit makes the same durable as its own would with `synchronous=FULL`: a commit
is in the log, and after it, everything that was committed before. In between, what does not depend on the disk can be
answered, and the next transaction done: of one that is written during a sync, the disk has all, or a part that SQLite
knows by its checksum and passes over.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from threading import Lock
from typing import Final

_sync: Final = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync; neither does SQLite use one there
_CHUNK: Final = 1024 * 1024  # bytes


class WriteAheadLog:
    """The log of an open database. One thread at a time has the database; others may wait for the disk meanwhile."""

    def __init__(self, path: Path) -> None:
        """`path` is that of the database, which is open, and has been read. Raises OSError."""
        self._file = os.open(f"{path}-wal", os.O_RDWR)
        self._is_whole = False  # a process that was killed may have left what it did not sync, or could not
        self._error: OSError | None = None  # of the sync that has failed
        self._syncing = Lock()
        self._durable = 0  # as `commits`
        self.commits = 0  # that have to be durable; whoever has the database counts them

    def is_durable(self, commit: int) -> bool:
        """Whether this commit is durable, by its number in `commits`, and so all before it."""
        return self._durable >= commit

    def make_durable(self, commit: int) -> None:
        """Return when this commit is durable, by its number in `commits`, and so all before it.

        Raises OSError; `ensure_whole` must then be called. Until then, no later commit becomes durable.
        """
        with self._syncing:
            if self._durable >= commit:
                return
            if self._error is not None:
                raise OSError(self._error.errno, self._error.strerror)
            commits = self.commits
            try:
                _sync(self._file)
            except OSError as error:
                self._is_whole, self._error = False, error
                raise
            self._durable = commits

    def ensure_whole(self, db: sqlite3.Connection) -> None:
        """Before the next commit. Raises OSError and sqlite3.Error.

        What a failed sync did not write is not written by the next one (Linux forgets that it has to be), and what
        comes behind it in the log would be lost with it at a power cut. So the log is written once more: a database
        into which a part of it was copied is damaged without the rest. Then it goes there, and begins anew.
        """
        if self._is_whole:
            return
        with self._syncing:
            self._write_again()
            ((is_busy, _, _),) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if is_busy:
                raise sqlite3.OperationalError("the log could not be written into the database")
            self._is_whole, self._error, self._durable = True, None, self.commits

    def _write_again(self) -> None:
        """SQLite syncs it before it copies anything."""
        start = 0
        while content := os.pread(self._file, _CHUNK, start):
            start += os.pwrite(self._file, content, start)

    def close(self) -> None:
        os.close(self._file)
