"""A build that is killed at any moment leaves each file old or new, never half; the next build finishes the work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.repetitions import repeated

from .killed_builds import build, kill_after, killed_builds, moments, start, write_version, written

KILLS = repeated(12)


@pytest.mark.timeout(repeated(120))
def test_a_killed_build_leaves_each_file_old_or_new(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    project.mkdir()
    assert killed_builds(project, KILLS) >= KILLS // 12, "no build was killed while it ran"


@pytest.mark.timeout(repeated(120))
def test_a_first_build_that_is_killed_leaves_whole_secrets_or_none(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    project.mkdir()
    write_version(project, "old")
    duration = build(project)
    expected = {path: content for path, content in written(project / ".esb").items() if not path.endswith(".env")}

    for moment in moments(repeated(5), duration):
        shutil.rmtree(project / ".esb", ignore_errors=True)
        kill_after(start(project), moment)
        files = written(project / ".esb")
        for path in {"secrets.env", ".env"} & set(files):
            text = files.pop(path).decode()
            assert text.endswith("\n")
            assert all(len(line.partition("=")[2]) >= 20 for line in text.splitlines())
            assert (project / ".esb" / path).stat().st_mode & 0o077 == 0
        files.pop("manifest.json", None)
        assert files.items() <= expected.items()
