"""Formats of findings: rows of plain data for programs, tables for people. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from bench.goals import Finding, Goal, Kind, met
from bench.samples import Summary, summary

Row: TypeAlias = dict[str, Any]

_KINDS = {Kind.AT_MOST: "≤", Kind.AT_LEAST: "≥", Kind.RATIO_AT_MOST: "≤", Kind.RATIO_AT_LEAST: "≥"}
_IDLE = 0.5  # the highest load average of an idle machine
_OF_RATIO = (Kind.RATIO_AT_MOST, Kind.RATIO_AT_LEAST)

INTRODUCTION = """\
# Performance

Written by `nox -s bench`, which measures on your machine: `nox -s bench -- PART …` measures some parts only, `--quick`
takes fewer and shorter measurements. Only ratios can be compared between machines, so both sides of a pair were
measured in the same run, alternating. Values are medians, followed by the minimum and maximum in parentheses.
[performance.json](performance.json) has the same data for programs; `nox -s bench -- --check` compares with it.

`nox -s bench -- --against REVISION` compares two revisions of ESB. It builds the other one in its own environment,
alternates old and new (15 pairs in each row, 5 with `--quick`), and prints the median of new ÷ old. It exits with 1 if
one is above 1.05.

On a busy machine, run `sudo chrt -f 10 .nox/bench/bin/python -m bench …` in the environment of an earlier `nox -s
bench`: it has priority over other processes, and latencies and CPU times agree within a few percent.
"""


def row(part: str, finding: Finding) -> Row:
    """A finding as plain data."""
    return {
        "part": part,
        "what": finding.what,
        "unit": finding.unit,
        "ours": asdict(summary(finding.ours)) if finding.ours else None,
        "against": finding.against,
        "theirs": asdict(summary(finding.theirs)) if finding.theirs else None,
        "absent": finding.absent,
        "ratio": None if finding.ratio is None else asdict(finding.ratio),
        "goal": None if finding.goal is None else {"kind": finding.goal.kind.value, "value": finding.goal.value},
        "met": met(finding),
    }


def document(rows: Sequence[Row], about: Mapping[str, Any]) -> str:
    """The content of performance.json; `about` has the date, the load, the machine, the versions, and `apart`.

    `apart` maps the parts that were measured later than the others to their own date, load and machine.
    """
    return json.dumps({**about, "rows": list(rows)}, indent=1, ensure_ascii=False) + "\n"


def merged(about: Mapping[str, Any], recorded: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """`about` of the rows that were recorded and of parts that were measured now: their day, load and machine stand
    apart.
    """
    now = {key: about[key] for key in ("taken", "load", "machine")}
    return {
        **{key: value for key, value in recorded.items() if key != "rows"},
        "versions": sorted({*about["versions"], *recorded["versions"]}),
        "apart": {**recorded.get("apart", {}), **dict.fromkeys(names, now)},
    }


def page(rows: Sequence[Row], about: Mapping[str, Any], works: Mapping[str, str]) -> str:
    """The content of performance.md; `works` maps the parts, in order, to their sentences."""
    lines = [INTRODUCTION, f"Measured on {about['taken']}: {_where(about['machine'])}.", ""]
    if about["load"] > _IDLE:
        lines += [f"{_busy(about['load'])} before the first measurement.", ""]
    if about["versions"]:
        lines += [f"With {', '.join(about['versions'])}.", ""]
    for part, work in works.items():
        own = [each for each in rows if each["part"] == part]
        if own:
            lines += [
                f"## {part}",
                "",
                work,
                "",
                *_apart(about.get("apart", {}).get(part), about["machine"]),
                *table(own),
                "",
            ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _where(machine: Mapping[str, str]) -> str:
    hardware = f"{machine['processor']}, {machine['cores']} cores, {machine['memory']}"
    return f"{hardware}, {machine['system']}, Python {machine['python']}"


def _apart(measured: Mapping[str, Any] | None, machine: Mapping[str, str]) -> list[str]:
    """When a part was measured, if later than the others, and where, if on another machine."""
    if measured is None:
        return []
    own = measured.get("machine", machine)
    where = "" if own == machine else f": {_where(own)}"
    busy = f" {_busy(measured['load'])}." if measured["load"] > _IDLE else ""
    return [f"Measured on {measured['taken']}{where}.{busy}", ""]


def _busy(load: float) -> str:
    return f"The machine was not idle: its load average was {load:.1f}"


def table(rows: Iterable[Row]) -> list[str]:
    """The lines of a table."""
    head = ["| | ESB | other | ESB ÷ other | goal | |", "|---|---|---|---|---|---|"]
    return [*head, *(f"| {' | '.join(_cells(each))} |" for each in rows)]


def _cells(row: Row) -> list[str]:
    return [
        row["what"],
        _value(row["ours"], row["unit"]),
        _other(row),
        _spread(row["ratio"]),
        _goal(row),
        {True: "met", False: "**missed**", None: ""}[row["met"]],
    ]


def _other(row: Row) -> str:
    if row["absent"]:
        reason = row["absent"].replace("<", r"\<").replace("|", r"\|")  # it may be the page of a server
        return f"{row['against']}: unavailable: {reason}"
    if row["theirs"] is None:
        return ""
    return f"{row['against']}: {_value(row['theirs'], row['unit'])}"


def _goal(row: Row) -> str:
    if row["goal"] is None:
        return ""
    goal = Goal(Kind(row["goal"]["kind"]), row["goal"]["value"])
    unit = "" if goal.kind in _OF_RATIO or not row["unit"] else f" {row['unit']}"
    return f"{_KINDS[goal.kind]} {_number(goal.value)}{unit}"


def _value(of: Mapping[str, Any] | None, unit: str) -> str:
    return "" if of is None else f"{_spread(of)}{f' {unit}' if unit else ''}"


def _spread(of: Mapping[str, Any] | None) -> str:
    if of is None:
        return ""
    found = Summary(**of)
    middle = _number(found.median)
    return middle if found.count == 1 else f"{middle} ({_number(found.low)}-{_number(found.high)})"


def _number(value: float) -> str:
    """Three significant digits: 12,300, 123, 1.23, 0.0123."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
