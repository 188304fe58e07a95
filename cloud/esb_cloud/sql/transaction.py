"""The argument of work in the store: the tables, the time, and signals to those who wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Sequence
from typing import Final, NamedTuple, TypeVar

from esb_cloud.clocks import StoreClock
from esb_cloud.sql.computing import Answers, Question
from esb_cloud.sql.tables.deliveries import Deliveries
from esb_cloud.sql.tables.event_resources import EventResources
from esb_cloud.sql.tables.messages import Messages
from esb_cloud.sql.tables.move_tasks import MoveTasks
from esb_cloud.sql.tables.queues import Queues
from esb_cloud.sql.tables.rules import Rules
from esb_cloud.sql.tables.subscriptions import Subscriptions
from esb_cloud.sql.tables.topics import Topics
from esb_wire.errors import AwsError
from esb_wire.random_ids import RandomIds

T = TypeVar("T")


class Report(NamedTuple):
    """A sentence for the log."""

    text: str


ROW_OVERHEAD: Final = 512  # bytes that a message takes in the file besides its content, at most


class Transaction:
    """One at a time, in a thread of the store. `now` is the store's time in seconds, which decides everything;
    `wall_ms` is for people.
    """

    def __init__(self, db: sqlite3.Connection, clock: StoreClock) -> None:
        self.ids: Final = RandomIds()
        self.queues: Final = Queues(db)
        self.messages: Final = Messages(db)
        self.move_tasks: Final = MoveTasks(db)
        self.topics: Final = Topics(db)
        self.subscriptions: Final = Subscriptions(db)
        self.deliveries: Final = Deliveries(db)
        self.event_resources: Final = EventResources(db)
        self.rules: Final = Rules(db)
        self.signals: set[Hashable] = set()
        self.room = 0  # bytes that sends may still take
        self.sees_durable = False  # see `see_durable`
        self.writes_durably = False  # see `write_durably`
        self.answers: Answers | None = None  # of the work that is done now
        self.is_computing_elsewhere = False  # costly answers
        self._clock = clock

    def begin(self, now: float) -> None:
        """Called by the store, with its time."""
        self.now = now
        self.wall_ms = int(self._clock.wall() * 1000)
        self.signals = set()
        self.writes_durably = False

    def forget(self) -> None:
        """Called by the store when the transaction was rolled back."""
        self.queues.forget()
        self.topics.forget()
        self.subscriptions.forget()
        self.rules.forget()

    def report(self, text: str) -> None:
        """Once this is durable, write a line to the log."""
        self.signals.add(Report(text))

    def signal(self, key: Hashable) -> None:
        """Call the operations again that wait for the key: one in this transaction, the next when it is durable."""
        self.signals.add(key)

    def compute(self, questions: Sequence[Question[T]]) -> list[T]:
        """The results of questions. If some are costly, other processes compute them, and this work is done again: so
        ask for all at once, and before other things are done.
        """
        if not self.is_computing_elsewhere:
            return [question.answer() for question in questions]
        return self._answers().find(questions)

    def decide(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returned when this work was first done: an id, or a time, that does not change when it is done
        again.
        """
        return self._answers().decide(name, make) if self.is_computing_elsewhere else make()

    def _answers(self) -> Answers:
        if self.answers is None:  # as for nearly all works
            self.answers = Answers()
        return self.answers

    def see_durable(self) -> None:
        """Answer this work, if it is one that is not synced, when all that it has seen is durable, too."""
        self.sees_durable = True

    def write_durably(self) -> None:
        """Let those that `see_durable` wait for what this work writes, too, even if it is not synced."""
        self.writes_durably = True

    def take_room(self, size: int) -> None:
        """Ask before a message is added. Raises AwsError (ServiceUnavailable, 503) if the file would get too large."""
        self.room -= size + ROW_OVERHEAD
        if self.room < 0:
            raise AwsError(
                "ServiceUnavailable",
                "The file of esb-cloud is full; delete messages, or give it more room with --max-size.",
                503,
            )
