"""Findings of a part and their goals. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from bench.samples import Summary, ratios, summary

TOLERANCE = 0.25  # `--check` accepts a goal that is missed by this fraction: speed varies between runs


class Kind(Enum):
    """The value that a goal bounds: our value, or our value divided by the other one."""

    AT_MOST = "at most"
    AT_LEAST = "at least"
    RATIO_AT_MOST = "ratio at most"
    RATIO_AT_LEAST = "ratio at least"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound; `value` is in the finding's unit, or a ratio."""

    kind: Kind
    value: float


def at_most(value: float) -> Goal:
    return Goal(Kind.AT_MOST, value)


def at_least(value: float) -> Goal:
    return Goal(Kind.AT_LEAST, value)


def ratio_at_most(value: float) -> Goal:
    return Goal(Kind.RATIO_AT_MOST, value)


def ratio_at_least(value: float) -> Goal:
    return Goal(Kind.RATIO_AT_LEAST, value)


@dataclass(frozen=True, slots=True)
class Finding:
    """One measured quantity. `ours` and `theirs` are in `unit` ("" for a plain number) and form pairs.

    `against` names the other side. `theirs` is empty if there is none, or if it is unavailable: `absent` says why.
    """

    what: str
    unit: str
    ours: tuple[float, ...]
    against: str = ""
    theirs: tuple[float, ...] = ()
    goal: Goal | None = None
    absent: str = ""

    @property
    def ratio(self) -> Summary | None:
        """Ours divided by theirs; None without a peer."""
        return summary(ratios(self.ours, self.theirs)) if self.theirs else None


def measured(finding: Finding) -> float | None:
    """The number that the goal bounds; None if it was not measured, or if there is no goal."""
    if finding.goal is None:
        return None
    match finding.goal.kind:
        case Kind.AT_MOST | Kind.AT_LEAST:
            return summary(finding.ours).median if finding.ours else None
        case Kind.RATIO_AT_MOST | Kind.RATIO_AT_LEAST:
            return None if finding.ratio is None else finding.ratio.median
        case _:
            assert_never(finding.goal.kind)


def met(finding: Finding, tolerance: float = 0.0) -> bool | None:
    """Whether the goal is met, within a fraction of its value; None if it was not measured or there is no goal."""
    value = measured(finding)
    if finding.goal is None or value is None:
        return None
    if finding.goal.kind in (Kind.AT_MOST, Kind.RATIO_AT_MOST):
        return value <= finding.goal.value * (1 + tolerance)
    return value >= finding.goal.value / (1 + tolerance)


def is_portable(finding: Finding) -> bool:
    """Whether the goal holds on other machines too: it bounds a ratio, or a number without a unit."""
    goal = finding.goal
    return goal is not None and (goal.kind in (Kind.RATIO_AT_MOST, Kind.RATIO_AT_LEAST) or not finding.unit)


def regressions(
    recorded: Iterable[Mapping[str, object]], part: str, findings: Iterable[Finding], tolerance: float = TOLERANCE
) -> Iterator[str]:
    """A sentence for each goal that was recorded as met and is now missed by more than the tolerance."""
    were_met = {(row["part"], row["what"], row["against"]) for row in recorded if row["met"] is True}
    for finding in findings:
        known = (part, finding.what, finding.against) in were_met
        if known and is_portable(finding) and met(finding, tolerance) is False:
            assert finding.goal is not None
            against = f" against {finding.against}" if finding.against else ""
            yield (
                f"{part}: {finding.what}{against}: {measured(finding):.3g}, but the goal is {finding.goal.kind.value} "
                f"{finding.goal.value:g}, which was met"
            )


def slowdowns(part: str, findings: Iterable[Finding]) -> Iterator[str]:
    """A sentence for each comparison of two revisions that misses its goal, or could not be measured."""
    for finding in findings:
        if finding.absent:
            yield f"{part}: {finding.what}: {finding.against} could not be measured: {finding.absent}"
        elif finding.goal is not None and met(finding) is False:
            yield (
                f"{part}: {finding.what}: the median of new ÷ {finding.against} is {measured(finding):.3g}, "
                f"above {finding.goal.value:g}"
            )
