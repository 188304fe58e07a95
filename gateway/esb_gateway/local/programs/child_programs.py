"""The programs that `esb-gateway local` runs beside the functions: the stores, the provisioner, an installer.

They are children of the launcher, as the functions are, so none of them outlives the gateway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from esb_gateway.child_processes.launcher import Command, Launcher


class Program:
    """A started program. `line` gets each line of its output."""

    def __init__(self, launcher: Launcher, command: Command, line: Callable[[str], object]) -> None:
        """Start it; raises OSError."""
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._line = line
        self._rest = b""
        self._child = launcher.launch(command, self._feed, self._exited)

    async def stop(self) -> None:
        """Kill it and wait for its end."""
        self._child.kill()
        await asyncio.shield(self.ended)

    def _feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line.decode("utf-8", "replace"))

    def _exited(self, returncode: int) -> None:
        if self._rest:
            self._feed(b"\n")
        self.ended.set_result(returncode)


@dataclass(frozen=True, slots=True)
class Programs:
    """Starts programs. `environment` is the user's, without the settings for other clouds than this one."""

    launcher: Launcher
    environment: Mapping[str, str]

    def start(self, command: Command, line: Callable[[str], object]) -> Program:
        """Start one; raises OSError."""
        return Program(self.launcher, command, line)

    async def run(self, command: Command, line: Callable[[str], object]) -> int:
        """Run one to its end, or kill it when this is cancelled; returns its exit code. Raises OSError."""
        program = self.start(command, line)
        try:
            return await asyncio.shield(program.ended)
        finally:
            if not program.ended.done():
                await program.stop()
