"""The demo, as a person sees it."""

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
# The demo runs `esb`, `esb-provision` and `esb-gateway`, which stand beside this interpreter.
ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}

SHOWN = [
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
    r"invoke it for longer than it may run +200 +2\d\d\d ms  Sandbox.Timedout$",
    r"^Done in ",
]


def test_the_demo_shows_what_it_promises() -> None:
    done = subprocess.run(COMMAND, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    missing = [line for line in SHOWN if not re.search(line, done.stdout, re.MULTILINE)]
    assert missing == [], done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="the test runs the curl lines that the demo shows")
def test_with_serve_it_stays_up_and_the_curl_lines_work() -> None:
    with subprocess.Popen([*COMMAND, "--serve"], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as demo:
        try:
            shown = list(until_the_last_line(demo))
            curls = [line for line in shown if line.startswith("curl ")]
            assert sorted(line.split()[2] for line in curls) == ["GET", "GET", "POST", "PUT"]
            order = curl(next(line for line in curls if "-X POST" in line))
            assert order["customer"] == "ada"
            assert curl(next(line for line in curls if "-X GET" in line and "?" in line)) == {"orders": [order]}
            kept = curl(next(line for line in curls if "-X PUT" in line).replace("/ID/", f"/{order['id']}/"))
            assert kept == {"key": f"receipts/{order['id']}", "size": len("a receipt")}
        finally:
            demo.send_signal(signal.SIGINT)
        assert demo.wait(10) == 0
    assert not Path(shown[-1].split()[1]).exists(), "the temporary folder is gone"


def curl(line: str) -> Any:
    """Run a line as a person does; gives the JSON of the answer."""
    command = [*shlex.split(line), "--silent", "--noproxy", "*", "--max-time", "20"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def until_the_last_line(demo: subprocess.Popen[str]) -> Iterator[str]:
    assert demo.stdout is not None
    for line in demo.stdout:
        yield line.strip()
        if line.startswith("  log "):
            return
