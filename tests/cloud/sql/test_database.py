"""The file's settings."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from esb_cloud.sql.database import open_database
from esb_cloud.sql.tables.messages import Messages, NewMessage
from esb_cloud.sql.tables.queues import Queues

BODY = 100_000  # bytes


def test_a_delete_does_not_write_as_much_as_the_message_has(tmp_path: Path) -> None:
    path = tmp_path / "cloud.sqlite3"
    with closing(open_database(path)) as db:
        queues, messages = Queues(db), Messages(db)
        queues.add("q", {}, {}, 0)
        queue = queues.find("q")
        assert queue is not None
        new = NewMessage(queue.id, 1.0, 1.0, None, "m", 1, "x" * BODY, "md5", None, "{}")
        ids = [messages.add(new).sequence for _ in range(10)]
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        messages.remove(queue, ids)
        assert queues.size(queue) == 0
        assert 0 < Path(f"{path}-wal").stat().st_size < BODY
