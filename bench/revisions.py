"""Another revision of ESB, in its own environment: its wheels, and the requirements that it pins."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import uv

from bench.errors import Unavailable
from bench.peers import HOME, ROOT

COMMANDS = ("esb", "esb-provision", "esb-gateway")


def resolve(revision: str, repository: Path = ROOT) -> str:
    """The full id of a revision such as `main` or `v1~3`. Raises Unavailable."""
    found = _git(repository, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode:
        raise Unavailable(f"{repository} has no revision {revision}")
    return found.stdout.decode().strip()


def commands_of(commit: str, report: Callable[[str], object], repository: Path = ROOT) -> Path:
    """The folder of a commit's console commands, in an environment that is created on first use. Raises Unavailable.

    Nothing of the revision is imported here, so its packages may have other names than today's.
    """
    home = HOME / f"bench-revision-{commit[:12]}"
    if not (home / "complete").exists():
        report(f"building {commit[:12]} in {home.relative_to(HOME.parent)}")
        with tempfile.TemporaryDirectory(prefix="esb-revision-") as folder:
            tree = _tree(repository, commit, Path(folder) / "tree")
            _install(tree, _build(tree), home)
        (home / "complete").touch()
    missing = [name for name in COMMANDS if not (home / "bin" / name).exists()]
    if missing:
        raise Unavailable(f"revision {commit[:12]} has no command {', '.join(missing)}")
    return home / "bin"


def _tree(repository: Path, commit: str, folder: Path) -> Path:
    """Extract the files of a commit; unlike a worktree, this leaves nothing behind in the repository."""
    archive = _git(repository, "archive", "--format=tar", commit)
    if archive.returncode:
        raise Unavailable(f"git archive: {_last_line(archive.stderr)}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def _build(tree: Path) -> list[Path]:
    """The wheels of all packages, built with the pinned tools."""
    constraint = ["--build-constraint", "requirements/build.txt", "--require-hashes"]
    wheels = tree / "wheels"
    _run([uv.find_uv_bin(), "build", "--quiet", "--all-packages", *constraint, "-o", str(wheels)], tree)
    return sorted(wheels.glob("*.whl"))


def _install(tree: Path, wheels: list[Path], home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    tool, python = uv.find_uv_bin(), str(home / "bin/python")
    _run([tool, "venv", "--quiet", "--python", sys.executable, str(home)], tree)
    install = [tool, "pip", "install", "--quiet", "--python", python]
    _run([*install, "--require-hashes", "-r", "requirements/bench.txt"], tree)
    _run([*install, "--no-deps", "--no-index", *map(str, wheels)], tree)


def _git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    if shutil.which("git") is None:
        raise Unavailable("there is no git")
    return subprocess.run(["git", *arguments], cwd=repository, capture_output=True, check=False, timeout=60)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=900)
    if done.returncode:
        raise Unavailable(f"{' '.join(command[1:3])} failed: {_last_line(done.stderr)}")


def _last_line(output: bytes) -> str:
    return (output.decode("utf-8", "replace").strip().splitlines() or ["no reason given"])[-1][:200]
