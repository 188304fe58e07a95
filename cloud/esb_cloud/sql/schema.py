"""The tables, by service, as steps that only ever grow: a file that an older release wrote gets what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_STORE: Final = """
CREATE TABLE clock (
    only INTEGER PRIMARY KEY CHECK (only = 1), now REAL NOT NULL, wall REAL NOT NULL, since_boot REAL NOT NULL,
    boot TEXT NOT NULL
);
"""

# Times are the store's (see clocks.py), but for sent and first_received: milliseconds since 1970, for people.
# A message is small and changes often, its content is large and never changes: they are two rows.
# `visible` of a group is that of its first message. `depths` is kept by triggers, so that nothing has to be counted.
# `received` is when a message was received last; `attempts` has what was received by a ReceiveRequestAttemptId.
# A queue that is deleted or purged leaves its messages to `dropped`, whose messages are removed little by little.
_SQS: Final = """
CREATE TABLE queues (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, attributes TEXT NOT NULL, tags TEXT NOT NULL,
    created INTEGER NOT NULL, modified INTEGER NOT NULL, purged REAL NOT NULL
);
CREATE TABLE dropped (queue INTEGER PRIMARY KEY);
CREATE TABLE depths (queue INTEGER PRIMARY KEY, messages INTEGER NOT NULL);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, visible REAL NOT NULL, receives INTEGER NOT NULL,
    enqueued REAL NOT NULL, grp TEXT, message_id TEXT NOT NULL, sent INTEGER NOT NULL, first_received INTEGER,
    received REAL, source TEXT
);
CREATE INDEX messages_visible ON messages (queue, visible, receives);
CREATE INDEX messages_group ON messages (queue, grp, id) WHERE grp IS NOT NULL;
CREATE INDEX messages_enqueued ON messages (queue, enqueued);
CREATE TABLE contents (
    id INTEGER PRIMARY KEY, body TEXT NOT NULL, md5 TEXT NOT NULL, attributes TEXT, system TEXT NOT NULL
);
CREATE TABLE message_groups (
    queue INTEGER NOT NULL, grp TEXT NOT NULL, visible REAL NOT NULL, PRIMARY KEY (queue, grp)
) WITHOUT ROWID;
CREATE INDEX message_groups_visible ON message_groups (queue, visible);
CREATE TABLE deduplication (
    queue INTEGER NOT NULL, key TEXT NOT NULL, until REAL NOT NULL, message_id TEXT NOT NULL, sequence INTEGER NOT NULL,
    PRIMARY KEY (queue, key)
) WITHOUT ROWID;
CREATE INDEX deduplication_until ON deduplication (until);
CREATE TABLE attempts (
    queue INTEGER NOT NULL, attempt TEXT NOT NULL, until REAL NOT NULL, messages TEXT NOT NULL,
    PRIMARY KEY (queue, attempt)
) WITHOUT ROWID;
CREATE INDEX attempts_until ON attempts (until);
CREATE TABLE move_tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, handle TEXT NOT NULL UNIQUE, source TEXT NOT NULL, destination TEXT,
    per_second INTEGER, status TEXT NOT NULL, moved INTEGER NOT NULL, to_move INTEGER NOT NULL, last INTEGER NOT NULL,
    reason TEXT, started INTEGER NOT NULL
);
CREATE TRIGGER message_added AFTER INSERT ON messages BEGIN
    UPDATE depths SET messages = messages + 1 WHERE queue = NEW.queue;
END;
CREATE TRIGGER message_removed AFTER DELETE ON messages BEGIN
    UPDATE depths SET messages = messages - 1 WHERE queue = OLD.queue;
END;
CREATE TRIGGER message_moved AFTER UPDATE OF queue ON messages BEGIN
    UPDATE depths SET messages = messages - 1 WHERE queue = OLD.queue;
    UPDATE depths SET messages = messages + 1 WHERE queue = NEW.queue;
END;
"""

STEPS: Final[Mapping[str, tuple[str, ...]]] = {"store": (_STORE,), "sqs": (_SQS,)}
