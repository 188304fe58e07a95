"""What several measurements say."""

from __future__ import annotations

import pytest

from bench.samples import Summary, growth, ratios, summary


def test_a_summary_is_the_middle_and_the_ends() -> None:
    assert summary([3.0, 1.0, 2.0]) == Summary(2.0, 1.0, 3.0, 3)
    assert summary([4.0, 1.0]) == Summary(2.5, 1.0, 4.0, 2)


def test_nothing_has_no_summary() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        summary([])


def test_ratios_are_taken_pair_by_pair() -> None:
    assert ratios([1.0, 9.0], [2.0, 3.0]) == (0.5, 3.0)


def test_a_value_without_its_pair_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        ratios([1.0, 9.0], [2.0])


@pytest.mark.parametrize(("large", "exponent"), [(10.0, 1.0), (100.0, 2.0), (1.0, 0.0)])
def test_growth_is_the_exponent(large: float, exponent: float) -> None:
    assert growth(1.0, large, 10.0) == pytest.approx(exponent)
