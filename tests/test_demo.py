"""The output of the demo."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.server

COMMAND = [sys.executable, str(Path(__file__).parents[1] / "examples/demo.py")]
# The demo runs `esb`, `esb-provision` and `esb-gateway`, which are in the folder of this interpreter.
ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}

PRINTED = [
    r"\$ esb build -t examples/orders/template.yaml$",
    r"\$ esb-gateway local --port 0$",
    r"3 created in ",
    r"ready: http://127.0.0.1:\d+$",
    r"3 unchanged in ",
    r"POST /orders +201 +\d+ ms ",
    r"GET  /orders\?customer=ada +200 ",
    r"PUT  /orders/\S+ +201 ",
    r"the bucket has receipts/\S+ +17 B .* 2 x tea, 6 x cups$",
    r"invoke ReportFunction as an event +202 +\d+ ms  accepted$",
    r"the table has its report +\d+ ms  1 order today$",
    r"invoke it twice at once +200 +\d+ ms  ran$",
    r"invoke it twice at once +429 +\d+ ms  TooManyRequestsException$",
    r"invoke it for longer than its timeout +200 +[2-9]\d\d\d ms  Sandbox.Timedout$",
    r"^Done in ",
]


def test_the_demo_prints_every_step() -> None:
    done = subprocess.run(COMMAND, env=ENVIRONMENT, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    missing = [line for line in PRINTED if not re.search(line, done.stdout, re.MULTILINE)]
    assert missing == [], done.stdout


def test_an_example_that_is_not_there_is_a_sentence() -> None:
    done = subprocess.run([*COMMAND, "nothing"], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "Usage: demo.py [orders | fulfilment] [--serve]\n")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the test runs the curl commands that the demo prints")
def test_with_serve_it_keeps_running_and_the_curl_commands_work() -> None:
    with subprocess.Popen([*COMMAND, "--serve"], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as demo:
        try:
            printed = list(until_the_last_line(demo))
            curls = [line for line in printed if line.startswith("curl ")]
            assert sorted(line.split()[2] for line in curls) == ["GET", "GET", "POST", "PUT"]
            order = curl(next(line for line in curls if "-X POST" in line))
            assert order["customer"] == "ada"
            assert curl(next(line for line in curls if "-X GET" in line and "?" in line)) == {"orders": [order]}
            stored = curl(next(line for line in curls if "-X PUT" in line).replace("/ID/", f"/{order['id']}/"))
            assert stored == {"key": f"receipts/{order['id']}", "size": len("a receipt")}
        finally:
            demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
    assert not Path(printed[-1].split()[1]).exists(), "the temporary folder still exists"


def curl(line: str) -> Any:
    """Run a printed command; returns the response's JSON."""
    command = [*shlex.split(line), "--silent", "--noproxy", "*", "--max-time", "20"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def until_the_last_line(demo: subprocess.Popen[str]) -> Iterator[str]:
    assert demo.stdout is not None
    for line in demo.stdout:
        yield line.strip()
        if line.startswith("  log "):
            return
