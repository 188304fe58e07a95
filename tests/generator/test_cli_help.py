"""The help fits a screen and leads from command to command; shells complete commands, options and values."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Esb

COMMANDS = ("build", "bundle", "completion", "graph", "init", "validate")
SCREEN = (80, 24)
MANY_OPTIONS = ("build", "validate")  # a line for each


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_help_fits_a_screen(
    esb: Esb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(SCREEN[0]))
    assert esb(*command.split(), "--help").code == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= SCREEN[1] + (4 if command in MANY_OPTIONS else 0)
    assert max(map(len, lines)) <= SCREEN[0]


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
    assert all(f"\n    {command}" in shown for command in COMMANDS)


def completed(shell: str, script: Path, line: str, folder: Path) -> set[str]:
    """What the shell itself offers at the end of a line."""
    words = line.split(" ")
    programs = {
        "bash": f'source {script}; COMP_WORDS=({line} ""); COMP_CWORD={len(words)}; '
        f'[[ "{line[-1]}" == " " ]] || COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); '
        '_esb; printf "%s\\n" "${COMPREPLY[@]}"',
        "fish": f"source {script}; complete -C '{line}'",
    }
    command = [shell, "-c", programs[shell]] if shell == "fish" else ["bash", "--norc", "-c", programs["bash"]]
    environ = {**os.environ, "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    return {each.split("\t")[0] for each in done.stdout.splitlines() if each}


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_shell_completes(shell: str, esb: Esb, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    script = tmp_path / "script"
    script.write_text(esb("completion", shell).out)
    folder = tmp_path / "empty"
    folder.mkdir()

    assert completed(shell, script, "esb ", folder) >= set(COMMANDS)
    assert completed(shell, script, "esb va", folder) == {"validate"}
    assert completed(shell, script, "esb build --str", folder) == {"--strict"}
    assert completed(shell, script, "esb init --app ", folder) == {"api", "queue", "schedule", "upload"}
    assert completed(shell, script, "esb completion ", folder) == {"bash", "fish", "zsh"}


def test_zsh_loads_the_script(esb: Esb, tmp_path: Path) -> None:
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("there is no zsh here")
    script = tmp_path / "script"
    script.write_text(esb("completion", "zsh").out)
    load = f"autoload -U compinit; compinit -u -d {tmp_path}/dump; source {script}; print $_comps[esb]"
    done = subprocess.run([zsh, "-f", "-c", load], capture_output=True, text=True, check=True)
    assert done.stdout.strip().startswith("_bash_complete")
    assert done.stderr == ""


def test_a_shell_that_is_not_known_is_wrong_usage(esb: Esb, capsys: pytest.CaptureFixture[str]) -> None:
    assert esb("completion", "tcsh").code == 2
    assert "invalid choice: 'tcsh'" in capsys.readouterr().err


def test_the_script_is_not_printed_with_anything_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "esb_generator", "completion", "bash"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert (done.stdout.splitlines()[0], done.stderr) == ("_esb() {", "")
    assert done.stdout.splitlines()[-1] == "complete -o default -F _esb esb"
