"""Other revisions: which one is meant, and what is missing from one that cannot be compared."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bench import revisions
from bench.errors import Unavailable
from bench.revisions import commands_of, resolve


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two commits; the second is on `main`."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for text in ("one", "two"):
        (folder / "file").write_text(text)
        git(folder, "add", ".")
        git(folder, "-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "--quiet", "-m", text)
    return folder


def git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_revision_has_any_name_that_git_knows(repository: Path) -> None:
    first, second = git(repository, "rev-list", "--reverse", "main").split()

    assert resolve("main", repository) == second
    assert resolve("main~1", repository) == first
    assert resolve(first[:10], repository) == first


@pytest.mark.parametrize("name", ["nothing", "--all", "main:file"])
def test_an_unknown_revision_is_named(repository: Path, name: str) -> None:
    with pytest.raises(Unavailable, match=f"no revision {name}"):
        resolve(name, repository)


def test_a_revision_without_the_commands_cannot_be_compared(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = resolve("main", repository)
    monkeypatch.setattr(revisions, "HOME", tmp_path)
    commands = tmp_path / f"bench-revision-{commit[:12]}" / "bin"
    commands.mkdir(parents=True)
    (commands.parent / "complete").touch()
    (commands / "esb").touch()

    with pytest.raises(Unavailable, match="has no command esb-provision, esb-gateway"):
        commands_of(commit, print, repository)

    for name in ("esb-provision", "esb-gateway"):
        (commands / name).touch()
    assert commands_of(commit, print, repository) == commands
