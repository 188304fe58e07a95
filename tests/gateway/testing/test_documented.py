"""docs/testing.md: its blocks are a project of their own, whose tests are run with the plugin."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import ROOT, blocks, make_tools, scenario

pytestmark = pytest.mark.server

NAME = re.compile(r"# (\S+\.(?:py|ini))\n")
# Ones that the page does not have: its commands against the same stack, and what happens to a test that fails.
MORE_TESTS = """
import os, subprocess

FOLDER = ".pytest_cache/d/esb-main"  # where the plugin has built

def test_the_commands(esb):
    printed = run("commands.sh", esb)
    assert '{"delivered":true,"waiting":[]}' in printed
    assert '"function":"ShipFunction"' in printed
    assert '"outcome":"done"' in printed
    the_environment_is_enough_for_an_sdk(esb)
    esb.http.post("/orders", json={"items": []})
    esb.wait_until_delivered()
    assert "fulfilment-FailedOrdersQueue" in run("fulfilment.sh", esb)

def run(file, esb):
    commands = open(file).read().replace("http://localhost:8080", esb.url).replace('eval "$(esb-gateway env)"', "")
    environment = {**os.environ, **esb.environment(), "ESB_GATEWAY_URL": esb.url, "NO_PROXY": "*"}
    command = ["bash", "-euc", commands]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, env=environment)
    assert not done.returncode, done.stderr
    return done.stdout

def the_environment_is_enough_for_an_sdk(esb):
    program = "import boto3; print(boto3.client('sqs').list_queues()['QueueUrls'])"
    environment = {**os.environ, **esb.environment(), "NO_PROXY": "*"}
    done = subprocess.run([os.sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert "fulfilment-OrdersQueue" in done.stdout, done.stderr

def test_that_fails(esb):
    esb.invoke("ShowFunction", {})
"""


def project(folder: Path) -> tuple[str, str]:
    """Write the files of the page; returns the commands that run pytest, and those that ask the stack."""
    shutil.copytree(ROOT / "examples/fulfilment", folder, ignore=shutil.ignore_patterns(".esb"))
    for block in blocks(ROOT / "docs/testing.md"):
        if (name := NAME.match(block.text)) and not block.scenarios:
            (folder / name[1]).write_text(block.text, encoding="utf-8")
    run, ask = (block.text for block in scenario("testing"))
    return run, ask


@pytest.mark.timeout(360)
def test_the_page(tmp_path: Path) -> None:
    folder = tmp_path / "fulfilment"
    run, ask = project(folder)
    (folder / "commands.sh").write_text(ask, encoding="utf-8")
    queues = "".join(block.text for block in scenario("fulfilment"))
    (folder / "fulfilment.sh").write_text(queues, encoding="utf-8")
    (folder / "test_more.py").write_text(MORE_TESTS, encoding="utf-8")
    # The example has no parameter.
    ini = (folder / "pytest.ini").read_text(encoding="utf-8")
    (folder / "pytest.ini").write_text(ini.replace("--parameter-overrides Stage=test", "--stack-name fulfilment"))
    tools = make_tools(tmp_path / "bin")
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    command = ["bash", "-c", run]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    assert "1 failed, 5 passed" in done.stdout, done.stdout + done.stderr
    assert "FunctionError: ShowFunction: KeyError" in done.stdout
    assert "esb log" in done.stdout
    assert not (folder / ".esb").exists()
    assert not (folder / "compose.yaml").exists()
