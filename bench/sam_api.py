"""`sam local start-api`, whose functions run in containers of AWS's Python image."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.errors import Unavailable
from bench.load import Target, get
from bench.peers import python_peer, runtime_emulator, version_of
from bench.processes import answers, on_free_ports, serving
from bench.run import Run

BASE: Final = "public.ecr.aws/lambda/python:3.12"
# The image that SAM CLI derives from it, and the label of its containers.
IMAGE: Final = f"{BASE}-rapid-{'arm64' if platform.machine() == 'aarch64' else 'x86_64'}"
LABEL: Final = "sam.cli.container.type=lambda"
TEMPLATE: Final = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
      Events: {Get: {Type: HttpApi, Properties: {Method: GET, Path: /hello}}}
"""


@contextmanager
def sam_api(run: Run, handler: str) -> Iterator[Target]:
    """Serve `GET /hello` with this code in a container that runs already. Raises Unavailable."""
    home = python_peer("sam")
    folder = run.folder / "sam-api"
    (folder / "src").mkdir(parents=True)
    (folder / "src/app.py").write_text(handler)
    (folder / "template.yaml").write_text(TEMPLATE)
    environment = run.environment(SAM_CLI_TELEMETRY="0", AWS_DEFAULT_REGION="us-east-1")
    if "DOCKER_HOST" in os.environ:
        environment["DOCKER_HOST"] = os.environ["DOCKER_HOST"]

    @contextmanager
    def start(port: int) -> Iterator[int]:
        command = [str(home / "bin/sam"), "local", "start-api", "--port", str(port)]
        command += ["--warm-containers", "EAGER", "--skip-pull-image"]
        with serving(command, folder, environment, answers(port, "/hello")):
            yield port

    with sam_image(folder), no_containers_left():
        run.versions.add(version_of(home, "aws-sam-cli"))
        with on_free_ports(1, start) as port:
            yield Target(port, get("/hello"))


@contextmanager
def sam_image(folder: Path) -> Iterator[None]:
    """SAM CLI's image, built here from AWS's if it is missing, because SAM CLI would ask a registry first."""
    if shutil.which("docker") is None:
        raise Unavailable("there is no docker")
    _docker("version", otherwise="no Docker engine answers")
    if _docker("image", "ls", "--quiet", IMAGE):
        yield
        return
    if not _docker("image", "ls", "--quiet", BASE):
        raise Unavailable(f"the engine has no image {BASE}; docker pull {BASE}")
    shutil.copy(runtime_emulator(), folder / "aws-lambda-rie")
    (folder / "Dockerfile").write_text(f"FROM {BASE}\nCOPY aws-lambda-rie /var/rapid/aws-lambda-rie\n")
    _docker("build", "--quiet", "--tag", IMAGE, str(folder))
    try:
        yield
    finally:
        _docker("image", "rm", "--force", IMAGE)


@contextmanager
def no_containers_left() -> Iterator[None]:
    """Remove the containers that SAM CLI starts in the block."""
    before = _containers()
    try:
        yield
    finally:
        if new := _containers() - before:
            _docker("rm", "--force", *new)


def _containers() -> set[str]:
    return set(_docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}"))


def _docker(*arguments: str, otherwise: str = "") -> Sequence[str]:
    """The words of its output. Raises Unavailable with its last line of output, or with `otherwise`."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["no output"]
        raise Unavailable(otherwise or f"docker {arguments[0]}: {words[-1][:200]}")
    return done.stdout.split()
