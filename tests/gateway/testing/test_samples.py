"""The tests of the applications that `esb init` makes pass as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.server


@pytest.mark.timeout(360)
@pytest.mark.parametrize(("app", "passed"), [("queue", 2), ("upload", 1)])
def test_a_sample(tmp_path: Path, app: str, passed: int) -> None:
    commands = ([sys.executable, "-m", "esb_generator", "init", "--app", app], [sys.executable, "-m", "pytest", "-q"])
    _, tested = [
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False) for command in commands
    ]
    assert f"{passed} passed" in tested.stdout, tested.stdout + tested.stderr
