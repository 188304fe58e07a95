"""The database and storage as a child process of the gateway; stores_server.py is the child's side."""

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
    """Both behind one URL. `last` has the last line that they wrote."""

    program: Program
    url: str
    last: deque[str]

    async def while_running(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work; cancel it if the stores end, and raise ConfigurationError."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait((task, self.program.ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = not task.done()
            task.cancel()
            await asyncio.wait((task,))
        if ended:
            raise ConfigurationError(_reason(self.last))
        task.result()


async def start_stores(programs: Programs, data: Path | None, report: Callable[[str], object]) -> RunningStores:
    """Start them. They listen, and answer a little later; `report` gets what else they write.

    Raises ConfigurationError.
    """
    port: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    last: deque[str] = deque(maxlen=1)

    def line(text: str) -> None:
        if not port.done() and text.startswith(LISTENING):
            port.set_result(text.removeprefix(LISTENING))
            return
        if last:
            report(last[0])
        last.append(text)  # reported when the next one comes: the last one is the reason of the end

    module = ("-P", "-m", "esb_gateway.local.stores_server", str(os.getpid()))
    folder = () if data is None else (str(data.resolve()),)
    program = programs.start(Command((sys.executable, *module, *folder), programs.environment, Path.cwd()), line)
    try:
        await asyncio.wait((port, program.ended), return_when=asyncio.FIRST_COMPLETED)
        if not port.done():
            raise ConfigurationError(_reason(last))
    except BaseException:
        await program.stop()
        raise
    return RunningStores(program, f"http://127.0.0.1:{port.result()}", last)


def _reason(last: deque[str]) -> str:
    return last[0] if last else "the embedded database and storage were ended by another process; start again."
