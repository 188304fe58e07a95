"""Builds and starts one application for all recorded cases, and reports a table of what was equal and what was not."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.local.local_gateway import LocalGateway
from tests.gateway.recorded.application import Application
from tests.gateway.recorded.target import target_server
from tests.recorded_results import RecordedResults

_TEMPLATE = Path(__file__).parent / "stack/template.yaml"
_results = RecordedResults()


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The application, built and running."""
    output = tmp_path_factory.mktemp("recorded") / ".esb"
    with target_server() as target:
        build = [sys.executable, "-m", "esb_generator", "build", "-t", str(_TEMPLATE), "--output", str(output)]
        build += ["--parameter-overrides", f"Target={target}"]
        subprocess.run(build, check=True, capture_output=True, cwd=output.parent)
        gateway = LocalGateway(output)
        try:
            yield Application(gateway.ready())
        finally:
            gateway.end()


@pytest.fixture
def results() -> Counter[tuple[str, str]]:
    """How many cases of each area were equal or different, for the table."""
    return _results


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    _results.write(terminalreporter, "cases")
