"""Firing by a clock that a test holds: once each, not late, whatever happens to the clock or the gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from esb_gateway.dependencies import Readiness, Surroundings
from esb_gateway.event_sources.schedules.scheduler import Timetable
from esb_gateway.event_sources.schedules.schedules import Firing, Schedule
from esb_gateway.identifiers import Identifiers
from esb_schemas.schedule_expressions import parse

NOON = 1_782_907_200.0  # 2026-07-01T12:00:00Z


@dataclass
class World:
    """A clock, the one timer, what fired and what was said."""

    now: float = NOON
    timer: tuple[float, Callable[[], None]] | None = None
    fired: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def surroundings(self) -> Surroundings:
        return Surroundings(
            clock=lambda: self.now,
            call_later=self._call_later,
            identifiers=Identifiers(bytes),
            verify=None,
            log=lambda _kind, _level, fields: self.said.append(fields["message"]),
            readiness=Readiness(),
        )

    def timetable(self, *expressions: str) -> Timetable:
        schedules = [
            Schedule("report", "arn", text, f"arn:{text}", text, parse(text, scheduler=True)) for text in expressions
        ]
        return Timetable(schedules, self._fire, self.surroundings())

    def _fire(self, firing: Firing) -> None:
        self.fired.append(f"{datetime.fromtimestamp(firing.due, UTC):%H:%M} {firing.schedule.name}")

    def _call_later(self, seconds: float, call: Callable[[], None]) -> Any:
        assert self.timer is None, "there is one timer only"
        self.timer = (self.now + seconds, call)
        return self

    def cancel(self) -> None:
        self.timer = None

    def until(self, seconds: float) -> None:
        """Let the time go by that the timers wait for."""
        end = self.now + seconds
        while self.timer is not None and self.timer[0] <= end:
            self.now, ring = self.timer
            self.timer = None
            ring()
        self.now = end

    def jump(self, seconds: float) -> None:
        """Set the clock, which timers do not notice; the next one rings."""
        assert self.timer is not None
        _, ring = self.timer
        self.timer = None
        self.now += seconds
        ring()


@pytest.fixture
def world() -> World:
    return World()


def test_each_fires_at_its_moment_and_once(world: World) -> None:
    world.timetable("rate(20 minutes)", "cron(10/15 * * * ? *)").start()
    world.until(45 * 60)
    assert world.fired == [
        "12:10 cron(10/15 * * * ? *)",
        "12:20 rate(20 minutes)",
        "12:25 cron(10/15 * * * ? *)",
        "12:40 rate(20 minutes)",
        "12:40 cron(10/15 * * * ? *)",
    ]
    assert world.said == []


def test_it_looks_at_the_clock_every_half_minute_and_on_the_second(world: World) -> None:
    world.now = NOON + 45 * 60
    world.timetable("cron(46 12 * * ? *)").start()
    looks = []
    for _ in range(3):
        assert world.timer is not None
        looks.append(world.timer[0] - NOON)
        world.until(world.timer[0] - world.now)
    assert looks == [45 * 60 + 30, 46 * 60, 46 * 60 + 30]


def test_without_a_schedule_it_looks_all_the_same(world: World) -> None:
    world.timetable().start()
    assert world.timer is not None
    assert world.timer[0] == NOON + 30


def test_at_a_first_start_nothing_of_the_past_fires(world: World) -> None:
    world.timetable("rate(1 minute)").start()
    assert world.fired == []


@pytest.mark.parametrize(
    ("seen", "fired"),
    [
        (NOON - 86400, ["12:00 rate(1 hour)"]),  # stopped before noon, started 20 seconds after
        (NOON - 1, ["12:00 rate(1 hour)"]),
        (NOON, []),  # it had fired
        (NOON + 5000, []),  # the clock was put back meanwhile
    ],
)
def test_a_restart_across_the_moment_fires_it_once(world: World, seen: float, fired: list[str]) -> None:
    world.now = NOON + 20
    world.timetable("rate(1 hour)").start(seen)
    assert world.fired == fired


def test_after_a_longer_pause_what_was_missed_is_told_and_not_made_up_for(world: World) -> None:
    world.now = NOON + 90
    world.timetable("rate(1 hour)", "rate(1 day)").start(NOON - 5400)
    assert world.fired == []
    assert world.said == [
        "report/rate(1 hour) did not fire for 2026-07-01T11:00:00Z: that was noticed more than a minute late"
    ]


def test_a_clock_that_jumps_ahead_misses_what_lies_between_and_says_so(world: World) -> None:
    world.timetable("rate(1 hour)", "cron(30 13 * * ? *)").start()
    world.jump(3 * 3600 + 10)
    assert world.fired == ["15:00 rate(1 hour)"]
    assert world.said == [
        "report/rate(1 hour) did not fire for 2026-07-01T13:00:00Z: that was noticed more than a minute late",
        "report/cron(30 13 * * ? *) did not fire for 2026-07-01T13:30:00Z: that was noticed more than a minute late",
    ]
    world.until(3600)
    assert world.fired[1:] == ["16:00 rate(1 hour)"]


def test_a_clock_that_is_put_back_goes_on_from_there(world: World) -> None:
    """What comes a second time is handed on a second time; the queue knows it (see test_schedule_delivery)."""
    world.timetable("rate(1 hour)").start()
    world.until(3601)
    world.jump(-1800)
    assert world.fired == ["13:00 rate(1 hour)"]
    world.until(3600)
    assert world.fired == ["13:00 rate(1 hour)", "13:00 rate(1 hour)"]


def test_other_schedules_can_take_their_place(world: World) -> None:
    timetable = world.timetable("rate(1 hour)")
    timetable.start()
    timetable.take([*world.timetable("rate(30 minutes)").schedules])
    world.until(3600)
    assert world.fired == ["12:30 rate(30 minutes)", "13:00 rate(30 minutes)"]


def test_nothing_fires_after_the_stop(world: World) -> None:
    timetable = world.timetable("rate(1 minute)")
    timetable.start()
    timetable.stop()
    world.until(3600)
    assert world.fired == []


def test_a_firing_that_raises_does_not_end_it_all(world: World) -> None:
    def fail(_: Firing) -> None:
        raise RuntimeError

    timetable = Timetable(world.timetable("rate(1 minute)").schedules, fail, world.surroundings())
    timetable.start()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            world.until(60)
    assert world.timer is not None
