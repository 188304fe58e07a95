"""One build with ESB and one with SAM CLI, each a whole process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from bench.application import write_application
from bench.peers import python_peer, version_of
from bench.processes import Usage, finished
from bench.run import Run

Build = Callable[[], Usage]


def application(run: Run, functions: int) -> Path:
    """Write an application with `functions` functions; returns its folder."""
    folder = run.folder / f"{functions}-functions"
    folder.mkdir()
    write_application(folder, functions)
    return folder


def esb_build(run: Run, folder: Path, command: str = "build") -> Build:
    """`esb build`, in the application's folder."""
    return lambda: finished([run.command("esb"), command], folder, run.environment())


def sam_build(run: Run, folder: Path, *options: str) -> Build:
    """`sam build`, in the application's folder; it raises Unavailable."""

    def build() -> Usage:
        home = python_peer("sam")
        run.versions.add(version_of(home, "aws-sam-cli"))
        environment = run.environment(SAM_CLI_TELEMETRY="0", AWS_DEFAULT_REGION="us-east-1")
        environment["PATH"] = f"{home / 'bin'}:{environment['PATH']}"  # where it looks for the function's Python
        return finished([str(home / "bin/sam"), "build", *options], folder, environment)

    return build


def from_nothing(folder: Path, build: Build) -> Build:
    """The same build, after the output of an earlier one was removed."""

    def clean_build() -> Usage:
        for name in (".esb", ".aws-sam"):
            shutil.rmtree(folder / name, ignore_errors=True)
        (folder / "compose.yaml").unlink(missing_ok=True)
        return build()

    return clean_build


def clean_build(run: Run, functions: int) -> Build:
    """A clean `esb build` of an application that is written now."""
    folder = application(run, functions)
    return from_nothing(folder, esb_build(run, folder))


def wall(usage: Usage) -> float:
    """Seconds of wall time."""
    return usage.wall


def cpu(usage: Usage) -> float:
    """Seconds of CPU."""
    return usage.cpu
