"""A server as a child process of the gateway: it says where it listens, and the gateway ends with it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.programs.child_programs import Program, Programs


@dataclass(frozen=True, slots=True)
class RunningServer:
    """`address` is what it wrote after its prefix. `last` has the last line that it wrote."""

    program: Program
    address: str
    last: deque[str]
    killed: str

    async def while_running(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work; cancel it if the server ends, and raise ConfigurationError."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait((task, self.program.ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = not task.done()
            task.cancel()
            await asyncio.wait((task,))
        if ended:
            raise ConfigurationError(end_reason(self.last, self.killed))
        task.result()


async def start_server(
    programs: Programs, command: Command, prefix: str, report: Callable[[str], object], killed: str
) -> RunningServer:
    """Start it, and wait for a line that begins with `prefix`; `report` gets what else it writes.

    `killed` is the reason if it ends without a word. Raises ConfigurationError.
    """
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    last: deque[str] = deque(maxlen=1)

    def line(text: str) -> None:
        if not address.done() and text.startswith(prefix):
            address.set_result(text.removeprefix(prefix))
            return
        if last:
            report(last[0])
        last.append(text)  # reported when the next one comes: the last one is the reason of the end

    program = programs.start(command, line)
    try:
        await asyncio.wait((address, program.ended), return_when=asyncio.FIRST_COMPLETED)
        if not address.done():
            raise ConfigurationError(end_reason(last, killed))
    except BaseException:
        await program.stop()
        raise
    return RunningServer(program, address.result(), last, killed)


def end_reason(last: deque[str], killed: str) -> str:
    """Why a server has ended: the last line that it wrote, else `killed`."""
    return last[0] if last else killed
