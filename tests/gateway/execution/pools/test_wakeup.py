"""When a pool is woken."""

from __future__ import annotations

from esb_gateway.execution.pools.wakeup import Wakeup


def test_only_an_earlier_time_is_passed_on_until_it_has_come() -> None:
    alarms: list[float] = []
    wakeup = Wakeup(alarms.append)
    for time in (5.0, 7.0, 5.0, 3.0):
        wakeup.at(time)
    assert alarms == [5.0, 3.0]
    wakeup.rung()
    wakeup.at(9.0)
    assert alarms == [5.0, 3.0, 9.0]
