"""Reports a table of what was equal to AWS's answers and what was not."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.recorded_results import RecordedResults

_results = RecordedResults()


@pytest.fixture
def sqs_results() -> Counter[tuple[str, str]]:
    """How many recorded tests of each area were equal or different, for the table."""
    return _results


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    _results.write(terminalreporter, "tests")
