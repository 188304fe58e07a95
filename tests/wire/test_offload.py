"""Work in other processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from types import MappingProxyType
from typing import Any

import pytest

from esb_wire.offload import LARGE, MANY_VALUES, Backlog, OffloadProcesses, Overloaded, is_costly
from esb_wire.sigv4 import SignatureError
from tests.watching import PAUSE, is_alive, until

pytestmark = pytest.mark.server


def play(scene: Callable[[OffloadProcesses], Awaitable[None]]) -> None:
    async def run() -> None:
        offload = OffloadProcesses()
        try:
            await asyncio.wait_for(scene(offload), 60)
        finally:
            offload.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("document", "costly"),
    [
        ("x" * LARGE, False),
        ("x" * (LARGE + 1), True),
        (json.dumps([1] * MANY_VALUES), False),
        (json.dumps([1] * (MANY_VALUES + 1)), True),
        ("[" * (MANY_VALUES + 1), True),
        ('{"":' * (MANY_VALUES + 1), True),
    ],
)
def test_a_document_is_costly_by_its_length_or_by_its_values(document: str, costly: bool) -> None:
    assert is_costly(document) is costly


def test_the_work_is_done_elsewhere_and_by_two_at_a_time() -> None:
    async def scene(offload: OffloadProcesses) -> None:
        assert await offload.run(json.loads, b'{"a":[1]}') == {"a": [1]}
        pids = await asyncio.gather(*[offload.run(_pid_after, 0.2) for _ in range(8)])
        assert (len(set(pids)), os.getpid() in pids) == (2, False)

    play(scene)


def _pid_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_what_passes_is_what_it_was() -> None:
    async def scene(offload: OffloadProcesses) -> None:
        for value in (b"x" * 6_000_000, "é\ud800", {"a": None}):
            assert await offload.run(_same, value) == value
        assert await offload.run(_same, MappingProxyType({"k": MappingProxyType({})})) == {"k": {}}

    play(scene)


def _same(value: object) -> Any:
    return value


def test_an_error_of_the_work_is_raised_here() -> None:
    async def scene(offload: OffloadProcesses) -> None:
        with pytest.raises(ValueError, match="Expecting value"):
            await offload.run(json.loads, b"x")
        with pytest.raises(SignatureError, match=r"^why$") as raised:
            await offload.run(_refuse, "Code", "why", 418)
        assert (raised.value.code, raised.value.status) == ("Code", 418)

    play(scene)


def _refuse(*arguments: Any) -> None:
    raise SignatureError(*arguments)


def test_a_process_that_is_killed_fails_no_work() -> None:
    async def scene(offload: OffloadProcesses) -> None:
        pid = await offload.run(os.getpid)
        busy = asyncio.gather(*[offload.run(_pid_after, 0.5) for _ in range(4)])
        os.kill(pid, signal.SIGKILL)
        assert pid not in await busy
        os.kill(await offload.run(os.getpid), signal.SIGKILL)
        assert await offload.run(len, b"abc") == 3

    play(scene)


def test_the_other_process_ends_with_the_one_that_is_killed() -> None:
    async def scene(offload: OffloadProcesses) -> None:
        first, second = await asyncio.gather(offload.run(_pid_after, 0.2), offload.run(_pid_after, 0.2))
        os.kill(first, signal.SIGKILL)
        while await offload.run(os.getpid) in (first, second):  # the end of the first is noticed a little later
            await asyncio.sleep(PAUSE)
        await asyncio.to_thread(until, lambda: not is_alive(second))

    play(scene)


def test_work_that_comes_while_a_pool_breaks_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    submit = ProcessPoolExecutor.submit
    breaking = [OSError("handle is closed")]  # of a pipe that is handed to a new process

    def submit_while_breaking(self: ProcessPoolExecutor, *args: Any) -> Any:
        if breaking:
            raise breaking.pop()
        return submit(self, *args)

    async def scene(offload: OffloadProcesses) -> None:
        monkeypatch.setattr(ProcessPoolExecutor, "submit", submit_while_breaking)
        assert await offload.run(len, b"abc") == 3
        assert not breaking

    play(scene)


def test_signals_to_the_process_group_do_not_end_it() -> None:
    async def scene(offload: OffloadProcesses) -> None:
        pid = await offload.run(os.getpid)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, number)
        pids = await asyncio.gather(*[offload.run(_pid_after, 0.1) for _ in range(4)])
        assert pid in pids

    play(scene)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_process_is_left_when_the_server_has_ended(number: signal.Signals) -> None:
    program = (
        "import asyncio, os\n"
        "from esb_wire.offload import OffloadProcesses\n"
        "async def main():\n"
        "    offload = OffloadProcesses()\n"
        "    print(await offload.run(os.getpid), flush=True)\n"
        # Python sees a signal that comes just before the loop sleeps when it wakes.
        "    while True: await asyncio.sleep(0.1)\n"
        "if __name__ == '__main__': asyncio.run(main())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        server.send_signal(number)
        until(lambda: not is_alive(pid))


def test_requests_that_wait_are_bounded() -> None:
    backlog = Backlog(10)
    with backlog.holding(6):
        with pytest.raises(Overloaded), backlog.holding(5):
            pass
        with backlog.holding(4):
            pass
    with backlog.holding(10):
        pass
