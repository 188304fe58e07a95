"""The help leads from command to command. tests/contract measures it, and tries the completion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.generator.conftest import Esb

COMMANDS = ("build", "bundle", "completion", "graph", "init", "validate")


@pytest.mark.parametrize(
    ("command", "then"),
    [
        ("init", "then: esb build"),
        ("validate", "then: esb build"),
        ("build", "then: docker compose up -d --wait, or esb-gateway local"),
    ],
)
def test_the_help_names_the_next_command(esb: Esb, capsys: pytest.CaptureFixture[str], command: str, then: str) -> None:
    esb(command, "--help")
    assert capsys.readouterr().out.splitlines()[-1] == then


def test_the_help_names_every_command(esb: Esb, capsys: pytest.CaptureFixture[str]) -> None:
    esb("--help")
    shown = capsys.readouterr().out
    assert all(f"\n  {command} " in shown for command in COMMANDS)


def test_a_shell_that_is_not_known_is_wrong_usage(esb: Esb, capsys: pytest.CaptureFixture[str]) -> None:
    assert esb("completion", "tcsh").code == 2
    assert "invalid choice: 'tcsh'" in capsys.readouterr().err


def test_the_script_is_not_printed_with_anything_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "esb_generator", "completion", "bash"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert (done.stdout.splitlines()[0], done.stderr) == ("_esb() {", "")
    assert done.stdout.splitlines()[-1] == "complete -o default -F _esb esb"
