"""The contents of queues, for people, metrics and pollers: `/_esb/queues`, and waiting without receiving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from esb_cloud.aws.service import Call, Gauge, Result, Wait
from esb_cloud.sql.tables.queues import Queue
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.errors import invalid_value
from esb_cloud.sqs.queues.addresses import by_url
from esb_cloud.sqs.queues.queue_attributes import is_fifo, redrive
from esb_cloud.sqs.wakeup import key_of

_MAX_COUNT: Final = 10_000
_MAX_WAIT: Final = 20  # seconds


def list_depths(transaction: Transaction, _call: Call) -> Result:
    """Each queue with its messages by state, the age of the oldest in seconds, and whose dead letters it gets."""
    queues = transaction.queues.all()
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for queue in queues:
        policy = redrive(queue)
        if policy is not None:
            sources[policy.target.rpartition(":")[2]].append(queue.name)
    return {"queues": [{**_shown(transaction, queue), "dead_letters_of": sources[queue.name]} for queue in queues]}


def wait_for_messages(transaction: Transaction, call: Call) -> Result | Wait:
    """Answer as soon as something can be received, or after the time: how much (groups, of a FIFO queue; at most
    10,000). Nothing is received.
    """
    queue, seconds = by_url(transaction, call.parameters["name"]), call.parameters.get("seconds", 0)
    if not 0 <= seconds <= _MAX_WAIT:
        raise invalid_value(seconds, "seconds", "Must be >= 0 and <= 20, if provided.")
    fifo = is_fifo(queue)
    visible = transaction.messages.count_visible(queue, transaction.now, _MAX_COUNT, fifo=fifo)
    if visible:
        return {"visible": visible}
    upcoming = transaction.messages.next_visible(queue, transaction.now, fifo=fifo)
    retry_in = None if upcoming is None else upcoming - transaction.now
    return Wait(key_of(queue), seconds, retry_in, {"visible": 0})


def gauges(transaction: Transaction) -> Iterator[Gauge]:
    """The depth of each queue."""
    for queue in transaction.queues.all():
        depth = transaction.queues.depth(queue, transaction.now)
        counts = {"visible": depth.visible, "in_flight": depth.in_flight, "delayed": depth.delayed}
        for state, count in counts.items():
            labels = {"queue": queue.name, "state": state}
            yield Gauge("esb_queue_messages", "Messages in a queue.", labels, count)
        age = _age(transaction, depth.oldest)
        yield Gauge("esb_queue_oldest_age_seconds", "Age of a queue's oldest message.", {"queue": queue.name}, age)


def _shown(transaction: Transaction, queue: Queue) -> dict[str, Any]:
    depth, policy = transaction.queues.depth(queue, transaction.now), redrive(queue)
    return {
        "name": queue.name,
        "visible": depth.visible,
        "in_flight": depth.in_flight,
        "delayed": depth.delayed,
        "oldest_age": round(_age(transaction, depth.oldest), 3),
        "dead_letter_queue": None if policy is None else policy.target.rpartition(":")[2],
        "max_receive_count": None if policy is None else policy.most,
    }


def _age(transaction: Transaction, enqueued: float | None) -> float:
    return 0.0 if enqueued is None else max(0.0, transaction.now - enqueued)
