"""docs/building.md: every command that it shows works on the example."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from esb_generator.cli import OF_SAM, REMOVED

from .conftest import esb_at

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/building.md").read_text("utf-8")


def blocks() -> Iterator[list[str]]:
    """The commands of each block; those of one block follow each other."""
    for block in re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        commands = re.findall(r"^\$ esb (.*)$", block, re.MULTILINE)
        if commands:
            yield commands


@pytest.mark.parametrize("commands", list(blocks()), ids=" & ".join)
def test_every_command_that_the_page_shows_works(
    commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(
        ROOT / "examples/orders", tmp_path / "orders", ignore=shutil.ignore_patterns(".esb", "compose.yaml")
    )
    monkeypatch.chdir(tmp_path / "orders")
    for command in commands:
        result = esb_at(Path(), shlex.split(command), {})
        assert (result.code, result.err) == (0, ""), command


def test_the_table_that_the_page_shows_is_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(
        ROOT / "examples/orders", tmp_path / "orders", ignore=shutil.ignore_patterns(".esb", "compose.yaml")
    )
    monkeypatch.chdir(tmp_path / "orders")
    table = esb_at(Path(), ["validate"], {}).out

    assert f"$ esb build\n{table}" in PAGE


def test_the_page_has_every_option_and_every_removed_command(capsys: pytest.CaptureFixture[str]) -> None:
    esb_at(Path(), ["build", "--help"], {})
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help", "--template"}

    assert options <= set(re.findall(r"--[a-z-]+", PAGE))
    assert set(REMOVED) | set(OF_SAM) <= set(
        re.findall(r"`([a-z-]+)`", PAGE.partition("## Commands that are elsewhere, or gone")[2])
    )
