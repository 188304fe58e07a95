"""The SQLite file of the asynchronous invocations: opening it, its schema, and what to do if it is damaged.

The file belongs to one process at a time. It is written ahead (WAL) with `synchronous=FULL`: what is committed
survives a power cut.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

VERSION: Final = 1
APPLICATION: Final = 0x45534245  # "ESBE", in the file's header
_CORRUPT: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_CHECKPOINTS = "CREATE TABLE IF NOT EXISTS checkpoints (name TEXT PRIMARY KEY, position TEXT NOT NULL);"
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
{_CHECKPOINTS}
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""


class FileError(Exception):
    """The file cannot be used as it is; the text says why, and what to do."""


def open_database(path: Path | None) -> sqlite3.Connection:
    """Open or create the file; None is a temporary one that ends with the process.

    Raises FileError, and sqlite3.DatabaseError for a file that is damaged.
    """
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        for name in (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal"))):
            if name.is_symlink():  # SQLite follows links
                raise FileError(f"{name.name} is a link; delete it, or name another file")
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600))
    # "" is SQLite's own temporary database: in memory while it is small, gone when it is closed.
    db = sqlite3.connect(path or "", timeout=1.0, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    ((application,),) = db.execute("PRAGMA application_id")
    ((version,),) = db.execute("PRAGMA user_version")
    ((tables,),) = db.execute("SELECT COUNT(*) FROM sqlite_master")
    if application != APPLICATION and (application or tables):
        raise FileError("this is a database of another program; name another file")
    if version > VERSION:
        raise FileError(
            f"a newer esb-gateway has written it (version {version}, this one knows {VERSION}); "
            "use that one again, or name another file"
        )
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA journal_size_limit = 16777216")
    db.execute("PRAGMA temp_store = MEMORY")
    db.executescript(f"BEGIN; {_CHECKPOINTS if version else _SCHEMA} COMMIT;")  # older files have no checkpoints


def is_damaged(error: sqlite3.Error) -> bool:
    """Whether the error says that the file is not a valid database."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _CORRUPT


def set_aside(path: Path, stamp: str) -> Path:
    """Rename a damaged file and SQLite's files beside it; returns its new path. Raises OSError."""
    new = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("-wal", "-shm", ""):  # in this order: a new file must never meet the WAL of the old one
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(new.with_name(new.name + suffix))
    return new
