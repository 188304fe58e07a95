"""The build beside `esb-gateway local --watch`, with a program that a test plays."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.programs.child_programs import Programs
from esb_gateway.local.programs.watch_build import WAITING, watching_build

COMMAND = Command(("esb",), os.environ, Path())


class PlayedLauncher:
    """Gives the output of a program when the test says so."""

    def launch(self, _: Command, output: Callable[[bytes], None], exited: Callable[[int], None]) -> Any:
        self.output, self.exited = output, exited
        return self

    def kill(self) -> None:
        self.exited(-9)

    def close(self) -> None: ...

    def says(self, *lines: str) -> None:
        self.output("".join(f"{line}\n" for line in lines).encode())


def test_the_gateway_starts_after_the_first_build_that_succeeds() -> None:
    launcher, reports = PlayedLauncher(), list[str]()
    whole = asyncio.Event()  # of the folder
    entered = asyncio.Event()

    async def run() -> None:
        programs: Any = Programs(launcher, {})
        async with watching_build(COMMAND, programs, reports.append, lambda: None, whole.is_set):
            entered.set()

    async def play() -> None:
        task = asyncio.ensure_future(run())
        await asyncio.sleep(0)
        launcher.says("template.yaml:3:1: error: …", "1 error; nothing was written", WAITING)
        await asyncio.sleep(0)
        assert not entered.is_set()
        whole.set()
        launcher.says(WAITING)
        await asyncio.wait_for(task, 30)

    asyncio.run(play())

    assert entered.is_set()
    assert reports[:3] == [
        "template.yaml:3:1: error: …",
        "1 error; nothing was written",
        "esb build --watch waits for the next change; the gateway starts after a build that succeeds",
    ]


def test_a_build_that_does_not_start_is_an_error() -> None:
    launcher = PlayedLauncher()

    async def play() -> None:
        programs: Any = Programs(launcher, {})
        asyncio.get_running_loop().call_soon(lambda: launcher.exited(2))
        async with watching_build(COMMAND, programs, lambda _: None, lambda: None, lambda: False):
            pass

    with pytest.raises(ConfigurationError, match="could not be started"):
        asyncio.run(play())


@pytest.mark.parametrize(
    ("code", "reported"),
    [(0, []), (-2, []), (1, ["esb build --watch has ended (exit code 1); start the gateway again."])],
)
def test_ctrl_c_which_ends_the_build_too_is_silent(code: int, reported: list[str]) -> None:
    launcher, reports = PlayedLauncher(), list[str]()

    async def play() -> None:
        programs: Any = Programs(launcher, {})
        asyncio.get_running_loop().call_soon(lambda: launcher.says(WAITING))
        async with watching_build(COMMAND, programs, reports.append, lambda: None, lambda: True):
            launcher.exited(code)
            await asyncio.sleep(0)

    asyncio.run(play())

    assert reports == reported


def test_a_build_that_the_gateway_stops_is_not_reported() -> None:
    launcher, reports = PlayedLauncher(), list[str]()

    async def play() -> None:
        programs: Any = Programs(launcher, {})
        asyncio.get_running_loop().call_soon(lambda: launcher.says(WAITING))
        async with watching_build(COMMAND, programs, reports.append, lambda: None, lambda: True):
            pass

    asyncio.run(play())

    assert reports == []
