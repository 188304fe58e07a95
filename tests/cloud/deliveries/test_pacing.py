"""The rate of an API destination."""

from __future__ import annotations

from esb_cloud.deliveries.pacing import Pacer
from esb_cloud.sql.tables.deliveries import Delivery


def deliveries(count: int, per_second: float | None) -> list[Delivery]:
    request = {} if per_second is None else {"per_second": per_second}
    return [Delivery(number, "t", 0.0, 0.0, 0, "source", request, "", {}, None) for number in range(count)]


def test_others_are_not_held_up() -> None:
    ready = deliveries(500, None)
    assert Pacer().admit("t", ready, 5.0) == (ready, 0.0)


def test_one_after_the_other() -> None:
    pacer, ready = Pacer(), deliveries(3, 2)
    assert pacer.admit("t", ready, 10.0) == (ready[:1], 0.5)
    assert pacer.admit("t", ready[1:], 10.2)[0] == []
    assert pacer.admit("t", ready[1:], 10.5)[0] == ready[1:2]
    assert pacer.admit("other", ready, 10.5)[0] == ready[:1]


def test_what_was_not_used_is_not_saved_up() -> None:
    pacer, ready = Pacer(), deliveries(5, 1)
    pacer.admit("t", ready[:1], 0.0)
    assert pacer.admit("t", ready, 1000.0)[0] == ready[:1]


def test_a_fast_one_gets_several_at_once() -> None:
    admitted, wait = Pacer().admit("t", deliveries(100, 300), 0.0)
    assert len(admitted) == 15  # those of the first 50 ms
    assert 0 < wait < 0.01


def test_any_time_admits_as_many_as_the_rate_says() -> None:
    pacer, now, sent = Pacer(), 0.0, 0
    while now < 10:
        admitted, wait = pacer.admit("t", deliveries(16, 50), now)
        sent += len(admitted)
        now += max(wait, 0.001)
    assert 490 <= sent <= 504
