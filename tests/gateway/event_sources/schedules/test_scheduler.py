"""Firing by a clock that a test holds: once each, not late, whatever happens to the clock or the gateway."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from esb_gateway.event_sources.schedules.schedule import Schedule
from esb_gateway.event_sources.schedules.scheduler import Scheduler
from esb_gateway.event_sources.source import SourceContext, SourceEvent
from esb_gateway.invocation import NotAccepted
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.schedules.expressions import parse

NOON = 1_782_907_200.0  # 2026-07-01T12:00:00Z


class FakeSleep:
    """An awaitable that gives the seconds to the test, which resumes the coroutine when it likes."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __await__(self) -> Generator[float, None, None]:
        yield self._seconds


@dataclass
class SchedulerFixture:
    """Schedulers as coroutines, the clock, what was delivered and what was logged."""

    now: float = NOON
    last_fired: float | None = None
    sleeping: list[tuple[float, Coroutine[Any, Any, None]]] = field(default_factory=list)  # until, in order
    delivered: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def __post_init__(self) -> None:
        log = lambda _kind, _level, fields: self.logged.append(fields["message"])  # noqa: E731
        self.telemetry = Telemetry(log, lambda: self.now)

    def start(self, *expressions: str) -> None:
        context = SourceContext(self.telemetry, Identifiers(bytes), FakeSleep, self.last_fired)
        for text in expressions:
            expression = parse(text, scheduler=True)
            schedule = Schedule("report", "arn", text, f"arn:aws:events:r:1:rule/{text}", text, expression)
            self.resume(Scheduler(schedule, context).run(self._deliver))

    def resume(self, scheduler: Coroutine[Any, Any, None]) -> None:
        """Let a scheduler look at the clock and go to sleep again."""
        self.sleeping.append((self.now + scheduler.send(None), scheduler))
        self.sleeping.sort(key=lambda entry: entry[0])

    def pass_time(self, seconds: float) -> None:
        """Let the time go by that the schedulers sleep for."""
        end = self.now + seconds
        while self.sleeping and self.sleeping[0][0] <= end:
            self.now, scheduler = self.sleeping.pop(0)
            self.resume(scheduler)
        self.now = end

    def set_clock(self, seconds: float) -> None:
        """Set the clock, which sleeps do not notice; they end afterwards."""
        self.now += seconds
        sleeping, self.sleeping = self.sleeping, []
        for _, scheduler in sleeping:
            self.resume(scheduler)

    def close(self) -> None:
        for _, scheduler in self.sleeping:
            scheduler.close()

    async def _deliver(self, event: SourceEvent) -> None:
        if self.failure is not None:
            raise self.failure
        assert event.due is not None
        self.delivered.append(f"{datetime.fromtimestamp(event.due, UTC):%H:%M} {event.key.removeprefix('report/')}")


@pytest.fixture
def fixture() -> Generator[SchedulerFixture, None, None]:
    made = SchedulerFixture()
    yield made
    made.close()


def test_each_fires_at_its_moment_and_once(fixture: SchedulerFixture) -> None:
    fixture.start("rate(20 minutes)", "cron(10/15 * * * ? *)")
    fixture.pass_time(45 * 60)
    assert fixture.delivered == [
        "12:10 cron(10/15 * * * ? *)",
        "12:20 rate(20 minutes)",
        "12:25 cron(10/15 * * * ? *)",
        "12:40 rate(20 minutes)",
        "12:40 cron(10/15 * * * ? *)",
    ]
    assert fixture.logged == []
    assert fixture.telemetry.counts.occurrences["report", "rate(20 minutes)", "fired"] == 2


def test_it_looks_at_the_clock_every_half_minute_and_on_the_second(fixture: SchedulerFixture) -> None:
    fixture.now = NOON + 45 * 60
    fixture.start("cron(46 12 * * ? *)")
    looks = []
    for _ in range(3):
        looks.append(fixture.sleeping[0][0] - NOON)
        fixture.pass_time(fixture.sleeping[0][0] - fixture.now)
    assert looks == [45 * 60 + 30, 46 * 60, 46 * 60 + 30]


def test_at_a_first_start_nothing_of_the_past_fires(fixture: SchedulerFixture) -> None:
    fixture.start("rate(1 minute)")
    assert fixture.delivered == []


@pytest.mark.parametrize(
    ("last_fired", "delivered"),
    [
        (NOON - 86400, ["12:00 rate(1 hour)"]),  # stopped before noon, started 20 seconds after
        (NOON - 1, ["12:00 rate(1 hour)"]),
        (NOON, []),  # it had fired
        (NOON + 5000, []),  # the clock was set back meanwhile
    ],
)
def test_a_restart_across_the_moment_fires_it_once(
    fixture: SchedulerFixture, last_fired: float, delivered: list[str]
) -> None:
    fixture.now, fixture.last_fired = NOON + 20, last_fired
    fixture.start("rate(1 hour)")
    assert fixture.delivered == delivered


def test_after_a_longer_pause_what_was_missed_is_logged_and_not_made_up_for(fixture: SchedulerFixture) -> None:
    fixture.now, fixture.last_fired = NOON + 90, NOON - 5400
    fixture.start("rate(1 hour)", "rate(1 day)")
    assert fixture.delivered == []
    assert fixture.logged == [
        "report/rate(1 hour) did not fire for 2026-07-01T11:00:00Z: that was noticed more than a minute late"
    ]


def test_a_clock_that_jumps_ahead_misses_what_lies_between_and_says_so(fixture: SchedulerFixture) -> None:
    fixture.start("rate(1 hour)", "cron(30 13 * * ? *)")
    fixture.set_clock(3 * 3600 + 10)
    assert fixture.delivered == ["15:00 rate(1 hour)"]
    assert fixture.logged == [
        "report/rate(1 hour) did not fire for 2026-07-01T13:00:00Z: that was noticed more than a minute late",
        "report/cron(30 13 * * ? *) did not fire for 2026-07-01T13:30:00Z: that was noticed more than a minute late",
    ]
    fixture.pass_time(3600)
    assert fixture.delivered[1:] == ["16:00 rate(1 hour)"]


def test_a_clock_that_is_set_back_goes_on_from_there(fixture: SchedulerFixture) -> None:
    """What comes a second time is handed over a second time; the queue recognizes it (see test_delivery)."""
    fixture.start("rate(1 hour)")
    fixture.pass_time(3601)
    fixture.set_clock(-1800)
    assert fixture.delivered == ["13:00 rate(1 hour)"]
    fixture.pass_time(3600)
    assert fixture.delivered == ["13:00 rate(1 hour)", "13:00 rate(1 hour)"]


def test_an_event_that_is_not_accepted_is_counted_and_the_next_one_comes(fixture: SchedulerFixture) -> None:
    fixture.start("rate(30 minutes)")
    fixture.failure = NotAccepted("The disk is broken.")
    fixture.pass_time(1800)
    fixture.failure = None
    fixture.pass_time(1800)
    assert fixture.delivered == ["13:00 rate(30 minutes)"]
    assert fixture.telemetry.counts.occurrences == {
        ("report", "rate(30 minutes)", "failed"): 1,
        ("report", "rate(30 minutes)", "fired"): 1,
    }
