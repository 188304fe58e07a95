"""README.md and docs/tutorial.md, without Docker: what they show is done in their order, in an empty HOME."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import until

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8").partition("## Test\n")[0]
# The AWS CLI is botocore behind a command line; it is too large to install for one line.
AWS = f"""#!{sys.executable}
import sys, boto3
service, operation, option, value = sys.argv[1:]
assert option == "--table-name"
print(getattr(boto3.client(service), operation)(TableName=value)["Items"])
"""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def shell(block: str, home: Path, folder: Path, **variables: str) -> str:
    """Run a block as a person would; returns what it prints."""
    environment = {"HOME": str(home), "PATH": f"{home}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, (block, done.stderr)
    return done.stdout


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in {"aws": AWS, "python": f'#!/bin/sh\nexec {sys.executable} "$@"\n'}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    return tmp_path


@pytest.fixture
def gateway(home: Path) -> Iterator[LocalGateway]:
    """The application of README.md, as its first block makes it, while it runs."""
    (start,) = (block for block in blocks(README, "sh") if "esb init" in block)
    shell(start, home, home)
    running = LocalGateway(home / "shop/.esb", "--watch")
    try:
        yield running.ready()
    finally:
        running.end()


def ask(page: str, home: Path, gateway: LocalGateway) -> list[str]:
    """Run the blocks that need a running stack; returns what each prints."""
    url = gateway.addresses["ready"]
    port: Mapping[str, str] = {"ESB_GATEWAY_PORT": url.rpartition(":")[2]}
    wanted = [block for block in blocks(page, "sh") if "curl" in block or "esb-gateway env" in block]
    # Another stack may run on this machine.
    for shown, here in {"http://localhost:8080": url, "esb-gateway logs": "esb-gateway logs --local"}.items():
        wanted = [block.replace(shown, here) for block in wanted]
    return [shell(block, home, home / "shop", **port) for block in wanted]


@pytest.mark.timeout(300)
def test_what_the_readme_and_the_tutorial_show(home: Path, gateway: LocalGateway) -> None:
    called, asked = ask(README, home, gateway)
    assert '{"hello": "ada", "visits": 1}' in called
    assert '"hello\\": \\"grace' in called
    assert " GET /hello/ada 200 " in called
    assert asked.count("grace") == 2  # by aws, and by boto3

    (code,) = blocks(TUTORIAL, "python")
    (resource,) = blocks(TUTORIAL, "yaml")
    (home / "shop/src/visits").mkdir()
    (home / "shop/src/visits/app.py").write_text(code, encoding="utf-8")
    template = home / "shop/template.yaml"
    template.write_text(template.read_text().replace("Resources:\n", f"Resources:\n{resource}\n"), encoding="utf-8")
    until(lambda: gateway.call("GET", "/visits") == (200, {"ada": 1, "grace": 1}), 60)

    again, listed, inside = ask(TUTORIAL, home, gateway)
    assert '"visits": 2' in again
    assert listed == '{"ada": 2, "grace": 1}'
    assert inside.count('"statusCode": 200') == 2
    assert "visitors: 2" in inside
