"""The age of messages: which one is the oldest, and which ones are too old."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from esb_cloud.sql.database import open_database
from esb_cloud.sql.tables.messages import Message, Messages, NewMessage
from esb_cloud.sql.tables.queues import Queue, Queues

OLDER_AGES = """
DROP INDEX messages_age;
CREATE INDEX messages_enqueued ON messages (queue, enqueued);
UPDATE steps SET done = 1 WHERE service = 'sqs';
"""
FOREVER = 1e9


class Ages:
    """Two queues, of which the second one gets dead letters, and a clock."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db, self.now = db, 1000.0
        self.queues, self.messages = Queues(db), Messages(db)
        self.queue, self.dead = self.find("q"), self.find("dead")

    def find(self, name: str) -> Queue:
        if self.queues.find(name) is None:
            self.queues.add(name, {}, {}, 0)
        queue = self.queues.find(name)
        assert queue is not None
        return queue

    def send(self, delay: float = 0) -> int:
        new = NewMessage(self.queue.id, self.now + delay, self.now, None, "m", 1, "body", "md5", None, "{}")
        return self.messages.add(new).sequence

    def receive(self, most: int, visibility: float) -> list[Message]:
        found = self.messages.visible(self.queue, self.now, 0, most)
        self.messages.received(found, self.now, self.now + visibility, 1)
        return found

    def receive_and_undo(self) -> None:
        for message in self.receive(3, 30):
            self.messages.undo_receive(self.queue, message.id, None, self.now)

    def bury(self) -> None:
        for message in self.receive(1, 0):
            self.messages.move_dead(message, self.queue, self.dead, "arn", (self.now, message.enqueued))

    def oldest(self, queue: Queue) -> float | None:
        return self.queues.depth(queue, self.now).oldest

    def enqueued(self, queue: Queue) -> list[float]:
        """Of all messages, one by one."""
        rows = self.db.execute("SELECT +enqueued FROM messages WHERE +queue = ?", (queue.id,))
        return sorted(enqueued for (enqueued,) in rows)

    def steps(self, work: Callable[[], object]) -> int:
        """The number of instructions of SQLite, by ten."""
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        self.db.set_progress_handler(count, 10)
        work()
        self.db.set_progress_handler(None, 0)
        return steps


@pytest.fixture
def ages() -> Iterator[Ages]:
    with closing(open_database(None)) as db:
        yield Ages(db)


def test_an_empty_queue_has_no_oldest_message(ages: Ages) -> None:
    assert ages.oldest(ages.queue) is None


@pytest.mark.parametrize("visibility", [5, 500])
def test_a_message_that_was_received_or_delayed_is_as_old_as_it_was(ages: Ages, visibility: float) -> None:
    ages.send(delay=400)
    ages.now += 1
    ages.send()
    ages.now += 1
    ages.receive(1, visibility)
    ages.now += 10
    ages.send()
    assert ages.oldest(ages.queue) == 1000
    assert ages.messages.expire(ages.queue, 1000, 10) == 1
    assert ages.oldest(ages.queue) == 1001
    assert ages.messages.expire(ages.queue, 1001, 10) == 1
    assert ages.oldest(ages.queue) == 1012


def test_the_age_of_a_dead_letter_goes_on(ages: Ages) -> None:
    ages.send()
    ages.now += 50
    ages.bury()
    assert ages.oldest(ages.queue) is None
    assert ages.oldest(ages.dead) == 1000
    assert ages.messages.expire(ages.dead, 1000, 10) == 1


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_done_the_ages_are_those_of_a_look_at_each_message(ages: Ages, seed: int) -> None:
    random, ids = Random(seed), list[int]()
    queue, messages = ages.queue, ages.messages
    actions: list[Callable[[], object]] = [
        lambda: ids.append(ages.send(random.choice([0, 0, 0, 7, 900]))),
        lambda: ages.receive(random.randint(1, 10), random.choice([0, 5, 30, 43_200])),
        lambda: messages.hide(queue, random.choice(ids), None, ages.now + random.choice([0, 20])),
        ages.receive_and_undo,
        lambda: messages.remove(queue, [random.choice(ids)]),
        ages.bury,
    ]
    ids.append(ages.send())
    for _ in range(300):
        ages.now += random.choice([0, 0.25, 3])
        random.choices(actions, [8, 3, 1, 1, 2, 1])[0]()
        for each in (queue, ages.dead):
            assert ages.oldest(each) == min(ages.enqueued(each), default=None)
    for each in (queue, ages.dead):
        enqueued = ages.enqueued(each)
        old = enqueued[: len(enqueued) // 2]
        kept = [age for age in enqueued if age > old[-1]] if old else enqueued
        while old and messages.expire(each, old[-1], 3):
            pass
        assert ages.enqueued(each) == kept


@pytest.mark.parametrize("received", [True, False])
def test_a_backlog_does_not_make_them_more_work(ages: Ages, received: bool) -> None:
    def look() -> None:
        ages.oldest(ages.queue)
        ages.messages.expire(ages.queue, 999, 10)

    ages.send()
    few = ages.steps(look)
    for _ in range(5000):
        ages.send()
    if received:
        ages.receive(5000, 5)
        ages.now += 10
    assert ages.steps(look) <= few + 5


def test_a_send_without_a_delay_writes_no_index_for_ages(ages: Ages) -> None:
    def entries() -> int:
        query = "SELECT COUNT(*) FROM messages INDEXED BY messages_age WHERE visible <> enqueued"
        ((count,),) = ages.db.execute(query)
        return int(count)

    ages.send()
    assert entries() == 0
    ages.send(delay=1)
    assert entries() == 1


def test_a_file_of_an_older_release_keeps_its_messages_and_their_ages(tmp_path: Path) -> None:
    path = tmp_path / "cloud.sqlite3"
    with closing(open_database(path)) as db:
        ages = Ages(db)
        indexes = index_names(db)
        db.executescript(OLDER_AGES)
        ages.send(delay=900)
        ages.now += 1
        ages.send()
        ages.now += 1
        ages.send()
        ages.receive(1, FOREVER)
    with closing(open_database(path)) as db:
        ages = Ages(db)
        assert index_names(db) == indexes
        assert ages.enqueued(ages.queue) == [1000, 1001, 1002]
        assert ages.oldest(ages.queue) == 1000
        assert ages.messages.expire(ages.queue, 1001, 10) == 2
        assert ages.oldest(ages.queue) == 1002


def index_names(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")}
