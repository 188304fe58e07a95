"""Rules with a schedule.

Sources: EventBridge user guide, "Scheduled rules"; recorded/events/test_events_schedule.json.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from esb_cloud.aws.service import Call
from esb_cloud.aws.stack import Stack
from esb_cloud.clocks import Clocks
from esb_cloud.eventbridge.events.scheduling import fire_due
from esb_cloud.eventbridge.resources.rules import disable_rule, put_rule
from esb_cloud.eventbridge.resources.targets import put_targets
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction
from tests.cloud.eventbridge.conftest import Events
from tests.cloud.queues import ACCOUNT
from tests.cloud.running_cloud import Start

STACK = Stack()
BEGIN = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC).timestamp()
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"


class Watch:
    """A store whose wall clock the test sets, with one queue; what was sent to it is in `sent`."""

    def __init__(self) -> None:
        self.wall = BEGIN
        clocks = Clocks(steady=lambda: self.wall, wall=lambda: self.wall, since_boot=lambda: self.wall, boot=str)
        self.store = Store(None, None, lambda _: None, clocks)

    async def call(self, operation: Callable[[Transaction, Call], Any], **parameters: Any) -> Any:
        call = Call(parameters, "http://cloud:4566", "/", STACK)
        return await self.store.do(lambda transaction: operation(transaction, call))

    async def put(self, expression: str) -> None:
        await self.store.do(lambda transaction: transaction.queues.add("q", {}, {}, 0))
        await self.call(put_rule, Name="rule", ScheduleExpression=expression)
        await self.call(put_targets, Rule="rule", Targets=[{"Id": "1", "Arn": QUEUE}])

    async def at(self, seconds: float) -> list[str]:
        """The times of the events that are sent so many seconds after the beginning, and before the last look."""
        self.wall = BEGIN + seconds

        def look(transaction: Transaction) -> list[str]:
            fire_due(transaction, STACK)
            queue = transaction.queues.find("q")
            assert queue is not None
            found = transaction.messages.visible(queue, transaction.now + 10**9, -(10**9), 1000)
            for message in found:
                transaction.messages.remove(queue, [message.id])
            return [json.loads(message.body)["time"] for message in found]

        return await self.store.do(look)


def run(scenario: Callable[[Watch], Any]) -> Any:
    async def whole() -> Any:
        watch = Watch()
        try:
            return await scenario(watch)
        finally:
            await watch.store.close()

    return asyncio.run(whole())


def test_a_schedule_sends_the_event_of_aws() -> None:
    async def scenario(watch: Watch) -> str:
        await watch.put("rate(1 minute)")
        watch.wall += 60

        def look(transaction: Transaction) -> str:
            fire_due(transaction, STACK)
            queue = transaction.queues.find("q")
            assert queue is not None
            return transaction.messages.visible(queue, transaction.now, -1e9, 1)[0].body

        return await watch.store.do(look)

    event = json.loads(run(scenario))
    assert event.pop("id")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": "2026-01-01T12:01:30Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:events:us-east-1:{ACCOUNT}:rule/rule"],
        "detail": {},
    }


def test_a_rate_counts_from_the_creation_of_the_rule() -> None:
    async def scenario(watch: Watch) -> list[list[str]]:
        await watch.put("rate(2 minutes)")
        return [await watch.at(seconds) for seconds in (0, 119, 121, 150, 241)]

    assert run(scenario) == [[], [], ["2026-01-01T12:02:30Z"], [], ["2026-01-01T12:04:30Z"]]


def test_a_cron_expression_is_of_utc() -> None:
    async def scenario(watch: Watch) -> list[list[str]]:
        await watch.put("cron(5 12 * * ? *)")
        return [await watch.at(seconds) for seconds in (269, 270, 271, 300, 86_400 + 270)]

    assert run(scenario) == [[], ["2026-01-01T12:05:00Z"], [], [], ["2026-01-02T12:05:00Z"]]


def test_what_was_missed_by_more_than_a_minute_is_not_made_up_for() -> None:
    async def scenario(watch: Watch) -> list[list[str]]:
        await watch.put("rate(1 minute)")
        return [await watch.at(60), await watch.at(3600 + 60)]

    assert run(scenario) == [["2026-01-01T12:01:30Z"], ["2026-01-01T13:01:30Z"]]


def test_a_clock_that_is_set_back_a_little_fires_nothing_twice() -> None:
    async def scenario(watch: Watch) -> list[list[str]]:
        await watch.put("rate(1 minute)")
        return [await watch.at(seconds) for seconds in (60, 0, 60, 61, 120)]

    assert run(scenario) == [["2026-01-01T12:01:30Z"], [], [], [], ["2026-01-01T12:02:30Z"]]


def test_a_clock_that_is_set_back_by_a_day_blocks_nothing() -> None:
    async def scenario(watch: Watch) -> list[list[str]]:
        await watch.put("cron(* * * * ? *)")
        return [await watch.at(86_400), await watch.at(0), await watch.at(31)]

    assert run(scenario)[2] == ["2026-01-01T12:01:00Z"]


def test_a_rule_that_is_disabled_does_not_fire() -> None:
    async def scenario(watch: Watch) -> list[str]:
        await watch.put("rate(1 minute)")
        await watch.call(disable_rule, Name="rule")
        return await watch.at(60)

    assert run(scenario) == []


@pytest.mark.parametrize(("expression", "seconds"), [("rate(1 minute)", 30.0), ("cron(1 12 * * ? *)", 30.0)])
def test_it_looks_again_when_something_is_due(expression: str, seconds: float) -> None:
    async def scenario(watch: Watch) -> float:
        await watch.put(expression)
        return await watch.store.do(lambda transaction: fire_due(transaction, STACK))

    assert run(scenario) == seconds


@pytest.mark.server
def test_a_running_server_fires(start: Start, name: str) -> None:
    events = Events(start(), name)
    queue = events.queue()
    events.client.put_rule(Name="rule", ScheduleExpression="cron(* * * * ? *)")
    targets = [{"Id": "1", "Arn": queue.arn, "Input": '"now"'}]
    events.client.put_targets(Rule="rule", Targets=targets)
    events.cloud.set_clock(60)
    events.client.put_targets(Rule="rule", Targets=targets)  # a change makes it look at the clock
    (message,) = events.messages(queue, seconds=10)
    assert message["Body"] == '"now"'
