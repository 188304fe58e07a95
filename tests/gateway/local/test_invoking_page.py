"""docs/invoking.md: every command block runs, in order, beside the example's gateway."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from esb_gateway.sample_events.table import SAMPLES
from tests.gateway.local.local_gateway import LocalGateway

pytestmark = pytest.mark.server

PAGE = (Path(__file__).parents[3] / "docs/invoking.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
# The AWS CLI is botocore behind a command line; it is too large to install for one line.
AWS = f"""#!{sys.executable}
import sys, boto3
print(getattr(boto3.client(sys.argv[1]), sys.argv[2].replace("-", "_"))())
"""


@pytest.fixture
def environment(tmp_path: Path, shop: LocalGateway) -> dict[str, str]:
    """That of a shell in which ESB's commands are, with another HOME and an `aws`."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in {"aws": AWS, "python": f'#!/bin/sh\nexec {sys.executable} "$@"\n'}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])
    port = shop.addresses["ready"].rpartition(":")[2]
    return {"PATH": path, "HOME": str(tmp_path), "ESB_GATEWAY_PORT": port}


@pytest.mark.timeout(300)
def test_every_command_block_of_the_page_works(environment: dict[str, str], shop: LocalGateway) -> None:
    assert len(BLOCKS) >= 4
    for block in BLOCKS:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=shop.root.parent,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=250,
        )
        assert done.returncode == 0, (block, done.stderr)
        assert done.stdout, block


def test_the_page_lists_every_sample_event() -> None:
    table = PAGE.partition("| SERVICE | EVENT |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z0-9-]+)`", table)) == {name for row in SAMPLES for name in (row.service, row.event)}
