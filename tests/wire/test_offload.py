"""Work in other processes."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, cast

import pytest

from esb_wire.offload import LARGE, MANY_VALUES, Backlog, OffloadProcesses, Overloaded, is_costly
from esb_wire.offload_process import OffloadProcess, ProcessEnded
from esb_wire.sigv4 import SignatureError
from tests.watching import is_alive, until, until_async

pytestmark = pytest.mark.server

MB = 1024 * 1024


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


def test_the_work_of_a_process_that_is_killed_again_and_again_fails() -> None:
    async def scene(offload: OffloadProcesses) -> None:
        with pytest.raises(ProcessEnded):
            await offload.run(_die)
        assert await offload.run(len, b"abc") == 3

    play(scene)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_after_the_end_no_work_is_done_not_even_the_first() -> None:
    async def scene(offload: OffloadProcesses) -> None:
        pid = await offload.run(os.getpid)
        offload.close()
        assert not is_alive(pid)
        with pytest.raises(RuntimeError, match="after shutdown"):
            await offload.run(os.getpid)
        unused = OffloadProcesses()
        unused.close()
        with pytest.raises(RuntimeError, match="after shutdown"):
            await unused.run(os.getpid)

    play(scene)


def test_work_that_is_being_done_at_the_end_is_finished_and_its_process_ends(tmp_path: Path) -> None:
    async def scene(offload: OffloadProcesses) -> None:
        working = [asyncio.create_task(offload.run(_pid_when, tmp_path, number)) for number in range(4)]
        await until_async(lambda: len(list(tmp_path.iterdir())) == 2)
        offload.close()
        (tmp_path / "go on").touch()
        done = await asyncio.gather(*working, return_exceptions=True)
        pids = [each for each in done if isinstance(each, int)]
        assert len(pids) == 2
        await until_async(lambda: not any(map(is_alive, pids)))

    play(scene)


def _pid_when(folder: Path, number: int) -> int:
    (folder / str(number)).touch()
    until((folder / "go on").exists)
    return os.getpid()


def test_what_cannot_be_pickled_is_an_error_and_the_next_work_is_done() -> None:
    async def scene(offload: OffloadProcesses) -> None:
        with pytest.raises((pickle.PicklingError, AttributeError)):
            await offload.run(_same, lambda: None)
        with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
            await offload.run(_function)
        with pytest.raises(RuntimeError, match="Unspeakable"):
            await offload.run(_raise_what_cannot_be_pickled)
        assert await offload.run(len, b"abc") == 3

    play(scene)


def _function() -> Any:
    return lambda: None


class Unspeakable(Exception):
    def __reduce__(self) -> str:
        return "nothing of this name"


def _raise_what_cannot_be_pickled() -> None:
    raise Unspeakable


def test_large_values_pass_in_parts_of_one_object_at_most() -> None:
    """While a part is read or written, the interpreter lock is free; it is held to make an object of the part."""
    process = OffloadProcess()
    results, calls = _Counting(process._results), _Counting(process._calls)
    process._results, process._calls = cast(BinaryIO, results), cast(BinaryIO, calls)
    try:
        texts = [letter * MB for letter in "abcdefghij"]
        for value in (texts, [text.encode() for text in texts], [["x"] * 10 for _ in range(100_000)]):
            assert process.call(_same, (value,), {}) == value
    finally:
        process.end()
    assert max(results.sizes) <= MB
    assert max(calls.sizes) <= MB


class _Counting:
    """A stream that notes how much each call reads or writes."""

    def __init__(self, stream: Any) -> None:
        self.sizes: list[int] = []
        self._stream = stream
        self.flush, self.close, self.peek = stream.flush, stream.close, getattr(stream, "peek", None)

    def write(self, data: bytes) -> int:
        self.sizes.append(len(data))
        return int(self._stream.write(data))

    def read(self, size: int) -> bytes:
        self.sizes.append(size)
        data: bytes = self._stream.read(size)
        return data

    def readinto(self, buffer: memoryview) -> int:
        self.sizes.append(len(buffer))
        return int(self._stream.readinto(buffer))

    def readline(self) -> bytes:
        line: bytes = self._stream.readline()
        self.sizes.append(len(line))
        return line


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
