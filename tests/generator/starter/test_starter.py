"""The applications that `esb init` gives to start from, and what it writes for one that is there."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from esb_generator.errors import BuildError
from esb_generator.starter.api import API
from esb_generator.starter.files import complete_project, create
from esb_generator.starter.sample import RUNTIMES, SUMMARIES, Language, Sample
from esb_generator.starter.table import SAMPLES
from tests.generator.conftest import esb_at, tree

CASES = [
    pytest.param(sample, language, id=f"{sample.name}-{language}")
    for sample in SAMPLES.values()
    for language in RUNTIMES
]


def test_the_help_names_all_samples() -> None:
    assert list(SUMMARIES) == list(SAMPLES)


@pytest.mark.parametrize(("sample", "language"), CASES)
def test_a_sample_builds_without_a_warning(tmp_path: Path, sample: Sample, language: Language) -> None:
    create(tmp_path, sample, language)

    assert esb_at(tmp_path, ["validate", "--strict"], {}).err == ""
    assert esb_at(tmp_path, ["validate", "--strict"], {}).code == 0


@pytest.mark.parametrize(("sample", "language"), CASES)
def test_the_handlers_that_the_template_names_are_there(tmp_path: Path, sample: Sample, language: Language) -> None:
    wanted = set(re.findall(r"Handler: app\.(\w+)", sample.template))
    (code,) = sample.code[language].values()

    if language == "python":
        assert wanted <= {node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
        ast.parse(sample.tests)
    else:
        assert wanted == set(re.findall(r"^export const (\w+) =", code, re.MULTILINE))
        node = shutil.which("node")
        if node is not None:
            (tmp_path / "app.mjs").write_text(code)
            subprocess.run([node, "--check", tmp_path / "app.mjs"], check=True)


def test_every_file_is_named_and_written(tmp_path: Path) -> None:
    made = create(tmp_path / "new", API, "python")

    assert made == [f"+ {tmp_path / 'new' / name}" for name in (*API.files("python"), ".gitignore")]
    assert sorted(tree(tmp_path / "new")) == sorted([*API.files("python"), ".gitignore"])


@pytest.mark.parametrize("name", API.files("python"))
def test_one_file_that_exists_is_enough_to_write_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine")

    with pytest.raises(BuildError, match=r"exists; esb init needs a folder without an application"):
        create(tmp_path, API, "python")
    assert tree(tmp_path) == {name: b"mine"}


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BuildError, match=r"cannot be opened: Not a directory"):
        create(tmp_path / "file/below", API, "python")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ".esb/\n"),
        ("*.pyc", "*.pyc\n.esb/\n"),
        ("*.pyc\n", "*.pyc\n.esb/\n"),
        ("/.esb\n", "/.esb\n"),
        (" .esb/ \n*.pyc\n", " .esb/ \n*.pyc\n"),
    ],
)
def test_the_output_is_ignored_and_other_lines_stay(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / ".gitignore").write_text(before)
    (tmp_path / ".gitignore").chmod(0o640)
    complete_project(tmp_path, "shop")

    assert (tmp_path / ".gitignore").read_text() == after
    assert sorted(tree(tmp_path)) == [".gitignore", "compose.yaml"]
    assert (tmp_path / ".gitignore").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"])
def test_a_compose_file_of_ones_own_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    complete_project(tmp_path, "shop")

    assert sorted(tree(tmp_path)) == sorted([name, ".gitignore"])
    assert (tmp_path / name).read_text() == "mine"


def test_what_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    assert len(complete_project(tmp_path, "shop")) == 2
    before = tree(tmp_path)
    assert complete_project(tmp_path, "other") == []
    assert tree(tmp_path) == before


def test_a_new_gitignore_keeps_credentials_out_of_git(tmp_path: Path) -> None:
    complete_project(tmp_path, "shop")
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert {".esb/", ".env*", "secrets.env", "esb.secrets.yml"} <= set(lines)
