"""The log of the database: what the disk may have lost is written to it again."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from esb_cloud.sql.database import open_database
from esb_cloud.sql.write_ahead_log import WriteAheadLog


def test_the_log_is_written_again_before_it_is_copied_into_the_database(tmp_path: Path) -> None:
    """Else a power cut leaves a database with a part of what was copied, and a log that cannot complete it."""
    path, log_path = tmp_path / "cloud.sqlite3", tmp_path / "cloud.sqlite3-wal"
    with closing(open_database(path)) as db, closing(WriteAheadLog(path)) as log:
        left, times, contents = log_path.read_bytes(), list[int](), list[bytes]()

        def note(_statement: str) -> None:  # before each statement
            times.append(log_path.stat().st_mtime_ns)
            contents.append(log_path.read_bytes())

        os.utime(log_path, ns=(0, 0))
        db.set_trace_callback(note)
        log.ensure_whole(db)
        db.set_trace_callback(None)
        assert times[0] > 0
        assert contents == [left]
        assert log_path.read_bytes() == b""
        log.ensure_whole(db)  # it is whole
