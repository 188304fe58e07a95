"""The state of a pool, which its parts share."""

from __future__ import annotations

from esb_gateway.execution.pools.backoff import Backoff
from esb_gateway.execution.pools.slot_set import SlotSet
from esb_gateway.execution.pools.slots import Limits, PoolCallbacks
from esb_gateway.execution.pools.wakeup import Wakeup
from esb_gateway.execution.pools.work_queue import WorkQueue


class PoolState:
    """The works and slots, how starts went, and when the pool is woken next. Each part keeps what it uses of it."""

    def __init__(self, callbacks: PoolCallbacks, limits: Limits) -> None:
        self.callbacks = callbacks
        self.limits = limits
        self.works = WorkQueue(callbacks.finished, limits.queue_wait)
        self.slots = SlotSet()
        self.backoff = Backoff(limits)
        self.wakeup = Wakeup(callbacks.alarm)
