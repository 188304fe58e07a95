"""What the figures of `--faults` count."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.soak.faults import Accepted, possible_values, result


@pytest.mark.parametrize(
    ("status", "answer", "known"),
    [
        (200, '{"note": "request 1"}', "done"),
        (200, '{"errorType":"Runtime.ExitError"}', "crashed"),
        (429, "", "refused"),
        (500, "", "other"),
    ],
)
def test_what_a_client_knows(status: int, answer: str, known: str) -> None:
    assert result(status, answer) == known


def test_a_change_that_was_not_answered_may_have_been_made() -> None:
    accepted = Accepted(items=Counter({"a": 3, "b": 5}), unanswered=Counter({"b": 2}))
    assert list(possible_values(accepted, "a")) == [3]
    assert list(possible_values(accepted, "b")) == [5, 6, 7]
