"""The gateway against what AWS was recorded to answer: each case is one recorded step, asked of one application.

Compared is every recorded step of `lambda` and `apigateway` that asks something which ESB claims, but for the event
source mappings (no queue, no stream), the operations that create and change things (`esb build` does), AWS, HTTP and
MOCK integrations with templates, and functions that neither are Python nor have an answer that Python's gives as well.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.gateway.recorded import api_cases, async_cases, lambda_cases, url_cases
from tests.gateway.recorded.application import Application
from tests.gateway.recorded.expected_differences import EXPECTED
from tests.gateway.recorded.recordings import MISSING, RECORDED, Case

CASES = [*lambda_cases.cases(), *async_cases.cases(), *url_cases.cases(), *api_cases.cases()]


@pytest.mark.server
@pytest.mark.skipif(not RECORDED.is_dir(), reason=MISSING)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answer_is_the_recorded_one(
    case: Case, application: Application, results: Counter[tuple[str, str]]
) -> None:
    differences = case.differences(case.ask(application))
    results[case.area, "different" if differences else "equal"] += 1
    expected, _ = EXPECTED.get(case.name, ((), ""))
    as_expected = differences.keys() == set(expected)
    assert as_expected, "\n".join(f"{path}: {text}" for path, text in differences.items())


def test_at_least_120_recorded_steps_are_compared_each_once() -> None:
    names = [case.name for case in CASES]
    assert len(names) >= 120
    assert not [name for name, count in Counter(names).items() if count > 1]


def test_every_expected_difference_is_of_a_case_and_has_a_reason() -> None:
    assert EXPECTED.keys() <= {case.name for case in CASES}
    assert all(paths and reason.endswith(".") for paths, reason in EXPECTED.values())
