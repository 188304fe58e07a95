"""How the command is called: usage, help, what is gone, and the installed program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from esb_generator.cli.replaced_commands import REMOVED, SAM_COMMANDS
from tests.generator.conftest import TEMPLATE, Esb

BROKEN = TEMPLATE.replace("Handler", "Handlr")
PROGRAM = Path(sys.executable).with_name("esb")


def program(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", sorted(REMOVED))
def test_a_removed_command_names_what_to_use(esb: Esb, command: str) -> None:
    result = esb(command, "--some", "argument")

    assert (result.code, result.out) == (2, "")
    assert result.err == f"esb {command} does not exist any more; use: {REMOVED[command]}\n"


@pytest.mark.parametrize("command", sorted(SAM_COMMANDS))
def test_a_command_of_sam_names_what_to_use(esb: Esb, command: str) -> None:
    result = esb(command, "--some", "argument")

    assert (result.code, result.out) == (2, "")
    assert result.err == f"esb {command} does not exist; use: {SAM_COMMANDS[command]}\n"


@pytest.mark.parametrize("command", ["generate-event", "invoke", "start-api", "start-lambda"])
def test_a_command_of_sam_local_names_what_to_use(esb: Esb, command: str) -> None:
    assert esb("local", command, "--port", "3000").err == (
        f"esb local {command} does not exist; use: {SAM_COMMANDS[command]}\n"
    )
    assert esb("local", "dance").err == f"esb local does not exist; use: {SAM_COMMANDS['local']}\n"


@pytest.mark.parametrize("words", [[], ["completion"]])
def test_without_a_command_or_its_first_word_the_help_is_shown(project: Path, words: list[str]) -> None:
    result = program(*words, cwd=project)

    assert result.returncode == 2
    assert result.stderr == program(*words, "--help", cwd=project).stdout


@pytest.mark.parametrize(
    "arguments",
    [["bild"], ["build", "--outpt", "x"], ["build", "--output"], ["validate", "--check"], ["init", "a", "b"]],
    ids=" ".join,
)
def test_wrong_usage_exits_2_and_shows_the_usage(project: Path, arguments: list[str]) -> None:
    result = program(*arguments, cwd=project)

    assert result.returncode == 2
    assert result.stderr.startswith("usage: esb")
    assert not (project / ".esb").exists()


def test_an_error_names_the_command(project: Path) -> None:
    result = program("completion", "tcsh", cwd=project)

    assert result.stderr.startswith(
        "usage: esb completion SHELL\nesb completion: error: argument SHELL: invalid choice"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--version"], "esb "),
        (["--help"], "usage: esb"),
        (["build", "--help"], "usage: esb build"),
        (["validate", "--help"], "usage: esb validate"),
        (["init", "--help"], "usage: esb init"),
    ],
    ids=" ".join,
)
def test_help_and_version_exit_0(tmp_path: Path, arguments: list[str], said: str) -> None:
    result = program(*arguments, cwd=tmp_path)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(said)


def test_the_installed_program_builds(project: Path) -> None:
    result = program("build", cwd=project)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("template.yaml: stack shop in us-east-1\n")
    assert (project / ".esb/config/resources.yml").exists()
    assert program("build", "--check", cwd=project).returncode == 0


def test_the_installed_program_exits_1_for_a_bad_template(project: Path) -> None:
    (project / "template.yaml").write_text(BROKEN)
    result = program("build", cwd=project)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("template.yaml:6:17: error: ")


def printing_to(out: IO[str], command: str, project: Path, unbuffered: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    return subprocess.run(
        [PROGRAM, command],
        cwd=project,
        env=environ,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_result_that_cannot_be_printed_is_no_success(project: Path, unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        result = printing_to(full, "build", project, unbuffered)

    assert result.returncode == 1
    assert result.stderr.endswith("esb: cannot write output: No space left on device\n")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_who_reads_no_further_is_told_nothing(project: Path, unbuffered: str) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        result = printing_to(out, "validate", project, unbuffered)

    assert (result.returncode, result.stderr) == (1, "")
