"""Builds that are killed, and what they may leave: each file is old or new, never half."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import yaml

from esb_schemas.validation.loading import validate

from .conftest import tree

FILES = 60
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: src, Handler: app.handler, Runtime: python3.12}
Resources:
"""
FUNCTION = "  %sFunction:\n    Type: AWS::Serverless::Function\n    Properties: {Description: %s}\n"


def write_version(project: Path, version: str) -> None:
    """The application's old or new version: other content, other functions, and a file where the other has a folder."""
    shutil.rmtree(project / "src", ignore_errors=True)
    names = ("Orders", "Report", "Only" + version.title())
    (project / "template.yaml").write_text(TEMPLATE + "".join(FUNCTION % (name, version) for name in names))
    (project / "src").mkdir()
    for number in range(FILES):
        (project / f"src/module_{number}.py").write_text(f"VERSION = '{version} {number}'\n" * 20)
    swapped = project / ("src/swapped" if version == "old" else "src/swapped/inside")
    swapped.parent.mkdir(exist_ok=True)
    swapped.write_text(version)


def start(project: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "esb_generator", "build", "--json"],
        cwd=project,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def build(project: Path) -> float:
    """A build that nobody kills; the seconds that it took."""
    began = time.monotonic()
    assert start(project).wait(60) == 0
    return time.monotonic() - began


def kill_after(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the process was still there to be killed; else it has done its work."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    code = process.wait()
    assert code in (0, -9)
    return code == -9


def moments(count: int, duration: float) -> list[float]:
    """A random moment in each of `count` equal parts of a duration, in random order; the same in every run."""
    rng = random.Random(20261123)
    found = [duration * (part + rng.random()) / count for part in range(count)]
    rng.shuffle(found)
    return found


def written(output: Path) -> dict[str, bytes]:
    """Every file but what a kill may leave of the temporary folder."""
    return {path: content for path, content in tree(output).items() if not path.startswith(".tmp-")}


def check_files(files: Mapping[str, bytes], old: Mapping[str, bytes], new: Mapping[str, bytes]) -> None:
    """Each file is one of a whole build, valid, and known to the manifest, which is how a later build removes it."""
    known = set(json.loads(files["manifest.json"])["files"]) | {"manifest.json", "secrets.env", ".env"}
    for path, content in files.items():
        assert path in known, f"{path} would stay for ever"
        assert path == "manifest.json" or content in (old.get(path), new.get(path)), f"{path} is half"
    for kind in ("functions", "resources", "routing"):
        validate(kind, yaml.load(files[f"config/{kind}.yml"], Loader=yaml.CSafeLoader))


def killed_builds(project: Path, count: int) -> int:
    """Kill builds at random moments and look at each one's files; returns how many were killed while they ran.

    Raises AssertionError for a file that is neither old nor new, and unless the next build finishes the work.
    """
    output = project / ".esb"
    versions, durations = {}, []
    for version in ("old", "new"):
        write_version(project, version)
        durations.append(build(project))
        versions[version] = written(output)
    killed = 0
    for turn, moment in enumerate(moments(count, min(durations))):
        write_version(project, "old" if turn % 2 == 0 else "new")
        killed += kill_after(start(project), moment)
        check_files(written(output), versions["old"], versions["new"])
    write_version(project, "new")
    build(project)
    assert tree(output) == versions["new"]
    assert not list(output.glob(".tmp-*"))
    return killed
