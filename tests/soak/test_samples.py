"""When the soak calls something a leak."""

from __future__ import annotations

from .samples import Sample, Wait, Waits, growth, slowing, thirds, waits_by_third


def test_values_that_go_up_and_down_are_flat() -> None:
    samples = [Sample(50_000 + at % 5 * 1_000, 90 + at % 7, 17 + at % 3) for at in range(300)]
    assert growth(*thirds(samples)) == []


def test_one_peak_is_no_growth() -> None:
    samples = [Sample(50_000, 90, 17)] * 99 + [Sample(90_000, 190, 40)]
    assert growth(*thirds(samples)) == []


def test_a_slow_leak_of_each_kind_is_told() -> None:
    samples = [Sample(50_000 + 60 * at, 90 + at // 3, 17 + at // 20) for at in range(120)]
    assert growth(*thirds(samples)) == [
        "memory_kb grew from 51170 to 55970; at most 55777 is well",
        "descriptors grew from 96 to 123; at most 112 is well",
        "processes grew from 17 to 21; at most 19 is well",
    ]


def test_waits_are_compared_by_when_they_ended() -> None:
    waits = [Wait(at, 0.001 * (at % 100 + 1)) for at in range(300)]
    first, last = waits_by_third([*waits[150:], *waits[:150]])
    assert first == last == Waits(50.5, 99.99)
    assert slowing(first, last) == []


def test_clients_that_wait_longer_and_longer_are_told() -> None:
    first, last = waits_by_third([Wait(at, 0.001 * (1 + at / 100)) for at in range(3000)])
    assert slowing(first, last) == ["p99 grew from 10.9 to 30.9 ms; at most 21.8 is well"]
