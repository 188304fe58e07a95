"""The SQLite file: opening it, its settings, and its schema.

The file belongs to one process at a time. It is written ahead (WAL) with `synchronous=FULL`: what is committed survives
a power cut. The store turns that off for transactions that only receive.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from esb_cloud.errors import ConfigurationError
from esb_cloud.sql.schema import STEPS

APPLICATION: Final = 0x45534243  # "ESBC", in the file's header
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def open_database(path: Path | None) -> sqlite3.Connection:
    """Open or create the file; None is a temporary one that ends with the process. Raises ConfigurationError."""
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        # "" is SQLite's own temporary database: in memory while it is small, gone when it is closed.
        db = sqlite3.connect(
            path or "", timeout=1.0, isolation_level=None, check_same_thread=False, cached_statements=256
        )
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"{path}: cannot be written ({reason}); make the folder writable, or name another file with --data."
        ) from error
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        _prepare(db, path)
    except BaseException as error:
        db.close()
        if isinstance(error, sqlite3.Error):
            raise ConfigurationError(f"{path}: {_reason(error)}.") from error
        raise
    return db


def is_damaged(error: sqlite3.Error) -> bool:
    """Whether the error says that the file is not a valid database."""
    return _code(error) in _DAMAGED


def is_full(error: sqlite3.Error) -> bool:
    """Whether the error says that the disk is full."""
    return _code(error) == sqlite3.SQLITE_FULL


def _prepare(db: sqlite3.Connection, path: Path | None) -> None:
    ((application,),) = db.execute("PRAGMA application_id")
    ((tables,),) = db.execute("SELECT COUNT(*) FROM sqlite_master")
    if application != APPLICATION and (application or tables):
        raise ConfigurationError(f"{path}: is a database of another program; name another file with --data.")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA journal_size_limit = 16777216")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA cache_size = -16384")  # KiB
    if not application:
        steps = "CREATE TABLE steps (service TEXT PRIMARY KEY, done INTEGER NOT NULL)"
        db.executescript(f"BEGIN; {steps}; PRAGMA application_id = {APPLICATION}; COMMIT;")
    for service, steps_of in STEPS.items():
        _migrate(db, path, service, steps_of)


def _migrate(db: sqlite3.Connection, path: Path | None, service: str, steps: tuple[str, ...]) -> None:
    found = db.execute("SELECT done FROM steps WHERE service = ?", (service,)).fetchone()
    done = 0 if found is None else found[0]
    if done > len(steps):
        raise ConfigurationError(
            f"{path}: a newer esb-cloud has written it; use that one again, or name another file with --data."
        )
    for number, step in enumerate(steps[done:], done + 1):
        record = f"INSERT OR REPLACE INTO steps VALUES ('{service}', {number})"  # noqa: S608 - names of our own
        db.executescript(f"BEGIN; {step} {record}; COMMIT;")


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _reason(error: sqlite3.Error) -> str:
    if is_damaged(error):
        return f"is damaged ({error}); restore it from a copy, or move it away and start with an empty one"
    if _code(error) == sqlite3.SQLITE_BUSY:
        return "another esb-cloud uses it; stop that one, or name another file with --data"
    return f"cannot be used ({error}); make it writable, or name another file with --data"
