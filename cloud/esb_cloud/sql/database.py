"""The SQLite file: opening it, its settings, and its schema.

What is committed survives a kill of the process, and a power cut when the store has synced it (`write_ahead_log`).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from esb_cloud.errors import ConfigurationError
from esb_cloud.sql.tables.schema import STEPS
from esb_wire.sqlite_file import UnusableFile, is_busy, is_damaged, open_file

APPLICATION: Final = 0x45534243  # "ESBC", in the file's header
_STATEMENTS: Final = 256  # that stay prepared


def open_database(path: Path | None) -> sqlite3.Connection:
    """Open or create the file; None is a temporary one that ends with the process. Raises ConfigurationError."""
    try:
        db = open_file(path, APPLICATION, _STATEMENTS)
    except UnusableFile as error:
        raise ConfigurationError(f"{path}: {error} with --data.") from error
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be written ({error.strerror or error}); "
            "make the folder writable, or name another file with --data."
        ) from error
    except sqlite3.Error as error:
        raise ConfigurationError(f"{path}: {_reason(error)}.") from error
    try:
        _prepare(db, path)
    except BaseException as error:
        db.close()
        if isinstance(error, sqlite3.Error):
            raise ConfigurationError(f"{path}: {_reason(error)}.") from error
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path | None) -> None:
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA cache_size = -16384")  # KiB
    # What is deleted is overwritten, but for whole pages that become free: Debian's SQLite would write zeros into each.
    db.execute("PRAGMA secure_delete = FAST")
    ((application,),) = db.execute("PRAGMA application_id")
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


def _reason(error: sqlite3.Error) -> str:
    if is_damaged(error):
        return f"is damaged ({error}); restore it from a copy, or move it away and start with an empty one"
    if is_busy(error):
        return "another esb-cloud uses it; stop that one, or name another file with --data"
    return f"cannot be used ({error}); make it writable, or name another file with --data"
