"""The SQLite file of the asynchronous invocations: opening it, its schema, and what to do if it is damaged.

What is committed survives a power cut.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from esb_wire.sqlite_file import UnusableFile, open_file

VERSION: Final = 1
APPLICATION: Final = 0x45534245  # "ESBE", in the file's header

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

    Raises FileError, OSError, and sqlite3.Error: for a file that is damaged, or that another process uses.
    """
    try:
        db = open_file(path, APPLICATION)
    except UnusableFile as error:
        raise FileError(str(error)) from error
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    ((version,),) = db.execute("PRAGMA user_version")
    if version > VERSION:
        raise FileError(
            f"a newer esb-gateway has written it (version {version}, this one knows {VERSION}); "
            "use that one again, or name another file"
        )
    db.executescript(f"BEGIN; {_CHECKPOINTS if version else _SCHEMA} COMMIT;")  # older files have no checkpoints


def set_aside(path: Path, stamp: str) -> Path:
    """Rename a damaged file and SQLite's files beside it; returns its new path. Raises OSError."""
    new = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("-wal", "-shm", ""):  # in this order: a new file must never meet the WAL of the old one
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(new.with_name(new.name + suffix))
    return new
