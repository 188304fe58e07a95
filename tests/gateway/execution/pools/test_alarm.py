"""An alarm rings once, at the time that was set last."""

from __future__ import annotations

from esb_gateway.execution.pools.alarm import Alarm
from tests.gateway.fakes import FakeTimer


class AlarmFixture:
    def __init__(self) -> None:
        self.timers: list[FakeTimer] = []
        self.rung = 0
        self.alarm = Alarm(self._call_later, lambda: 100.0)
        self.alarm.ring = self._ring

    def _call_later(self, seconds: float, call: object) -> FakeTimer:
        assert callable(call)
        self.timers.append(FakeTimer(seconds, call))
        return self.timers[-1]

    def _ring(self) -> None:
        self.rung += 1


def test_the_last_time_counts_and_one_that_is_over_is_at_once() -> None:
    fixture = AlarmFixture()
    fixture.alarm.set(105.0)
    fixture.alarm.set(90.0)
    assert [(timer.seconds, timer.cancelled) for timer in fixture.timers] == [(5.0, True), (0.0, False)]


def test_after_the_ring_there_is_nothing_to_cancel() -> None:
    fixture = AlarmFixture()
    fixture.alarm.set(105.0)
    fixture.timers[0].call()
    fixture.alarm.cancel()
    assert (fixture.rung, fixture.timers[0].cancelled) == (1, False)
