"""The programs of engines that are not Python: where they are, how they start, and when they answer.

They listen on loopback ports that were free, and die with the gateway: at once on Linux, by the reaper elsewhere.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.launch import with_parent
from esb_gateway.local.programs.child_programs import Programs
from esb_gateway.local.programs.running_server import RunningServer, end_reason

LOOPBACK: Final = "127.0.0.1"
INHERITED: Final = ("PATH", "TMPDIR", "SYSTEMROOT")
_START_TIME: Final = 60.0  # seconds; a database of many GB is opened in one
_INTERVAL: Final = 0.05


def find_program(name: str, environment: Mapping[str, str], advice: str) -> str:
    """Its path: on PATH, else beside this Python, where a wheel has its programs. Raises ConfigurationError."""
    beside = os.fspath(Path(sys.executable).parent)
    found = shutil.which(name, path=environment.get("PATH")) or shutil.which(name, path=beside)
    if found is None:
        raise ConfigurationError(f"{name}: not found on PATH; {advice}.")
    return found


def hidden_address() -> str:
    """A loopback address that nobody can guess, for a server that checks no credentials.

    All of 127.0.0.0/8 leads to this machine on Linux, so a web page that tries ports would have to try 2**38
    pairs of address and port. Other systems have 127.0.0.1 alone.
    """
    if sys.platform != "linux":
        return LOOPBACK
    drawn = random.SystemRandom()
    return f"127.{drawn.randint(1, 254)}.{drawn.randint(1, 254)}.{drawn.randint(1, 254)}"


def free_ports(count: int, address: str = LOOPBACK) -> tuple[int, ...]:
    """Ports on which nothing listens; another process may take one before it is used."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((address, 0))
        return tuple(each.getsockname()[1] for each in sockets)


class EngineServer(NamedTuple):
    """A server to start: its name, its URL, whether it `answers`, and the sentence in a line of its output, if any."""

    name: str
    url: str
    answers: Callable[[], Awaitable[bool]]
    sentence: Callable[[str], str | None]


async def start_program(programs: Programs, command: Command, engine: EngineServer) -> RunningServer:
    """Start a server, and wait until it answers. Its output is not shown; its last sentence is the reason if it ends.

    Raises ConfigurationError if it ends, or does not answer for a minute.
    """
    last: deque[str] = deque(maxlen=1)
    killed = f"{engine.name} was ended by another process; start again."

    def line(text: str) -> None:
        if (found := engine.sentence(text)) is not None:
            last.append(found)

    program = programs.start(with_parent(command, os.getpid()), line)
    loop = asyncio.get_running_loop()
    end = loop.time() + _START_TIME
    try:
        while not await engine.answers():
            if program.ended.done():
                raise ConfigurationError(end_reason(last, killed))
            if loop.time() > end:
                raise ConfigurationError(f"{engine.name} has not answered for {_START_TIME:g} s; start again.")
            await asyncio.sleep(_INTERVAL)
    except BaseException:
        await program.stop()
        raise
    return RunningServer(program, engine.url, last, killed)


async def accepts(address: str, port: int) -> bool:
    """Whether a server accepts connections there."""
    try:
        _, writer = await asyncio.open_connection(address, port)
    except OSError:
        return False
    writer.close()
    return True
