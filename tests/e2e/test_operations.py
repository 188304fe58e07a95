"""Commands of docs/operations.md on a stack that runs: what is followed, what is found, and what is left at the end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import HERE, NewStack, Stack, docker, wait_for

ENGINES = {"ESB_DATABASE_IMAGE": "database", "ESB_S3_IMAGE": "s3-storage", "ESB_LOGS_IMAGE": "victorialogs"}


@pytest.fixture(scope="module")
def up(new_stack: NewStack) -> Iterator[Stack]:
    stack = new_stack(HERE / "apps/tiny")
    stack.build()
    stack.up()
    yield stack
    stack.down()


def run(stack: Stack, line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A line of the page in the project's folder, with the commands that are installed here."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**stack.environment(), "PATH": path, **variables}
    return subprocess.run(
        line, shell=True, cwd=stack.folder, env=environment, capture_output=True, text=True, check=False
    )


def request_of(stack: Stack) -> str:
    """The id of an invocation that the log server has."""
    invoked = stack.client("lambda").invoke(FunctionName="hello", Payload=b"{}")
    request = str(invoked["ResponseMetadata"]["RequestId"])
    wait_for(lambda: stack.rows(request))
    return request


def test_logs_are_followed(up: Stack) -> None:
    log = up.folder / "followed.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "esb_gateway", "logs", "-f"]
        process = subprocess.Popen(command, cwd=up.folder, env=up.environment(), stdout=out)
        try:
            request = request_of(up)
            wait_for(lambda: request[:8] in log.read_text())
        finally:
            process.terminate()
            process.wait(60)


def test_the_doctor_finds_nothing_that_keeps_a_running_stack_from_running(up: Stack) -> None:
    done = run(up, "esb-gateway doctor")
    assert done.returncode == 0, done.stdout
    assert re.search(r"^\S+ +folder ", done.stdout, re.MULTILINE)


def test_nothing_is_left_after_the_last_command(up: Stack) -> None:
    """The servers' images get names of their own before, because other stacks of this machine have the same."""
    images = dict(zip(ENGINES, own_names(up), strict=True))
    assert run(up, "docker compose up -d --wait", **images).returncode == 0

    done = run(up, "docker compose down --volumes --rmi all", **images)
    assert done.returncode == 0, done.stderr
    assert run(up, "rm -r .esb compose.yaml").returncode == 0

    label = f"label=com.docker.compose.project={up.project}"
    for kind in ("container", "network", "volume"):
        everything = ["--all"] if kind == "container" else []
        assert docker(kind, "ls", *everything, "--quiet", "--filter", label) == ""
    assert docker("image", "ls", "--quiet", "--filter", f"reference={up.project}/*") == ""


def own_names(stack: Stack) -> list[str]:
    """Further names of the images of the servers, in the order of ENGINES."""
    if os.environ.get("ESB_E2E_OVERRIDE"):
        pytest.skip("ESB_E2E_OVERRIDE names images that other stacks need, too")
    names = [f"{stack.project}/{service}:own" for service in ENGINES.values()]
    for service, name in zip(ENGINES.values(), names, strict=True):
        docker("tag", docker("inspect", "--format", "{{.Image}}", stack.containers()[service]).strip(), name)
    return names
