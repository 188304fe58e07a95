"""The topics of SNS: their attributes and tags, what FIFO topics remember, and the key that signs messages."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_SELECT: Final = "SELECT id, name, attributes, tags, sequence, unsubscribed FROM topics "


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is stored. `attributes` are those that were set; `unsubscribed` counts deleted subscriptions."""

    id: int
    name: str
    attributes: Mapping[str, str]
    tags: Mapping[str, str]
    sequence: int
    unsubscribed: int

    @property
    def is_fifo(self) -> bool:
        return self.attributes.get("FifoTopic") == "true"


class Topics:
    """The table of topics. They are few and asked for often, so they are kept in memory until one changes."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._by_name: dict[str, Topic] = {}

    def forget(self) -> None:
        """Forget the copy in memory, which an undone transaction may have changed."""
        self._by_name.clear()

    def find(self, name: str) -> Topic | None:
        """The topic of this name."""
        found = self._by_name.get(name)
        if found is None:
            row = self._db.execute(_SELECT + "WHERE name = ?", (name,)).fetchone()
            if row is None:
                return None
            found = self._by_name[name] = _topic(row)
        return found

    def names(self, after: str, limit: int) -> list[str]:
        """Names that come after another one, sorted."""
        query = "SELECT name FROM topics WHERE name > ? ORDER BY name LIMIT ?"
        return [name for (name,) in self._db.execute(query, (after, limit))]

    def add(self, name: str, attributes: Mapping[str, str], tags: Mapping[str, str]) -> None:
        query = "INSERT INTO topics (name, attributes, tags, sequence, unsubscribed) VALUES (?, ?, ?, 0, 0)"
        self._db.execute(query, (name, json.dumps(dict(attributes)), json.dumps(dict(tags))))

    def update(self, topic: Topic, attributes: Mapping[str, str], tags: Mapping[str, str]) -> None:
        """Replace attributes and tags."""
        self._by_name.pop(topic.name, None)
        values = (json.dumps(dict(attributes)), json.dumps(dict(tags)), topic.id)
        self._db.execute("UPDATE topics SET attributes = ?, tags = ? WHERE id = ?", values)

    def remove(self, topic: Topic) -> None:
        """Remove a topic and what it remembers; its subscriptions are a table of their own."""
        self._by_name.pop(topic.name, None)
        self._db.execute("DELETE FROM topics WHERE id = ?", (topic.id,))
        self._db.execute("DELETE FROM topic_deduplication WHERE topic = ?", (topic.id,))

    def count_unsubscribed(self, topic: Topic) -> None:
        self._by_name.pop(topic.name, None)
        self._db.execute("UPDATE topics SET unsubscribed = unsubscribed + 1 WHERE id = ?", (topic.id,))

    # FIFO topics

    def next_sequence(self, topic: Topic) -> int:
        """Count the topic's messages."""
        update = "UPDATE topics SET sequence = sequence + 1 WHERE id = ? RETURNING sequence"
        ((sequence,),) = self._db.execute(update, (topic.id,)).fetchall()
        return int(sequence)

    def duplicate_of(self, topic: Topic, key: str, now: float) -> tuple[str, str] | None:
        """Id and sequence number of the message that was published with this key and is still remembered."""
        query = "SELECT message_id, sequence FROM topic_deduplication WHERE topic = ? AND key = ? AND until > ?"
        row: tuple[str, str] | None = self._db.execute(query, (topic.id, key, now)).fetchone()
        return row

    def remember(self, topic: Topic, key: str, until: float, message: tuple[str, str], now: float) -> None:
        """Remember a key for deduplication; those that are over are forgotten."""
        self._db.execute("DELETE FROM topic_deduplication WHERE until <= ?", (now,))
        values = (topic.id, key, until, *message)
        self._db.execute("INSERT OR REPLACE INTO topic_deduplication VALUES (?, ?, ?, ?, ?)", values)

    # The key

    def clear_deduplication(self) -> None:
        """Forget what was published."""
        self._db.execute("DELETE FROM topic_deduplication")

    def signing_key(self) -> tuple[bytes, bytes] | None:
        """The private key and the certificate."""
        row: tuple[bytes, bytes] | None = self._db.execute("SELECT private, certificate FROM signing_key").fetchone()
        return row

    def keep_signing_key(self, private: bytes, certificate: bytes) -> None:
        self._db.execute("INSERT INTO signing_key VALUES (1, ?, ?)", (private, certificate))


def _topic(row: tuple[int, str, str, str, int, int]) -> Topic:
    id_, name, attributes, tags, sequence, unsubscribed = row
    return Topic(id_, name, json.loads(attributes), json.loads(tags), sequence, unsubscribed)
