"""The messages of queues, standard and FIFO.

A message is visible from `visible` on. That is in the future if it is delayed (it was never received) or in flight (it
was). A FIFO queue's messages belong to groups; a group is where its first message is, so what lies before a message in
flight can be received and what lies behind it cannot (recorded of AWS: sqs/test_sqs,
test_fifo_group_visibility_extends_with_change_message_visibility).
"""

# ruff: noqa: S608 - the statements are made of constants of this file; values are always parameters

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final, NamedTuple

from esb_cloud.sql.tables.queues import Queue

_MESSAGE: Final = (
    "m.id, m.receives, m.visible, m.enqueued, m.grp, m.message_id, m.sent, m.first_received, m.source, "
    "m.received, c.body, c.md5, c.attributes, c.system"
)
_SELECT: Final = "SELECT " + _MESSAGE + " FROM messages m JOIN contents c ON c.id = m.id "

# First those that had been visible by then, then those that were delayed or received since. The + has SQLite look for
# these by their age.
_EXPIRED: Final = (
    "SELECT id, grp FROM messages WHERE queue = ?1 AND visible <= ?2 AND enqueued <= ?2 UNION ALL"
    " SELECT id, grp FROM messages WHERE queue = ?1 AND enqueued <= ?2 AND visible <> enqueued AND +visible > ?2"
    " LIMIT ?3"
)


class NewMessage(NamedTuple):
    """A message to add. Times are the store's but for `sent`: milliseconds since 1970. `group` is None in a standard
    queue. `attributes` and `system` are JSON.
    """

    queue: int
    visible: float
    enqueued: float
    group: str | None
    message_id: str
    sent: int
    body: str
    md5: str
    attributes: str | None
    system: str


class Message(NamedTuple):
    """A message as it is stored, before it is received; see `NewMessage`. `source` is the ARN of the queue that it was
    moved from as a dead letter, `received` when it was received the last time.
    """

    id: int
    receives: int
    visible: float
    enqueued: float
    group: str | None
    message_id: str
    sent: int
    first_received: int | None
    source: str | None
    received: float | None
    body: str
    md5: str
    attributes: str | None
    system: str


class Sent(NamedTuple):
    """The answer to a sender; `sequence` is the message's row."""

    message_id: str
    sequence: int


class Lease(NamedTuple):
    """How often a message was received, until when it is hidden, and since when."""

    receives: int
    visible: float
    group: str | None
    received: float | None
    message_id: str


@cache
def _places(count: int) -> str:
    """For so many parameters: a statement of ten rows is less work than ten, and releases Python's lock once."""
    return f"({','.join('?' * count)})"


class Messages:
    """The table of messages, and what belongs to it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    # Sending

    def add(self, message: NewMessage) -> Sent:
        """Add it at the end."""
        id_ = self._db.execute(
            "INSERT INTO messages (queue, visible, receives, enqueued, grp, message_id, sent)"
            " VALUES (?, ?, 0, ?, ?, ?, ?)",
            message[:6],
        ).lastrowid
        assert id_ is not None  # noqa: S101 - a row was inserted
        self._db.execute("INSERT INTO contents VALUES (?, ?, ?, ?, ?)", (id_, *message[6:]))
        if message.group is not None:
            group = (message.queue, message.group, message.visible)
            self._db.execute("INSERT OR IGNORE INTO message_groups VALUES (?, ?, ?)", group)
        return Sent(message.message_id, id_)

    def duplicate_of(self, queue: Queue, key: str, now: float) -> Sent | None:
        """The message that was sent with this key and is still remembered."""
        query = "SELECT message_id, sequence FROM deduplication WHERE queue = ? AND key = ? AND until > ?"
        row = self._db.execute(query, (queue.id, key, now)).fetchone()
        return None if row is None else Sent(*row)

    def remember(self, queue: Queue, key: str, until: float, sent: Sent) -> None:
        """Remember a key for deduplication."""
        values = (queue.id, key, until, sent.message_id, sent.sequence)
        self._db.execute("INSERT OR REPLACE INTO deduplication VALUES (?, ?, ?, ?, ?)", values)

    # Receiving

    def visible(self, queue: Queue, now: float, enqueued_after: float, limit: int) -> list[Message]:
        """Messages of a standard queue that can be received, those that are visible for longest first."""
        where = "WHERE m.queue = ? AND m.visible <= ? AND m.enqueued > ? ORDER BY m.visible LIMIT ?"
        rows = self._db.execute(_SELECT + where, (queue.id, now, enqueued_after, limit))
        return [Message(*row) for row in rows]

    def visible_groups(self, queue: Queue, now: float, limit: int) -> list[str]:
        """Groups of a FIFO queue from which can be received, those that are visible for longest first."""
        query = "SELECT grp FROM message_groups WHERE queue = ? AND visible <= ? ORDER BY visible LIMIT ?"
        return [group for (group,) in self._db.execute(query, (queue.id, now, limit))]

    def visible_in_group(self, queue: Queue, group: str, now: float, limit: int) -> list[Message]:
        """The first messages of a group, up to one that is not visible."""
        where = "WHERE m.queue = ? AND m.grp = ? ORDER BY m.id LIMIT ?"
        found: list[Message] = []
        for row in self._db.execute(_SELECT + where, (queue.id, group, limit)):
            message = Message(*row)
            if message.visible > now:
                break
            found.append(message)
        return found

    def received(self, messages: Iterable[Message], now: float, visible: float, wall_ms: int) -> None:
        """Count a receive of each, and hide it."""
        ids = [message.id for message in messages]
        if not ids:
            return
        update = (
            "UPDATE messages SET visible = ?, receives = receives + 1, received = ?,"
            " first_received = COALESCE(first_received, ?) WHERE id IN "
        )
        self._db.execute(update + _places(len(ids)), (visible, now, wall_ms, *ids))

    def remember_attempt(self, queue: Queue, attempt: str, until: float, messages: Iterable[Message]) -> None:
        """Remember what was received, each as it was before."""
        found = json.dumps([(message.id, message.receives + 1) for message in messages])
        self._db.execute("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)", (queue.id, attempt, until, found))

    def received_by(self, queue: Queue, attempt: str, now: float) -> list[Message]:
        """The messages that the same attempt received, as they were then; none if one of them has changed since."""
        query = "SELECT messages FROM attempts WHERE queue = ? AND attempt = ? AND until > ?"
        row = self._db.execute(query, (queue.id, attempt, now)).fetchone()
        found = []
        for id_, receives in json.loads(row[0]) if row is not None else ():
            where = "WHERE m.id = ? AND m.queue = ? AND m.receives = ? AND m.visible > ?"
            message = self._db.execute(_SELECT + where, (id_, queue.id, receives, now)).fetchone()
            if message is None:
                return []
            found.append(Message(*message)._replace(receives=receives - 1))
        return found

    def hide_again(self, messages: Iterable[Message], visible: float) -> None:
        """Hide what an attempt has received, without counting."""
        self._db.executemany("UPDATE messages SET visible = ? WHERE id = ?", [(visible, each.id) for each in messages])

    def count_visible(self, queue: Queue, now: float, most: int, *, fifo: bool) -> int:
        """The number of messages that can be received now, counted up to a limit; of a FIFO queue, of groups."""
        table = "message_groups" if fifo else "messages"
        inner = "SELECT 1 FROM " + table + " WHERE queue = ? AND visible <= ? LIMIT ?"
        ((count,),) = self._db.execute("SELECT COUNT(*) FROM (" + inner + ")", (queue.id, now, most))
        return int(count)

    def next_visible(self, queue: Queue, now: float, *, fifo: bool) -> float | None:
        """When the next message can be received that cannot be now; None if there is none."""
        table = "message_groups" if fifo else "messages"
        query = "SELECT MIN(visible) FROM " + table + " WHERE queue = ? AND visible > ?"
        ((found,),) = self._db.execute(query, (queue.id, now))
        return None if found is None else float(found)

    def in_flight(self, queue: Queue, now: float, most: int) -> int:
        """The number of messages in flight, counted up to a limit."""
        inner = "SELECT 1 FROM messages WHERE queue = ? AND visible > ? AND receives > 0 LIMIT ?"
        ((count,),) = self._db.execute("SELECT COUNT(*) FROM (" + inner + ")", (queue.id, now, most))
        return int(count)

    def list_in_flight(self, queue: Queue, now: float, limit: int) -> list[Message]:
        """Messages that were received and are not visible yet, the oldest first.

        All that are in flight are looked at, 70 ms for AWS's limit of 120,000: an index by age would have to pass over
        the messages that wait, of which there may be any number.
        """
        oldest = (
            "SELECT id FROM messages WHERE queue = ? AND visible > ? AND receives > 0 ORDER BY +enqueued, id LIMIT ?"
        )
        query = f"{_SELECT} WHERE m.id IN ({oldest}) ORDER BY m.enqueued, m.id"
        return [Message(*row) for row in self._db.execute(query, (queue.id, now, limit))]

    # By receipt

    def lease(self, queue: Queue, id_: int) -> Lease | None:
        """None if the message is gone."""
        return self.leases(queue, (id_,)).get(id_)

    def leases(self, queue: Queue, ids: Sequence[int]) -> dict[int, Lease]:
        """By row, of those that are still in the queue; of a few."""
        # The + keeps SQLite from looking for the rows among all of the queue.
        query = "SELECT id, receives, visible, grp, received, message_id FROM messages WHERE +queue = ? AND id IN "
        rows = self._db.execute(query + _places(len(ids)), (queue.id, *ids))
        return {id_: Lease(*lease) for id_, *lease in rows}

    def hide(self, queue: Queue, id_: int, group: str | None, visible: float) -> None:
        """Change when a message is visible."""
        self._db.execute("UPDATE messages SET visible = ? WHERE id = ?", (visible, id_))
        self.refresh_group(queue.id, group)

    def undo_receive(self, queue: Queue, id_: int, group: str | None, now: float) -> None:
        """Make a message visible that was received, and count one receive less. One that was not received before gets
        its place back.
        """
        self._db.execute(
            "UPDATE messages SET visible = CASE receives WHEN 1 THEN MIN(enqueued, ?1) ELSE ?1 END,"
            " first_received = CASE receives WHEN 1 THEN NULL ELSE first_received END, receives = receives - 1"
            " WHERE id = ?2",
            (now, id_),
        )
        self.refresh_group(queue.id, group)

    def remove(self, queue: Queue, ids: Sequence[int], group: str | None = None) -> None:
        """Remove a few messages, all of them of the group."""
        places = _places(len(ids))
        self._db.execute("DELETE FROM messages WHERE id IN " + places, ids)
        self._db.execute("DELETE FROM contents WHERE id IN " + places, ids)
        self.refresh_group(queue.id, group)

    # Moving

    def move_dead(self, message: Message, queue: Queue, target: Queue, source: str, times: tuple[float, float]) -> None:
        """To a dead-letter queue. `times` are when it is visible, and when it counts as enqueued."""
        values = (target.id, *times, source, message.id)
        self._db.execute("UPDATE messages SET queue = ?, visible = ?, enqueued = ?, source = ? WHERE id = ?", values)
        self.refresh_group(queue.id, message.group)
        self.refresh_group(target.id, message.group)

    def redrive(self, message: Message, queue: Queue, target: Queue, new: tuple[float, str, int]) -> None:
        """Out of a dead-letter queue, as a new message; `new` are when, its new id, and milliseconds since 1970."""
        now, message_id, sent = new
        row = self._db.execute(
            "INSERT INTO messages (queue, visible, receives, enqueued, grp, message_id, sent)"
            " VALUES (?, ?, 0, ?, ?, ?, ?)",
            (target.id, now, now, message.group, message_id, sent),
        ).lastrowid
        self._db.execute("DELETE FROM messages WHERE id = ?", (message.id,))
        self._db.execute("UPDATE contents SET id = ? WHERE id = ?", (row, message.id))
        self.refresh_group(queue.id, message.group)
        self.refresh_group(target.id, message.group)

    def up_to(self, queue: Queue, last: int, now: float, limit: int) -> list[Message]:
        """The oldest messages that are not in flight, up to a row."""
        where = "WHERE m.queue = ? AND m.visible <= ? AND m.id <= ? ORDER BY m.visible, m.id LIMIT ?"
        return [Message(*row) for row in self._db.execute(_SELECT + where, (queue.id, now, last, limit))]

    def last_row(self) -> int:
        """The row of the newest message of all queues, even if that is gone; 0 if there was none.

        That of one queue would be looked for among all of its messages.
        """
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'messages'").fetchone()
        return 0 if row is None else int(row[0])

    def refresh_group(self, queue: int, group: str | None) -> None:
        """A group's first message may be another one, or visible at another time."""
        if group is None:
            return
        first = "SELECT visible FROM messages WHERE queue = ? AND grp = ? ORDER BY id LIMIT 1"
        row = self._db.execute(first, (queue, group)).fetchone()
        if row is None:
            self._db.execute("DELETE FROM message_groups WHERE queue = ? AND grp = ?", (queue, group))
        else:
            self._db.execute("INSERT OR REPLACE INTO message_groups VALUES (?, ?, ?)", (queue, group, row[0]))

    # Sweeping

    def expire(self, queue: Queue, enqueued_until: float, limit: int) -> int:
        """Remove messages that are too old; returns how many."""
        found = self._db.execute(_EXPIRED, (queue.id, enqueued_until, limit)).fetchall()
        self._remove_all([id_ for id_, _group in found])
        for group in {group for _id, group in found}:
            self.refresh_group(queue.id, group)
        return len(found)

    def sweep(self, now: float, limit: int) -> int:
        """Remove what belongs to dropped queues, and keys that are forgotten; returns how many rows."""
        removed = 0
        for table, key in (("deduplication", "queue, key"), ("attempts", "queue, attempt")):
            old = "SELECT " + key + " FROM " + table + " WHERE until <= ? LIMIT ?"
            delete = "DELETE FROM " + table + " WHERE (" + key + ") IN (" + old + ")"
            removed += self._db.execute(delete, (now, limit)).rowcount
        for (queue,) in self._db.execute("SELECT queue FROM dropped").fetchall():
            removed += self._sweep_dropped(queue, limit)
        return removed

    def _sweep_dropped(self, queue: int, limit: int) -> int:
        found = self._db.execute("SELECT id FROM messages WHERE queue = ? LIMIT ?", (queue, limit)).fetchall()
        self._remove_all([id_ for (id_,) in found])
        if not found:
            for table in ("message_groups", "deduplication", "attempts", "dropped"):
                self._db.execute("DELETE FROM " + table + " WHERE queue = ?", (queue,))
        return len(found)

    def _remove_all(self, ids: list[int]) -> None:
        rows = [(id_,) for id_ in ids]
        self._db.executemany("DELETE FROM messages WHERE id = ?", rows)
        self._db.executemany("DELETE FROM contents WHERE id = ?", rows)
