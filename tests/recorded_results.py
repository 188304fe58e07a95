"""Counts of what was equal to AWS's recorded answers and what was not, by area, as a table at the end of a run."""

from __future__ import annotations

from collections import Counter

import pytest


class RecordedResults(Counter[tuple[str, str]]):
    """By area and "equal" or "different"."""

    def write(self, reporter: pytest.TerminalReporter, what: str) -> None:
        """Write the table; `what` is counted."""
        if not self:
            return
        areas = sorted({area for area, _ in self})
        rows = [(area, self[area, "equal"], self[area, "different"]) for area in areas]
        rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
        reporter.section("what AWS was recorded to answer")
        reporter.write_line(f"{'area':40}{what:>8}{'equal':>8}{'different':>11}")
        for area, equal, different in rows:
            reporter.write_line(f"{area:40}{equal + different:>8}{equal:>8}{different:>11}")
