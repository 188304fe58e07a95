"""Shells complete commands, options and values of every program."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from esb_cloud import cli as cloud
from esb_gateway import cli as gateway
from esb_generator import cli as generator
from esb_provisioner import cli as provisioner

PROGRAMS: dict[str, Callable[[list[str]], int]] = {
    "esb": generator.main,
    "esb-cloud": cloud.main,
    "esb-gateway": gateway.main,
    "esb-provision": provisioner.main,
}
CASES = [
    ("esb ", {"build", "bundle", "completion", "graph", "init", "validate"}),
    ("esb va", {"validate"}),
    ("esb build --str", {"--strict"}),
    ("esb init --app ", {"api", "queue", "schedule", "upload"}),
    ("esb completion ", {"bash", "fish", "zsh"}),
    ("esb-cloud ", {"completion", "event", "serve"}),
    ("esb-cloud serve --res", {"--resources"}),
    ("esb-gateway inv", {"invoke"}),
    ("esb-gateway local --disable", {"--disable-authorizer"}),
    ("esb-gateway event sqs ", {"receive-message"}),
    ("esb-gateway events list --state ", {"failed", "queued"}),
    ("esb-provision ", {"completion", "export", "import"}),
    ("esb-provision --pl", {"--plan"}),
    ("esb-provision import --over", {"--overwrite"}),
]


def script(program: str, shell: str, folder: Path) -> Path:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert PROGRAMS[program](["completion", shell]) == 0
    path = folder / f"{program}.{shell}"
    path.write_text(out.getvalue())
    return path


def completed(shell: str, line: str, folder: Path) -> set[str]:
    """What the shell itself offers at the end of a line, in an empty folder."""
    program = line.split(" ", maxsplit=1)[0]
    path = script(program, shell, folder)
    function = f"_{program.replace('-', '_')}"
    words = f'({line} "")' if line.endswith(" ") else f"({line})"
    of_bash = (
        f"source {path}; COMP_WORDS={words}; COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); {function}; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = {
        "bash": ["bash", "--norc", "-c", of_bash],
        "fish": ["fish", "-c", f"source {path}; complete -C '{line}'"],
    }[shell]
    empty = folder / "empty"
    empty.mkdir()
    environ = {**os.environ, "HOME": str(empty)}
    done = subprocess.run(command, cwd=empty, env=environ, capture_output=True, text=True, check=True)
    return {each.split("\t")[0] for each in done.stdout.splitlines() if each}


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(("line", "offered"), CASES, ids=[line for line, _ in CASES])
def test_a_shell_completes(shell: str, line: str, offered: set[str], tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    assert completed(shell, line, tmp_path) == offered


def test_zsh_loads_the_scripts(tmp_path: Path) -> None:
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("there is no zsh here")
    loads = "; ".join(f"source {script(program, 'zsh', tmp_path)}; print $_comps[{program}]" for program in PROGRAMS)
    begin = f"autoload -U compinit; compinit -u -d {tmp_path}/dump"
    done = subprocess.run([zsh, "-f", "-c", f"{begin}; {loads}"], capture_output=True, text=True, check=True)
    assert [line.startswith("_bash_complete") for line in done.stdout.splitlines()] == [True] * len(PROGRAMS)
    assert done.stderr == ""


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_shell_that_is_not_known_is_wrong_usage(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = PROGRAMS[program](["completion", "tcsh"])
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 2
    assert "invalid choice: 'tcsh'" in capsys.readouterr().err
