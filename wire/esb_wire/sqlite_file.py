"""Opens an SQLite file for a single process, with commits that survive a power failure; and its errors.

The journal is WAL with `synchronous=FULL`, unless the owner sets another value. The header identifies the program that
the file belongs to.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Final

_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BESIDE: Final = ("", "-wal", "-shm", "-journal")


class UnusableFile(Exception):
    """The file does not belong to this program; the text says why, and what to do."""


def open_file(
    path: Path | None, application: int, cached_statements: int = 128, *, without_id: Collection[str] = ()
) -> sqlite3.Connection:
    """Open or create the file, readable for its owner alone; None is a temporary one that ends with the process.

    `application` is the application_id in the header of the program's files. The schema sets it in a new file. Files of
    releases that did not set it are recognized by their tables, `without_id`; the owner then sets it. The caller begins
    and ends transactions.

    Raises UnusableFile, OSError, and sqlite3.Error: for a file that is damaged, or that another process uses.
    """
    if path is not None:
        _create(path)
    # "" is a temporary database, in memory while it is small, deleted when it is closed. Names such as ":memory:" are
    # special, paths are not.
    db = sqlite3.connect(
        "" if path is None else path.absolute(),
        timeout=1.0,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=cached_statements,
    )
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        _check_application(db, application, without_id)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA journal_size_limit = 16777216")
        db.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        db.close()
        raise
    return db


def is_damaged(error: Exception) -> bool:
    """Whether the error says that the file is not a valid database."""
    return _code(error) in _DAMAGED


def is_full(error: Exception) -> bool:
    """Whether the error says that the disk is full or a quota is exceeded."""
    return _code(error) == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)


def is_busy(error: Exception) -> bool:
    """Whether the error says that another process uses the file."""
    return _code(error) == sqlite3.SQLITE_BUSY


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for name in (Path(f"{path}{suffix}") for suffix in _BESIDE):
        if name.is_symlink():  # SQLite follows links
            raise UnusableFile(f"{name.name} is a link; delete it, or name another file")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600))


def _check_application(db: sqlite3.Connection, application: int, without_id: Collection[str]) -> None:
    ((found,),) = db.execute("PRAGMA application_id")
    if found == application:
        return
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    if found or tables not in (set(), set(without_id)):
        raise UnusableFile("it is a database of another program; name another file")


def _code(error: Exception) -> int:
    """The primary result code of the error; 0 for any other error."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
