"""Real child processes on an event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from esb_gateway.child_processes.launcher import (
    Child,
    Collected,
    Command,
    ProcessLauncher,
    Wanted,
    watch_exit,
    watch_exit_in_thread,
)

pytestmark = pytest.mark.server

LOOPS = pytest.mark.parametrize("new_loop", [uvloop.new_event_loop, asyncio.new_event_loop])


def python(code: str) -> Command:
    return Command((sys.executable, "-c", code), {"ONLY": "this"}, Path("/"))


class LauncherFixture:
    """A launcher, and what its last child said."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.launcher = ProcessLauncher(loop)
        self.output = bytearray()
        self.said = asyncio.Event()
        self.exited: asyncio.Future[int] = loop.create_future()

    def launch(self, code: str) -> Child:
        return self.launcher.launch(python(code), self._hear, self.exited.set_result)

    def _hear(self, data: bytes) -> None:
        self.output += data
        self.said.set()


def run(
    scenario: Callable[[LauncherFixture], Awaitable[None]],
    new_loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
) -> None:
    async def main() -> None:
        fixture = LauncherFixture(asyncio.get_running_loop())
        try:
            await asyncio.wait_for(scenario(fixture), 60)
        finally:
            fixture.launcher.close()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())


@LOOPS
def test_output_comes_whole_and_before_the_exit(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def scenario(fixture: LauncherFixture) -> None:
        fixture.launch("import sys; print('x' * 300_000); sys.stderr.write('end'); sys.exit(5)")
        assert await fixture.exited == 5
        assert fixture.output == b"x" * 300_000 + b"\nend"

    run(scenario, new_loop)


def test_child_gets_only_the_environment_of_its_command() -> None:
    async def scenario(fixture: LauncherFixture) -> None:
        fixture.launch(
            "import os; os.environ.pop('LC_CTYPE', 0);print(dict(os.environ), os.getcwd(), os.getpid() == os.getsid(0))"
        )
        await fixture.exited
        assert fixture.output == b"{'ONLY': 'this'} / True\n"

    run(scenario)


def test_death_by_signal_is_a_negative_return_code() -> None:
    async def scenario(fixture: LauncherFixture) -> None:
        child = fixture.launch("import time; print('up', flush=True); time.sleep(1000)")
        await fixture.said.wait()
        child.kill()
        assert await fixture.exited == -signal.SIGKILL
        child.kill()  # nobody is left to be hit
        assert memory_of(child) is None

    run(scenario)


def memory_of(child: Child) -> int | None:
    found: list[Collected] = []
    child.collect(Wanted(memory=True), found.append)
    return found[0].memory


def test_memory_of_a_running_child_is_known_in_megabytes() -> None:
    async def scenario(fixture: LauncherFixture) -> None:
        child = fixture.launch("x = b'x' * 50_000_000; print('up', flush=True); import time; time.sleep(1000)")
        await fixture.said.wait()
        memory = memory_of(child)
        assert memory is not None
        assert 50 < memory < 150
        child.kill()
        await fixture.exited

    run(scenario)


def test_whatever_a_child_leaves_in_its_group_ends_with_it() -> None:
    async def scenario(fixture: LauncherFixture) -> None:
        fixture.launch("import subprocess; print(subprocess.Popen(['/bin/sleep', '1000']).pid)")
        await fixture.exited
        left_over = int(fixture.output)
        while Path(f"/proc/{left_over}").exists() and "Z" not in Path(f"/proc/{left_over}/stat").read_text():
            await asyncio.sleep(0.005)

    run(scenario)


def test_command_that_does_not_exist_is_an_os_error() -> None:
    async def scenario(fixture: LauncherFixture) -> None:
        with pytest.raises(FileNotFoundError):
            fixture.launcher.launch(Command(("/nowhere",), {}, Path("/")), fixture._hear, fixture.exited.set_result)

    run(scenario)


@pytest.mark.parametrize("watch", [watch_exit, watch_exit_in_thread])
@LOOPS
def test_exit_is_seen_on_the_loop_before_the_child_is_reaped(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
    watch: Callable[[asyncio.AbstractEventLoop, int, Callable[[], None]], None],
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        with subprocess.Popen([sys.executable, "-c", "raise SystemExit(4)"]) as child:
            watch(loop, child.pid, lambda: ended.set_result(None))
            await asyncio.wait_for(ended, 20)
            assert os.getpgid(child.pid) == os.getpgid(0), "its number is still taken"
            assert child.wait() == 4

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())
