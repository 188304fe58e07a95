"""docs/cloud.md: its first commands start a server and make a queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents import Shell, scenario

pytestmark = pytest.mark.server
FREE_PORT = (
    "> ready.txt & until grep -q ^ready: ready.txt; do sleep 0.05; done; URL=$(sed -n 's/^ready: //p' ready.txt)"
)


def test_the_commands_that_the_page_begins_with(tmp_path: Path) -> None:
    (block,) = scenario("cloud")
    shell = Shell(tmp_path, tmp_path)
    shell.replace = {
        "esb-cloud serve": "esb-cloud serve --port 0",
        "sqlite3 &": f"sqlite3 {FREE_PORT}",
        "http://127.0.0.1:4566": "$URL",
    }

    printed = shell.script(f'trap "kill %1" EXIT\n{block.script()}', str(block))

    assert "/123456789012/orders" in printed
    assert (tmp_path / "queues.sqlite3").exists()
