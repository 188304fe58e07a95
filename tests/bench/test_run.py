"""Interleaved measurements, and the comparison of two revisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import Unavailable
from bench.run import ESB, Comparison, Run, measure_interleaved, optional


def unavailable() -> float:
    raise Unavailable("there is no npm")


def logging(calls: list[str], name: str) -> Callable[[], float]:
    def measure() -> float:
        calls.append(name)
        return float(len(calls))

    return measure


def test_sides_alternate_and_the_first_round_is_dropped() -> None:
    calls: list[str] = []

    measured = measure_interleaved(2, {ESB: logging(calls, "a"), "other": logging(calls, "b")})

    assert calls == ["a", "b", "b", "a", "a", "b"]
    assert measured.found == {ESB: [4.0, 5.0], "other": [3.0, 6.0]}


def test_an_unavailable_peer_is_absent_with_its_reason() -> None:
    measured = measure_interleaved(2, {ESB: lambda: 1.0, "other": unavailable}, {"third": "there is no docker"})

    assert measured.absent == {"other": "there is no npm", "third": "there is no docker"}
    finding = measured.finding("wall time", "s", float, (ESB, "other"))
    assert (finding.ours, finding.theirs, finding.absent) == ((1.0, 1.0), (), "there is no npm")


def test_our_own_side_must_be_available() -> None:
    with pytest.raises(Unavailable, match="there is no npm"):
        measure_interleaved(1, {f"{ESB} 2": unavailable})


def test_optional_keeps_the_reason() -> None:
    absent: dict[str, str] = {}

    assert optional(lambda: 1, "one", absent) == 1
    assert optional(unavailable, "other", absent) is None
    assert absent == {"other": "there is no npm"}


def test_each_revision_has_its_own_folder_and_commands(tmp_path: Path) -> None:
    run = Run(tmp_path, tmp_path, quick=True)

    revisions = Comparison(run, "abc1234", Path("/old/bin"))

    new, old = revisions.runs[ESB], revisions.runs["abc1234"]
    assert (new.folder, old.folder) == (tmp_path / "new", tmp_path / "old")
    assert (new.command("esb"), old.command("esb")) == (run.command("esb"), "/old/bin/esb")
    assert old.environment()["PATH"].startswith("/old/bin:")
    assert old.environment()["HOME"] == str(tmp_path / "old")


def test_a_comparison_has_fifteen_pairs_and_bounds_the_median_ratio(tmp_path: Path) -> None:
    revisions = Comparison(Run(tmp_path, tmp_path, quick=False), "abc1234", tmp_path)

    finding = revisions.finding(revisions.measure({ESB: lambda: 2.2, "abc1234": lambda: 2.0}), "start", "s", float)

    assert len(finding.ours) == len(finding.theirs) == 15
    assert finding.ratio is not None
    assert finding.ratio.median == pytest.approx(1.1)
    assert finding.goal is not None
    assert finding.goal.value == 1.05
