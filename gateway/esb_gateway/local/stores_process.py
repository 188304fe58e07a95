"""The database and storage as a child process of the gateway: see stores_server.py for the child's side."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.processes import Command
from esb_gateway.local.programs import Program, Programs
from esb_gateway.local.stores_server import LISTENING


@dataclass(frozen=True, slots=True)
class RunningStores:
    """Both behind one URL. `last` is the last line that they wrote."""

    program: Program
    url: str
    last: deque[str]

    async def while_running(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work, and give it up if the stores end. Raises ConfigurationError then."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait((task, self.program.ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = not task.done()
            task.cancel()
            await asyncio.wait((task,))
        if ended:
            raise ConfigurationError(_why(self.last))
        task.result()


async def start_stores(programs: Programs, data: Path | None, say: Callable[[str], object]) -> RunningStores:
    """Start them; they listen, and answer a little later. `say` gets what else they write.

    Raises ConfigurationError.
    """
    port: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    last: deque[str] = deque(maxlen=1)

    def line(text: str) -> None:
        if not port.done() and text.startswith(LISTENING):
            port.set_result(text.removeprefix(LISTENING))
            return
        if last:
            say(last[0])
        last.append(text)  # said when another comes: the last one becomes the reason of the end

    module = ("-P", "-m", "esb_gateway.local.stores_server", str(os.getpid()))
    folder = () if data is None else (str(data.resolve()),)
    program = programs.start(Command((sys.executable, *module, *folder), programs.environment, Path.cwd()), line)
    try:
        await asyncio.wait((port, program.ended), return_when=asyncio.FIRST_COMPLETED)
        if not port.done():
            raise ConfigurationError(_why(last))
    except BaseException:
        await program.stop()
        raise
    return RunningStores(program, f"http://127.0.0.1:{port.result()}", last)


def _why(last: deque[str]) -> str:
    return last[0] if last else "the embedded database and storage were ended from outside; start again."
