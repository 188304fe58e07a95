"""The reaper kills what was not forgotten."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from esb_gateway.child_processes.reaper import Reaper

pytestmark = pytest.mark.server


@contextmanager
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "1000"], start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_reaper_kills_what_was_not_forgotten() -> None:
    reaper = Reaper()
    with sleeper() as watched, sleeper() as forgotten:
        reaper.watch(watched.pid)
        reaper.watch(forgotten.pid)
        reaper.forget(forgotten.pid)
        reaper.close()
        assert watched.wait(60) == -signal.SIGKILL
        assert forgotten.poll() is None


def test_reaper_that_died_is_replaced_and_told_everything() -> None:
    reaper = Reaper()
    with sleeper() as first, sleeper() as second:
        reaper.watch(first.pid)
        pid = reaper.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        reaper.watch(second.pid)
        assert reaper.pid != pid
        reaper.close()
        assert [first.wait(60), second.wait(60)] == [-signal.SIGKILL, -signal.SIGKILL]
