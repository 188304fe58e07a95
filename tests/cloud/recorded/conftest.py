"""Reports a table of what was equal to AWS's answers and what was not."""

from __future__ import annotations

from collections import Counter

import pytest

_results: Counter[tuple[str, str]] = Counter()


@pytest.fixture
def sqs_results() -> Counter[tuple[str, str]]:
    """How many recorded tests of each area were equal or different, for the table."""
    return _results


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _results:
        return
    areas = sorted({area for area, _ in _results})
    rows = [(area, _results[area, "equal"], _results[area, "different"]) for area in areas]
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    terminalreporter.section("what AWS was recorded to answer")
    terminalreporter.write_line(f"{'area':40}{'tests':>8}{'equal':>8}{'different':>11}")
    for area, equal, different in rows:
        terminalreporter.write_line(f"{area:40}{equal + different:>8}{equal:>8}{different:>11}")
