"""`.ci/run`, with a build of images and with checks that are small scripts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci/run"
# A check says its name; one that is told to wait goes on until it is ended.
NOXFILE = """
import pathlib, sys, time
print(*sys.argv[1:], flush=True)
root = pathlib.Path(__file__).parent
if (root / f"wait-{sys.argv[2]}").exists():
    (root / "waiting").touch()
    while True:
        time.sleep(1)
sys.exit((root / f"fail-{sys.argv[2]}").exists())
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout beside the folder that builds the images."""
    folder = tmp_path / "main"
    (folder / ".ci").mkdir(parents=True)
    shutil.copy(SCRIPT, folder / ".ci/run")
    (folder / "noxfile.py").write_text(NOXFILE)
    return folder


def run(root: Path, build: str | None) -> subprocess.CompletedProcess[str]:
    if build is not None:
        lab = root.parent / "shared/lab"
        lab.mkdir(parents=True)
        (lab / "ensure-docker.sh").touch()
        (lab / "build-images.sh").write_text(build)
    return subprocess.run(["bash", str(root / ".ci/run")], capture_output=True, text=True, check=False, timeout=120)


def test_a_build_that_fails_ends_the_check_that_runs_meanwhile_and_shows_its_log(root: Path) -> None:
    (root / "wait-lint").touch()
    done = run(root, f"until [ -e {root}/waiting ]; do sleep 0.1; done\necho 'no space left'\nexit 3\n")
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[:2] == ["-s demo", "-s lint typing"]
    assert lines[2:] == ["no space left", "failed: ../shared/lab/build-images.sh, see above"]


def test_the_checks_that_need_images_come_after_a_build_that_succeeds(root: Path) -> None:
    done = run(root, "echo 'much output'\necho '== base: 3 s'\n")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "== base: 3 s" in lines
    assert "much output" not in lines
    asked = [line.split()[1] for line in lines if line.startswith("-s ")]
    assert asked == ["demo", "lint", "tests", "install", "e2e"]


@pytest.mark.parametrize("build", [None, "exit 0"], ids=["no images", "images"])
def test_a_check_that_fails_ends_it(root: Path, build: str | None) -> None:
    (root / "fail-lint").touch()
    done = run(root, build)
    assert done.returncode == 1
    assert "-s tests" not in done.stdout


def test_tests_that_fail_get_one_more_try(root: Path) -> None:
    (root / "fail-tests").touch()
    done = run(root, None)
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("-s tests")] == [
        "-s tests -- --durations=20",
        "-s tests -- --last-failed --last-failed-no-failures none",
    ]
