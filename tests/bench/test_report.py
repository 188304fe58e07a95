"""The format of findings, and the parts in the page and the record of the repository."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench import revisions
from bench.cli import PAGE, RECORD, main
from bench.goals import Finding, at_most, ratio_at_most
from bench.parts import PARTS
from bench.report import document, merged, page, row, table
from bench.revisions import resolve

FASTER = Finding("wall time", "s", (0.5, 0.4, 0.6), "sam", (2.0, 2.0, 2.0), goal=ratio_at_most(1 / 6))
ALONE = Finding("memory", "MB", (1234.0,), goal=at_most(2000))
ABSENT = Finding("rate", "req/s", (100.0,), "MiniStack", absent="there is no unshare", goal=ratio_at_most(1))
ABOUT: dict[str, Any] = {
    "taken": "2026-01-31",
    "load": 0.1,
    "machine": {"processor": "Z80", "cores": "1", "memory": "64 GB", "system": "Linux 6.1", "python": "3.11.7"},
    "versions": ["aws-sam-cli 1.170.0"],
}


def test_a_table_shows_values_their_spread_and_whether_the_goal_is_met() -> None:
    assert table(row("part", finding) for finding in (FASTER, ALONE, ABSENT))[2:] == [
        "| wall time | 0.5 (0.4-0.6) s | sam: 2 (2-2) s | 0.25 (0.2-0.3) | ≤ 0.167 | **missed** |",
        "| memory | 1,234 MB |  |  | ≤ 2,000 MB | met |",
        "| rate | 100 req/s | MiniStack: unavailable: there is no unshare |  | ≤ 1 |  |",
    ]


def test_the_page_names_the_machine_and_keeps_the_order_of_the_parts() -> None:
    text = page([row("b", ALONE), row("a", FASTER)], ABOUT, {"a": "First.", "b": "Second.", "c": "Not measured."})

    assert "Measured on 2026-01-31: Z80, 1 cores, 64 GB, Linux 6.1, Python 3.11.7." in text
    assert "With aws-sam-cli 1.170.0." in text
    assert re.findall("^## (.*)$", text, re.MULTILINE) == ["a", "b"]
    assert "The machine had other work" not in text


def test_a_busy_machine_is_mentioned() -> None:
    assert "its load average was 2.5 before the first measurement" in page(
        [row("a", ALONE)], {**ABOUT, "load": 2.5}, {"a": "First."}
    )


def test_a_part_that_was_measured_later_says_when() -> None:
    apart = {"a": {"taken": "2026-03-01", "load": 3.0}, "b": {"taken": "2026-03-02", "load": 0.2}}
    text = page([row("a", ALONE), row("b", ALONE)], {**ABOUT, "apart": apart}, {"a": "First.", "b": "Second."})

    assert "First.\n\nMeasured on 2026-03-01. The machine was not idle: its load average was 3.0.\n\n|" in text
    assert "Second.\n\nMeasured on 2026-03-02.\n\n|" in text


def test_the_record_has_what_check_reads() -> None:
    recorded = json.loads(document([row("a", FASTER)], ABOUT))

    assert recorded["machine"] == ABOUT["machine"]
    assert recorded["rows"][0]["ratio"] == {"median": 0.25, "low": 0.2, "high": 0.3, "count": 3}
    assert (recorded["rows"][0]["met"], recorded["rows"][0]["goal"]["value"]) == (False, 1 / 6)


def test_a_part_that_is_measured_later_has_its_own_day_load_and_machine() -> None:
    other = {**ABOUT["machine"], "processor": "6502"}
    later = {**ABOUT, "taken": "2027-01-02", "load": 3.25, "machine": other, "versions": ["another 1"]}
    about = merged(later, {**ABOUT, "versions": ["one 1"], "rows": []}, ["b"])
    lines = page([row("a", ALONE), row("b", ALONE)], about, {"a": "First.", "b": "Second."}).splitlines()
    assert about["versions"] == ["another 1", "one 1"]
    assert lines[lines.index("First.") + 2].startswith("| ")
    where = "6502, 1 cores, 64 GB, Linux 6.1, Python 3.11.7"
    expected = f"Measured on 2027-01-02: {where}. The machine was not idle: its load average was 3.2."
    assert lines[lines.index("Second.") + 2] == expected
    assert "apart" not in ABOUT


def test_the_page_and_the_record_of_the_repository_have_every_part() -> None:
    names = [part.name for part in PARTS]

    assert re.findall("^## (.*)$", PAGE.read_text(), re.MULTILINE) == names
    assert list(dict.fromkeys(each["part"] for each in json.loads(RECORD.read_text())["rows"])) == names


def test_an_unknown_part_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["build-tiny"])

    assert ended.value.code == 2
    assert "there is no part build-tiny; choose from build-small, build-again," in capsys.readouterr().err


def test_a_goal_is_checked_or_revisions_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--check", "--against", "main"])

    assert ended.value.code == 2
    assert "--against: not allowed with argument --check" in capsys.readouterr().err


def test_some_parts_cannot_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--against", "HEAD", "invoke", "logs", "api-node"]) == 2
    assert "no comparison of revisions for api-node, logs" in capsys.readouterr().err


def test_an_unknown_revision_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--against", "no-such-revision"]) == 2
    assert "has no revision no-such-revision" in capsys.readouterr().err


def test_a_part_that_the_other_revision_cannot_have_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = resolve("HEAD")
    monkeypatch.setattr(revisions, "HOME", tmp_path)
    commands = tmp_path / f"bench-revision-{commit[:12]}" / "bin"
    commands.mkdir(parents=True)
    (commands.parent / "complete").touch()
    for name in revisions.COMMANDS:
        (commands / name).touch()

    assert main(["--against", "HEAD", "queues", "queue-functions", "fan-out"]) == 0
    assert capsys.readouterr().out.count(f"  not measured: {commit[:7]} has no esb-cloud\n") == 3
