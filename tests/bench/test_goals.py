"""When a goal is met, and what counts as a step back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.goals import Finding, Goal, at_least, at_most, met, ratio_at_least, ratio_at_most, regressions, slowdowns
from bench.report import row

HALF = Finding("wall time", "s", (1.0, 2.0, 1.0), "sam", (2.0, 4.0, 2.0))


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (ratio_at_most(0.5), True),
        (ratio_at_most(0.4), False),
        (ratio_at_least(0.5), True),
        (ratio_at_least(0.6), False),
        (at_most(1.0), True),
        (at_most(0.9), False),
        (at_least(1.0), True),
        (at_least(1.1), False),
    ],
)
def test_a_goal_bounds_the_median(goal: Goal, expected: bool) -> None:
    assert met(replace(HALF, goal=goal)) is expected


def test_without_a_peer_the_goal_is_undecided() -> None:
    alone = replace(HALF, theirs=(), absent="there is no npm", goal=ratio_at_most(0.5))

    assert met(alone) is None
    assert met(replace(HALF, goal=None)) is None


def test_a_goal_that_was_met_may_be_missed_by_the_tolerance() -> None:
    recorded = [row("build", replace(HALF, goal=ratio_at_most(0.5)))]

    a_little_slower = replace(HALF, goal=ratio_at_most(0.45))
    much_slower = replace(HALF, goal=ratio_at_most(0.3))

    assert list(regressions(recorded, "build", [a_little_slower])) == []
    assert list(regressions(recorded, "build", [much_slower])) == [
        "build: wall time against sam: 0.5, but the goal is ratio at most 0.3, which was met"
    ]


def test_only_what_was_met_can_be_lost() -> None:
    missed = [row("build", replace(HALF, goal=ratio_at_most(0.3)))]

    assert list(regressions(missed, "build", [replace(HALF, goal=ratio_at_most(0.3))])) == []
    assert list(regressions([], "build", [replace(HALF, goal=ratio_at_most(0.3))])) == []


def test_another_machine_may_be_slower_in_seconds_but_not_in_a_number_without_a_unit() -> None:
    seconds = Finding("CPU", "s", (1.0,), goal=at_most(2.0))
    exponent = Finding("growth", "", (1.0,), goal=at_most(2.0))
    recorded = [row("build", seconds), row("build", exponent)]

    worse = [replace(seconds, ours=(9.0,)), replace(exponent, ours=(9.0,))]

    assert list(regressions(recorded, "build", worse)) == ["build: growth: 9, but the goal is at most 2, which was met"]


def test_a_slower_row_and_a_row_without_measurements_are_slowdowns() -> None:
    equal = Finding("start", "s", (1.0, 1.0), "abc1234", (1.0, 1.0), ratio_at_most(1.05))
    slower = replace(equal, what="p50", ours=(1.2, 1.2))
    absent = replace(equal, what="event", theirs=(), absent="esb-gateway did not start: no output")

    assert list(slowdowns("invoke", [equal, slower, absent])) == [
        "invoke: p50: the median of new ÷ abc1234 is 1.2, above 1.05",
        "invoke: event: abc1234 could not be measured: esb-gateway did not start: no output",
    ]
