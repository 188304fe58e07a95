"""Long polls of a queue are called again when it changes."""

from __future__ import annotations

from collections.abc import Hashable

from esb_cloud.sql.tables.queues import Queue
from esb_cloud.sql.transaction import Transaction


def key_of(queue: Queue) -> Hashable:
    """The key that receivers of this queue wait for. A purge does not change it."""
    return ("sqs", queue.name)


def wake(transaction: Transaction, queue: Queue) -> None:
    """There may be something to receive in the queue, now or at another time than before."""
    transaction.signal(key_of(queue))
