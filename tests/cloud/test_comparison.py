"""The acceptance program of `nox -s compare` on ESB's own server: every case passes, or differs on purpose."""

from __future__ import annotations

import pytest

from bench.compare.case import Case
from bench.compare.page import ServerOutcomes, page, totals, unexpected
from bench.compare.run_cases import ALL, outcomes
from tests.cloud.running_cloud import ACCESS_KEY, SECRET_KEY, RunningCloud


@pytest.mark.server
def test_every_case_passes_or_differs_on_purpose(cloud: RunningCloud) -> None:
    found = outcomes(ALL, cloud.url, ACCESS_KEY, SECRET_KEY, at_once=16)
    assert len(found) > 100
    assert [(case.says, each) for case, each in zip(ALL, found, strict=True) if unexpected(case, each)] == []


def _nothing(_aws: object) -> None:
    pass


def test_the_page_says_what_fails_and_why() -> None:
    cases = [Case("SQS", "a|b", "a guide", _nothing), Case("SQS", "c", "d", _nothing, differs="It is faster.")]
    outcomes = {"esb-cloud": ["", "accepted"], "moto": ["wrong <x>", ""]}
    comparison = ServerOutcomes(cases, outcomes, {"MiniStack": "not here"}, {"moto 5"})
    assert totals(comparison) == ["esb-cloud: 1 of 2", "moto: 1 of 2", "MiniStack: unavailable: not here"]
    rows = [line for line in page(comparison).splitlines() if line.startswith("| ")][1:]
    assert rows == [r"| a\|b | yes | no: wrong \<x> | a guide |", "| c | no, on purpose: It is faster. | yes | d |"]


@pytest.mark.parametrize(
    ("differs", "outcome", "expected"), [("", "", False), ("", "x", True), ("y", "", True), ("y", "x", False)]
)
def test_what_is_unexpected(differs: str, outcome: str, expected: bool) -> None:
    assert unexpected(Case("SQS", "a", "b", _nothing, differs), outcome) is expected
