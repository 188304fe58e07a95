"""When the soak test reports a leak."""

from __future__ import annotations

from .samples import Percentiles, ResponseTime, Sample, growth, slowdown, thirds, times_by_third


def test_values_that_go_up_and_down_are_no_growth() -> None:
    samples = [Sample(50_000 + at % 5 * 1_000, 90 + at % 7, 17 + at % 3) for at in range(300)]
    assert growth(*thirds(samples)) == []


def test_one_peak_is_no_growth() -> None:
    samples = [Sample(50_000, 90, 17)] * 99 + [Sample(90_000, 190, 40)]
    assert growth(*thirds(samples)) == []


def test_a_slow_leak_of_each_kind_is_reported() -> None:
    samples = [Sample(50_000 + 60 * at, 90 + at // 3, 17 + at // 20) for at in range(120)]
    assert growth(*thirds(samples)) == [
        "memory_kb grew from 51170 to 55970; the limit is 55777",
        "descriptors grew from 96 to 123; the limit is 112",
        "processes grew from 17 to 21; the limit is 19",
    ]


def test_response_times_are_ordered_by_the_time_of_the_response() -> None:
    times = [ResponseTime(at, 0.001 * (at % 100 + 1)) for at in range(300)]
    first, last = times_by_third([*times[150:], *times[:150]])
    assert first == last == Percentiles(50.5, 99.99)
    assert slowdown(first, last) == []


def test_increasing_response_times_are_reported() -> None:
    first, last = times_by_third([ResponseTime(at, 0.001 * (1 + at / 100)) for at in range(3000)])
    assert slowdown(first, last) == ["p99 grew from 10.9 to 30.9 ms; the limit is 21.8 ms"]
