"""docs/testing.md: its blocks are a project of their own, whose tests are run with the plugin."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/testing.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"# (\S+\.(?:py|ini))\n")
# Ones that the page does not have: its commands against the same stack, and what happens to a test that fails.
MORE_TESTS = """
import os, subprocess

def test_the_commands(esb):
    commands = open("commands.sh").read().replace("http://localhost:8080", esb.url)
    environment = {**os.environ, "NO_PROXY": "*"}
    done = subprocess.run(["bash", "-euc", commands], capture_output=True, text=True, env=environment)
    assert not done.returncode, done.stderr
    assert '{"delivered":true,"waiting":[]}' in done.stdout
    assert '"function":"ShipFunction"' in done.stdout
    assert '"outcome":"done"' in done.stdout

def test_the_environment_is_enough_for_an_sdk(esb):
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
    commands: list[str] = []
    for language, text in BLOCK.findall(PAGE):
        name = NAME.match(text)
        if language == "bash":
            continue  # tests/e2e/test_image.py runs it
        if name:
            (folder / name[1]).write_text(text, encoding="utf-8")
        else:
            assert language == "sh", f"a block that no test runs: {text}"
            commands.append(text)
    run, ask = commands
    return run, ask


@pytest.mark.timeout(360)
def test_the_page(tmp_path: Path) -> None:
    folder = tmp_path / "fulfilment"
    run, ask = project(folder)
    (folder / "commands.sh").write_text(ask.replace(". .esb/", ". .pytest_cache/d/esb-main/.esb/"), encoding="utf-8")
    (folder / "test_more.py").write_text(MORE_TESTS, encoding="utf-8")
    # The example has no parameter.
    ini = (folder / "pytest.ini").read_text(encoding="utf-8")
    (folder / "pytest.ini").write_text(ini.replace("--parameter-overrides Stage=test", "--stack-name fulfilment"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    command = ["bash", "-c", run]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    assert "1 failed, 6 passed" in done.stdout, done.stdout + done.stderr
    assert "FunctionError: ShowFunction: KeyError" in done.stdout
    assert "esb log" in done.stdout
    assert not (folder / ".esb").exists()
    assert not (folder / "compose.yaml").exists()
