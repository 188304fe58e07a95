"""No process outlives the gateway, however the gateway ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.watching import is_alive, until

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(sys.platform != "linux", reason="the test looks for processes in /proc"),
]


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(child) for child in listed.split()]


@contextmanager
def doomed_host(directory: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, int]]:
    """A process with a function, and the process ids of the function and of its child."""
    file = directory / "pids"
    command = [sys.executable, "-m", "tests.gateway.execution.doomed_host", str(file)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3]) as host:
        try:
            until(lambda: file.exists() and len(file.read_text().split()) == 2)
            function, other = (int(pid) for pid in file.read_text().split())
            yield host, function, other
        finally:
            host.kill()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_gateway_that_is_killed_leaves_no_process(tmp_path: Path, end: signal.Signals) -> None:
    with doomed_host(tmp_path) as (host, function, other):
        children = children_of(host.pid)
        assert function in children
        assert len(children) == 2, "the function and the reaper"
        assert is_alive(other)
        host.send_signal(end)
        host.wait(timeout=60)
        until(lambda: not any(map(is_alive, [*children, other])))


def test_function_dies_with_the_gateway_even_if_the_reaper_is_gone(tmp_path: Path) -> None:
    with doomed_host(tmp_path) as (host, function, other):
        [reaper] = [pid for pid in children_of(host.pid) if pid != function]
        os.kill(reaper, signal.SIGKILL)
        host.kill()
        host.wait()
        try:
            until(lambda: not is_alive(function))
        finally:
            os.kill(other, signal.SIGKILL)  # only the reaper would have known of it
