"""Rules with a schedule: they fire within a minute of their time, or not at all, as the gateway's schedules do.

The time for which a rule fired last is written by the transaction that gives the event to its targets, so that neither
a restart nor a clock that is set back by less than an hour fires it twice for the same time. A clock that is set back
by more does not keep it waiting for the time to come again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile
from typing import Any, Final
from zoneinfo import ZoneInfo

from esb_cloud.aws.stack import Stack
from esb_cloud.eventbridge.events.evaluating import inputs_of
from esb_cloud.eventbridge.events.routing import Event, give_to_targets
from esb_cloud.eventbridge.inputs import EventTexts, dump
from esb_cloud.eventbridge.resources.buses import DEFAULT
from esb_cloud.eventbridge.resources.rules import SCHEDULES, rule_arn
from esb_cloud.sql.store import Store
from esb_cloud.sql.tables.rules import Rule
from esb_cloud.sql.transaction import Transaction
from esb_schemas.schedules.expressions import Expression, parse
from esb_schemas.schedules.times import times
from esb_wire.utc_times import to_second

PRECISION: Final = 60.0  # seconds; "Schedule types" in the EventBridge Scheduler User Guide
MAX_SLEEP: Final = 30.0  # seconds from one look to the next: a clock may be set, a machine may sleep

_SET_BACK: Final = 3600.0  # seconds
_UTC: Final = ZoneInfo("UTC")


async def run_schedules(store: Store, stack: Stack) -> None:
    """Fire what is due, until cancelled."""
    wake = asyncio.Event()
    store.listen(SCHEDULES, wake.set)
    while True:
        wake.clear()
        pause = await store.do(lambda transaction: fire_due(transaction, stack))
        try:
            async with asyncio.timeout(pause):
                await wake.wait()
        except TimeoutError:
            pass


def fire_due(transaction: Transaction, stack: Stack) -> float:
    """Fire all rules that are due; returns the seconds until the next look."""
    now = transaction.wall_ms / 1000
    pause = MAX_SLEEP
    for rule in transaction.rules.of_bus(DEFAULT):
        if rule.schedule is not None and rule.is_enabled and rule.targets:
            _fire(transaction, stack, rule, now)
            following = next(_due_times(rule, now), None)
            if following is not None:
                pause = min(pause, following - now)
    return pause


def _fire(transaction: Transaction, stack: Stack, rule: Rule, now: float) -> None:
    if rule.fired > now + _SET_BACK:
        transaction.rules.record_fired(rule, now)
        return
    last: float | None = None
    for due in takewhile(lambda due: due <= now, _due_times(rule, max(rule.fired, now - PRECISION))):
        event = _event(transaction, stack, rule, due)
        data = {**event.head, "detail": {}}
        texts = EventTexts(dump(data))
        give_to_targets(transaction, stack, rule, event, texts.whole, inputs_of(rule, data, texts, event.time))
        last = due
    if last is not None:
        transaction.rules.record_fired(rule, last)


def _due_times(rule: Rule, after: float) -> Iterator[int]:
    assert rule.schedule is not None  # noqa: S101 - the caller has looked
    return times(_expression(rule.schedule), _UTC, after, rule.created)


def _event(transaction: Transaction, stack: Stack, rule: Rule, due: float) -> Event:
    head: dict[str, Any] = {
        "version": "0",
        "id": transaction.ids.uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": stack.account,
        "time": to_second(due),
        "region": stack.region,
        "resources": [rule_arn(stack, rule.bus, rule.name)],
    }
    return Event(head, "{}", to_second(transaction.wall_ms / 1000), rule.base_url)


@lru_cache(1024)
def _expression(text: str) -> Expression:
    return parse(text)
