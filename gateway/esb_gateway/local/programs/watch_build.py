"""`esb-gateway local --watch`: `esb build --watch` as a program beside the gateway, which reloads its output."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.programs.child_programs import Programs

_BY_CTRL_C: Final = (0, -signal.SIGINT)  # at a terminal it reaches the build, too, which then ends as it should
WAITING: Final = "waiting for changes; Ctrl-C ends it"  # it prints this after each build


def build_command(root: Path, options: Sequence[str], environment: Mapping[str, str]) -> Command:
    """The command that builds `root` in its parent folder, with the user's own environment."""
    module = (sys.executable, "-P", "-m", "esb_generator")
    arguments = (*module, "build", "--watch", "--output", root.resolve().name, *options)
    return Command(arguments, environment, root.resolve().parent)


@asynccontextmanager
async def watching_build(
    command: Command,
    programs: Programs,
    report: Callable[[str], object],
    built: Callable[[], object],
    is_whole: Callable[[], bool],
) -> AsyncIterator[None]:
    """Build before the block runs, and then after each change. `built` is called each time; `report` gets output.

    The block runs after the first build that leaves a folder that can be served, as `is_whole` says. Raises
    ConfigurationError if it does not start.
    """
    if importlib.util.find_spec("esb_generator") is None:
        raise ConfigurationError("--watch: esb-generator is not installed; install it beside esb-gateway.")
    first = asyncio.Event()

    def line(text: str) -> None:
        if text == WAITING:
            if is_whole():
                first.set()
            elif not first.is_set():
                report("esb build --watch waits for the next change; the gateway starts after a build that succeeds")
            built()
        else:
            report(text)

    def ended(program: asyncio.Future[int]) -> None:
        if program.result() not in _BY_CTRL_C:
            report(f"esb build --watch has ended (exit code {program.result()}); start the gateway again.")

    program = programs.start(command, line)
    waiting = asyncio.ensure_future(first.wait())
    try:
        await asyncio.wait((waiting, program.ended), return_when=asyncio.FIRST_COMPLETED)
        if program.ended.done():
            raise ConfigurationError("--watch: esb build could not be started; the reason is above.")
        program.ended.add_done_callback(ended)
        yield
    finally:
        waiting.cancel()
        program.ended.remove_done_callback(ended)
        if not program.ended.done():
            await program.stop()
