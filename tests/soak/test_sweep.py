"""What `--sweep` counts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.soak.sweep import EXPIRED_OF, Phase, Waits, other_item, problems


def phase(seconds: float, *waits: float) -> Phase:
    return Phase(seconds, Waits(waits), 1.0, 2.0)


@pytest.mark.parametrize(
    ("before", "during", "left", "found"),
    [
        (phase(60, 0.01), phase(59, 0.05), 0, []),
        (phase(60, 0.3), phase(59, 0.2), 0, []),
        (phase(60, 0.01), phase(61, 0.01), 0, ["the sweep took 61 s, more than 60"]),
        (
            phase(60, 0.01),
            phase(59, 0.2),
            0,
            ["a request waited 200 ms during the sweep; the longest wait before it was 10 ms"],
        ),
        (phase(60), phase(59), 3, ["3 expired items are still there"]),
    ],
)
def test_goals(before: Phase, during: Phase, left: int, found: Sequence[str]) -> None:
    assert problems(before, during, left) == found


def test_a_phase_is_a_line() -> None:
    assert str(phase(10, *([0.001] * 98), 0.02, 0.06)) == (
        "10.0 s; p50 1.0 ms, p99 60.0 ms, longest 60 ms; 1 of 100 over 50 ms; CPU: gateway 10%, dynoxide 20% of a core"
    )


def test_the_client_asks_for_items_that_stay() -> None:
    assert all(other_item(number, 1000) % EXPIRED_OF for number in range(1000))
