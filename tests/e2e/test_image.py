"""The image of the embedded mode, as docs/testing.md says that it is used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import ANY

import boto3
import pytest
from botocore.config import Config

from tests.documents import ROOT, scenario

from .conftest import EXAMPLES, Answer, docker, request_to, wait_for

NAME, IMAGE = "esb-e2e-local", "esb-local:e2e"


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """Built as `nox -s image` does, of the wheels that are tested."""
    folder = os.environ.get("ESB_WHEELS")
    if folder is None:
        pytest.skip("ESB_WHEELS names no folder of built wheels; `nox -s e2e` sets it")
    bases = [f"--build-arg={name}={os.environ[name]}" for name in ("UV_IMAGE", "PYTHON_IMAGE") if name in os.environ]
    contexts = ["--build-context", f"wheels={folder}", "--build-context", f"requirements={ROOT / 'requirements'}"]
    docker("build", "--quiet", *contexts, *bases, "--tag", IMAGE, str(ROOT / "image"))
    yield IMAGE
    docker("image", "rm", "--force", IMAGE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(EXAMPLES / "fulfilment", folder, ignore=shutil.ignore_patterns(".esb"))
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # the container has a user of its own
    tmp_path.chmod(0o755)
    return folder


@pytest.fixture
def ports(image: str, project: Path) -> Iterator[dict[int, int]]:
    """The container runs as the page says, on free ports."""
    command = next(block.text for block in scenario("image"))
    publish = " ".join(f"--publish 127.0.0.1::{port}" for port in (8080, 8000, 4566))
    for before, after in (("--name shop", f"--name {NAME}"), ("--publish 8080:8080", publish), ("esb-local", image)):
        assert before in command
        command = command.replace(before, after)
    subprocess.run(["bash", "-euc", command], cwd=project, check=True)
    try:
        yield {port: int(docker("port", NAME, str(port)).split(":")[1]) for port in (8080, 8000, 4566)}
    finally:
        subprocess.run(["docker", "logs", "--tail", "50", NAME], check=False)  # shown with a test that fails
        docker("rm", "--force", "--volumes", NAME)


def test_an_application_is_tested_in_a_container(ports: dict[int, int]) -> None:
    def ask(method: str, path: str, body: object = None) -> Answer:
        return request_to(f"http://127.0.0.1:{ports[8080]}", method, path, body)

    wait_for(lambda: ask("GET", "/_esb/ready").status == 200)
    options = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    tables = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{ports[8000]}", config=config, **options)
    queues = boto3.client("sqs", endpoint_url=f"http://127.0.0.1:{ports[4566]}", config=config, **options)
    assert any(url.endswith("/shop-OrdersQueue") for url in queues.list_queues()["QueueUrls"])

    # The first calls load the SDK, which on a busy machine takes longer than a function's timeout.
    wait_for(lambda: ask("POST", "/orders", {"items": ["tea"]}).status == 202)
    wait_for(lambda: ask("GET", "/_esb/testing/delivered?seconds=60").json["delivered"])
    wait_for(lambda: ask("POST", "/_esb/testing/reset?seconds=60").status == 200)

    assert ask("POST", "/orders", {"items": ["tea"]}) == Answer(202, ANY)
    assert ask("GET", "/_esb/testing/delivered?seconds=60").json == {"delivered": True, "waiting": []}
    (shipped,) = ask("GET", "/_esb/testing/invocations?function=ShipFunction").json["invocations"]
    assert shipped["outcome"] == "done"
    assert tables.scan(TableName="ShipmentsTable")["Count"] == 1

    assert ask("POST", "/_esb/testing/reset").json == {"deleted": {"items": 1, "objects": 0}}
    assert tables.scan(TableName="ShipmentsTable")["Count"] == 0
    docker("stop", NAME)
    assert docker("inspect", "--format", "{{.State.ExitCode}}", NAME).strip() == "0"


@pytest.mark.thorough
def test_testcontainers_runs_it(image: str, project: Path) -> None:
    (block,) = scenario("testcontainers")
    (project / "test_in_a_container.py").write_text(block.text.replace("esb-local", image))
    (project / "pytest.ini").write_text("[pytest]\n")  # else that of a folder around it is taken, as this repository's
    environment = {**os.environ, "TESTCONTAINERS_RYUK_DISABLED": "true", "NO_PROXY": "*"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_in_a_container.py"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
