"""Removes what has been kept for long enough, little by little: old messages, those of deleted and purged queues,
and the keys of deduplication.
"""

from __future__ import annotations

import asyncio
from typing import Final

from esb_cloud.aws.stack import Stack
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.queues.queue_attributes import number
from esb_cloud.sqs.wakeup import wake

_INTERVAL: Final = 1.0  # seconds
_AT_ONCE: Final = 1000  # rows of a queue in one transaction, so that requests do not wait for it


async def remove_old(store: Store, _stack: Stack) -> None:
    """Remove them until cancelled."""
    while True:
        more = await store.do(_remove_some)
        await asyncio.sleep(0 if more else _INTERVAL)


def _remove_some(transaction: Transaction) -> bool:
    """Whether there are more."""
    counts = [transaction.messages.sweep(transaction.now, _AT_ONCE)]
    for queue in transaction.queues.all():
        oldest = transaction.now - number(queue, "MessageRetentionPeriod")
        count = transaction.messages.expire(queue, oldest, _AT_ONCE)
        if count:
            wake(transaction, queue)  # the next message of a group may be free now
        counts.append(count)
    return max(counts) >= _AT_ONCE
