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

# A message that was not delayed or received has its place in `messages_visible` by when it was enqueued, as a message
# is never visible before. Only the others need another index, so that a send does not write it.
_SQS_AGES: Final = """
DROP INDEX messages_enqueued;
CREATE INDEX messages_age ON messages (queue, enqueued) WHERE visible <> enqueued;
"""

# `id` of a subscription is the last part of its ARN. `until` is when one that is not confirmed goes.
_SNS: Final = """
CREATE TABLE topics (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, attributes TEXT NOT NULL, tags TEXT NOT NULL,
    sequence INTEGER NOT NULL, unsubscribed INTEGER NOT NULL
);
CREATE TABLE topic_deduplication (
    topic INTEGER NOT NULL, key TEXT NOT NULL, until REAL NOT NULL, message_id TEXT NOT NULL, sequence TEXT NOT NULL,
    PRIMARY KEY (topic, key)
) WITHOUT ROWID;
CREATE INDEX topic_deduplication_until ON topic_deduplication (until);
CREATE TABLE subscriptions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, protocol TEXT NOT NULL,
    endpoint TEXT NOT NULL, attributes TEXT NOT NULL, state TEXT NOT NULL, token TEXT NOT NULL,
    authenticated INTEGER NOT NULL, until REAL NOT NULL
);
CREATE INDEX subscriptions_topic ON subscriptions (topic, protocol, endpoint);
CREATE INDEX subscriptions_token ON subscriptions (token) WHERE token <> '';
CREATE TABLE signing_key (only INTEGER PRIMARY KEY CHECK (only = 1), private BLOB NOT NULL, certificate BLOB NOT NULL);
"""

# Those to one target are sent a few at a time. `started` is when it was added, `due` when it is tried next.
_DELIVERIES: Final = """
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, due REAL NOT NULL, started REAL NOT NULL,
    failures INTEGER NOT NULL, source TEXT NOT NULL, request TEXT NOT NULL, body TEXT NOT NULL, retries TEXT NOT NULL,
    dead_letter TEXT
);
CREATE INDEX deliveries_due ON deliveries (target, due);
"""

# `kind` of a resource is the word in its ARN. `fired` is the time for which a rule's schedule fired last.
_EVENTS: Final = """
CREATE TABLE event_resources (
    kind TEXT NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL, tags TEXT NOT NULL, created INTEGER NOT NULL,
    modified INTEGER NOT NULL, PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT, bus TEXT NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL,
    targets TEXT NOT NULL, tags TEXT NOT NULL, created INTEGER NOT NULL, fired REAL NOT NULL, base_url TEXT NOT NULL,
    UNIQUE (bus, name)
);
"""

STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "store": (_STORE,),
    "sqs": (_SQS, _SQS_AGES),
    "deliveries": (_DELIVERIES,),
    "sns": (_SNS,),
    "events": (_EVENTS,),
}
