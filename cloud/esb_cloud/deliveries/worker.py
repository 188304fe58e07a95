"""The loop that sends what is due: a few at once to each target, so that a slow one holds up no other.

What is under way is known to this process alone. After a crash it is sent again: at least once, as AWS does.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Final

from esb_cloud.aws.stack import Stack
from esb_cloud.deliveries.authorizing import record_authorization, with_credentials
from esb_cloud.deliveries.dead_letters import bury
from esb_cloud.deliveries.pacing import Pacer
from esb_cloud.deliveries.retries import load
from esb_cloud.deliveries.sending import AUTHORIZE, Outcome, Send, Verdict
from esb_cloud.sql.store import Store
from esb_cloud.sql.tables.deliveries import SIGNAL, Delivery
from esb_cloud.sql.transaction import Transaction

_AT_ONCE: Final = 128
_PER_TARGET: Final = 16
_LONGEST_WAIT: Final = 60.0  # seconds; a machine may have slept


class Worker:
    """Sends deliveries until it is cancelled."""

    def __init__(self, store: Store, stack: Stack, send: Send, chance: Callable[[], float] = random.random) -> None:
        """`chance` gives numbers from 0 to 1, for jitter."""
        self._store = store
        self._stack = stack
        self._send = send
        self._chance = chance
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._sending: Counter[str] = Counter()
        self._pacer = Pacer()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Send what is due, then wait for more."""
        self._store.listen(SIGNAL, self._wake.set)
        try:
            while True:
                self._wake.clear()
                pause = await self._start_due()
                try:
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                except TimeoutError:
                    pass
        finally:
            for task in self._tasks.values():
                task.cancel()

    async def _start_due(self) -> float:
        """Begin to send what is due and has room; returns the seconds until something else will be due."""
        under_way, sending = list(self._tasks), self._sending.copy()

        def find(transaction: Transaction) -> tuple[list[Delivery], float]:
            room, found, pause = _AT_ONCE - len(under_way), list[Delivery](), _LONGEST_WAIT
            for target, due in transaction.deliveries.targets():
                most = min(room, _PER_TARGET - sending[target])
                if due > transaction.now:
                    pause = min(pause, due - transaction.now)
                elif most > 0:
                    ready = transaction.deliveries.due(target, transaction.now, under_way, most)
                    admitted, wait = self._pacer.admit(target, ready, transaction.now)
                    found += [with_credentials(transaction, delivery) for delivery in admitted]
                    room -= len(admitted)
                    if wait:
                        pause = min(pause, wait)
                    elif len(ready) < most:
                        pause = min(pause, transaction.deliveries.next_due(target, transaction.now))
            return found, pause

        found, pause = await self._store.do(find)
        for delivery in found:
            self._sending[delivery.target] += 1
            self._tasks[delivery.id] = asyncio.create_task(self._deliver(delivery))
        return pause

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._finish(delivery, await self._send(delivery))
        except Exception as error:  # the row is still there: the disk is full, for example
            self._store.report(f"delivery to {delivery.target}: {error!r}")
            await asyncio.sleep(1)
        finally:
            self._sending[delivery.target] -= 1
            if not self._sending[delivery.target]:
                del self._sending[delivery.target]
            self._tasks.pop(delivery.id, None)
            self._wake.set()

    async def _finish(self, delivery: Delivery, outcome: Outcome) -> None:
        chance = self._chance()

        def work(transaction: Transaction) -> None:
            conclude(transaction, self._stack, delivery, outcome, chance)

        await self._store.do(work)


def conclude(transaction: Transaction, stack: Stack, delivery: Delivery, outcome: Outcome, chance: float) -> None:
    """Remove a delivery that arrived, plan the next try of one that failed, or give it up.

    A test may have reset the server while it was under way: then nothing follows.
    """
    if not transaction.deliveries.exists(delivery.id):
        return
    record_authorization(transaction, delivery, outcome)
    delay = None
    if outcome.verdict is Verdict.RETRY:
        age = transaction.now - delivery.started
        delay = load(delivery.retries).delay(delivery.failures + 1, age, chance)
    if delay is not None:
        transaction.deliveries.postpone(delivery, transaction.now + delay)
        return
    transaction.deliveries.remove([delivery.id])
    if outcome.verdict is not Verdict.ARRIVED and AUTHORIZE not in delivery.request:
        bury(transaction, stack, delivery, outcome)
