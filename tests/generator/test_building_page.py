"""docs/building.md, and builds of other pages: every command that they show works on the example."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from esb_generator.cli.replaced_commands import REMOVED, SAM_COMMANDS
from tests.documents import ROOT, copy_of_example, scenario

from .conftest import esb_at

PAGE = (ROOT / "docs/building.md").read_text("utf-8")
COMMANDS = [block.script().splitlines() for block in scenario("building")]


@pytest.mark.parametrize("commands", COMMANDS, ids=" & ".join)
def test_every_command_that_the_page_shows_works(
    commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy_of_example("orders", tmp_path / "orders"))
    for command in commands:
        words = shlex.split(command, comments=True)
        program = words.index("esb")
        environ = dict(word.split("=", 1) for word in words[:program])
        result = esb_at(Path(), words[program + 1 :], environ)
        assert (result.code, result.err) == (0, ""), command


def test_the_table_that_the_page_shows_is_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy_of_example("orders", tmp_path / "orders"))
    table = esb_at(Path(), ["validate"], {}).out

    assert f"$ esb build\n{table}" in PAGE


def test_the_page_has_every_option_and_every_removed_command(capsys: pytest.CaptureFixture[str]) -> None:
    esb_at(Path(), ["build", "--help"], {})
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help", "--template"}

    assert options <= set(re.findall(r"--[a-z-]+", PAGE))
    assert set(REMOVED) | set(SAM_COMMANDS) <= set(
        re.findall(r"`([a-z-]+)`", PAGE.partition("## Replaced commands")[2])
    )
