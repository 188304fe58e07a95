"""The file to which SQLite appends what is committed, so that it can be synced apart from the commit.

SQLite with `synchronous=NORMAL` syncs this file only before it copies it into the database ("Write-Ahead Logging", 2.2
and 3.2, at sqlite.org). A sync after a commit makes the same durable as its own would with `synchronous=FULL`: a commit
is in the log, and after it, everything that was committed before. In between, what does not depend on the disk can be
answered.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

_sync: Final = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync; neither does SQLite use one there


class WriteAheadLog:
    """The log of an open database."""

    def __init__(self, path: Path) -> None:
        """`path` is that of the database, which is open, and has been read. Raises OSError."""
        self._file = os.open(f"{path}-wal", os.O_RDWR)
        self._is_whole = False  # a process that was killed may have left what it did not sync, or could not

    def sync(self) -> None:
        """Return when all that was committed is durable. Raises OSError; `ensure_whole` must then be called."""
        try:
            _sync(self._file)
        except OSError:
            self._is_whole = False
            raise

    def ensure_whole(self, db: sqlite3.Connection) -> None:
        """Before the next commit. Raises sqlite3.Error.

        What a failed sync did not write is not written by the next one (Linux forgets that it has to be), and what
        comes behind it in the log would be lost with it at a power cut. So all of it goes into the database first, and
        the log begins anew.
        """
        if self._is_whole:
            return
        ((is_busy, _, _),) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if is_busy:
            raise sqlite3.OperationalError("the log could not be written into the database")
        self._is_whole = True

    def close(self) -> None:
        os.close(self._file)
