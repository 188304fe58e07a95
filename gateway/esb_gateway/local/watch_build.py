"""`esb-gateway local --watch`: `esb build --watch` as a program beside the gateway, which takes what it writes."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.processes import Command
from esb_gateway.local.programs import Programs

WAITING: Final = "waiting for changes; Ctrl-C ends it"  # what it prints after each build


def build_command(root: Path, options: Sequence[str], environment: Mapping[str, str]) -> Command:
    """Builds `root` in the folder that it lies in. The environment is the person's own, as for a build by hand."""
    module = (sys.executable, "-P", "-m", "esb_generator")
    arguments = (*module, "build", "--watch", "--output", root.resolve().name, *options)
    return Command(arguments, environment, root.resolve().parent)


@asynccontextmanager
async def building(
    command: Command, programs: Programs, say: Callable[[str], object], built: Callable[[], object]
) -> AsyncIterator[None]:
    """Build once before the block runs, and then after each change. `built` is called each time; `say` gets the rest.

    Raises ConfigurationError when it does not start.
    """
    if importlib.util.find_spec("esb_generator") is None:
        raise ConfigurationError("--watch: esb-generator is not installed here; pip install esb-generator.")
    first = asyncio.Event()

    def line(text: str) -> None:
        if text == WAITING:
            first.set()
            built()
        else:
            say(text)

    program = programs.start(command, line)
    waiting = asyncio.ensure_future(first.wait())
    try:
        await asyncio.wait((waiting, program.ended), return_when=asyncio.FIRST_COMPLETED)
        if program.ended.done():
            raise ConfigurationError("--watch: esb build could not be started; the reason is above.")
        program.ended.add_done_callback(
            lambda ended: say(f"esb build --watch has ended (exit code {ended.result()}); start the gateway again.")
        )
        yield
    finally:
        waiting.cancel()
        if not program.ended.done():
            await program.stop()
