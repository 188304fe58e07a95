"""The application that `esb init` gives to start from."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from esb_generator import starter
from esb_generator.errors import BuildError

from .conftest import esb_at, tree


def test_every_file_is_named_and_written(tmp_path: Path) -> None:
    made = starter.create(tmp_path / "new")

    assert sorted(tree(tmp_path / "new")) == sorted(path.relative_to(tmp_path / "new").as_posix() for path in made)


@pytest.mark.parametrize("name", starter.FILES)
def test_one_file_that_exists_is_enough_to_write_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine")

    with pytest.raises(BuildError, match=r"exists; esb init needs a folder without an application"):
        starter.create(tmp_path)
    assert tree(tmp_path) == {name: b"mine"}


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BuildError, match=r"cannot be opened: Not a directory"):
        starter.create(tmp_path / "file/below")


def test_the_handler_that_the_template_names_is_there(tmp_path: Path) -> None:
    starter.create(tmp_path)
    module = ast.parse((tmp_path / "src/hello/app.py").read_text())

    assert "handler" in {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


def test_it_builds_without_a_warning(tmp_path: Path) -> None:
    starter.create(tmp_path)

    assert esb_at(tmp_path, ["validate", "--strict"], {}).code == 0
