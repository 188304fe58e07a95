"""docs/architecture.md names every package, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.documents import ROOT

PAGE: Final = (ROOT / "docs/architecture.md").read_text("utf-8")
BLOCKS: Final = {found[1]: found[2] for found in re.finditer(r"^(\w+/esb_\w+/)(.*\n(?:  .*\n)*)", PAGE, re.MULTILINE)}
STEPS: Final = PAGE.partition("## How to add a service")[2].partition("\n## ")[0]
NAME: Final = re.compile(r"(?<![\w/.])([a-z][a-z0-9_]*(?:/|\.py))(?![\w/])")


@pytest.mark.parametrize("folder", BLOCKS)
def test_every_package_is_named(folder: str) -> None:
    packages = {f"{path.parent.name}/" for path in (ROOT / folder).glob("*/__init__.py")}
    assert sorted(packages - set(NAME.findall(BLOCKS[folder]))) == []


@pytest.mark.parametrize("folder", BLOCKS)
def test_what_is_named_exists(folder: str) -> None:
    names = set(NAME.findall(BLOCKS[folder]))
    assert sorted(name for name in names if not exists(folder, name)) == []


def exists(folder: str, name: str) -> bool:
    """Whether a package, anywhere in it, or the repository has the file or folder."""
    return (ROOT / name).exists() or any(Path(ROOT / folder).rglob(name.rstrip("/")))


def test_every_file_of_the_steps_exists_for_the_first_queue() -> None:
    names = re.findall(r"`([a-z_]+/[a-z_/]+(?:\.py|/))`", STEPS.replace("queue", "sqs").replace("sqss", "queues"))
    homes = ("", *BLOCKS)
    assert len(names) > 10
    assert [name for name in names if not any((ROOT / home / name).exists() for home in homes)] == []
