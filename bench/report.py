"""Findings as they are written down: rows of plain data for machines, a table for people. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from bench.goals import Finding, Goal, Kind, met
from bench.samples import Summary, summary

Row: TypeAlias = dict[str, Any]

_KINDS = {Kind.AT_MOST: "≤", Kind.AT_LEAST: "≥", Kind.RATIO_AT_MOST: "≤", Kind.RATIO_AT_LEAST: "≥"}
_OF_RATIO = (Kind.RATIO_AT_MOST, Kind.RATIO_AT_LEAST)

INTRODUCTION = """\
# Performance

Written by `nox -s bench`, which measures everything anew on your machine: `nox -s bench -- PART …` for some of it,
`--quick` for fewer and shorter measurements. Nothing but ratios can be compared between machines, so both of a pair
were measured in the same run, in turns, one right after the other. A value is the median; behind it are the lowest and
the highest. [performance.json](performance.json) has the same for machines, and `nox -s bench -- --check` compares with
it.
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
    """What performance.json holds; `about` says where and with whom it was measured."""
    return json.dumps({**about, "rows": list(rows)}, indent=1, ensure_ascii=False) + "\n"


def page(rows: Sequence[Row], about: Mapping[str, Any], works: Mapping[str, str]) -> str:
    """What performance.md holds; `works` are the parts in order, with what each measures."""
    machine = about["machine"]
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['memory']}, {machine['system']}"
    lines = [INTRODUCTION, f"Measured on {about['taken']}: {where}, Python {machine['python']}.", ""]
    if about["load"] > 0.5:
        lines += [f"The machine had other work too: a load of {about['load']:.1f} before it began.", ""]
    if about["versions"]:
        lines += [f"With {', '.join(about['versions'])}.", ""]
    for part, work in works.items():
        own = [each for each in rows if each["part"] == part]
        if own:
            lines += [f"## {part}", "", f"{work}", "", *table(own), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


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
        return f"{row['against']}: not here: {row['absent']}"
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
    """Three digits that say something: 12,300, 123, 1.23, 0.0123."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
