"""Programs that are started, and how they end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

from esb_gateway.child_processes.launcher import Command, Launcher
from esb_gateway.local.programs.child_programs import Program


class FakeChild:
    """Launches itself; it ends when the test says so."""

    exited: Callable[[int], None]
    output: Callable[[bytes], object]

    def launch(self, _command: Command, output: Callable[[bytes], object], exited: Callable[[int], None]) -> FakeChild:
        self.output, self.exited = output, exited
        return self

    def kill(self) -> None:
        """The test calls `exited`."""


def test_a_stop_that_is_cancelled_leaves_the_end_to_others() -> None:
    lines: list[str] = []

    async def main() -> int:
        child = FakeChild()
        program = Program(cast("Launcher", child), Command(("a",), {}, Path()), lines.append)
        stopping = asyncio.create_task(program.stop())
        await asyncio.sleep(0)
        stopping.cancel()
        await asyncio.wait([stopping])
        child.output(b"one\ntw")
        child.output(b"o")
        child.exited(3)
        return await program.ended

    assert (asyncio.run(main()), lines) == (3, ["one", "two"])
