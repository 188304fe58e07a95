"""/opt/bootstrap of functions with the Lambda Web Adapter."""

from __future__ import annotations

import subprocess
from pathlib import Path

BOOTSTRAP = Path(__file__).parents[2] / "runtime/web-adapter-bootstrap"


def test_the_handler_is_the_program_that_is_started(tmp_path: Path) -> None:
    program = tmp_path / "with space/run.sh"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho started with $# arguments\n")
    program.chmod(0o755)
    environment = {"LAMBDA_TASK_ROOT": str(tmp_path), "_HANDLER": "with space/run.sh"}
    command = [str(BOOTSTRAP), "/var/lang/bin/python3.12", "/var/runtime/bootstrap.py"]

    assert subprocess.check_output(command, env=environment, text=True) == "started with 0 arguments\n"
