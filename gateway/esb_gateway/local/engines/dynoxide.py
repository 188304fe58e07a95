"""The stack's own database as a child process of the gateway: dynoxide.

It checks no credentials and lets every website read its answers. So it listens at an address that nobody can guess,
which only the gateway and the provisioner are told; everybody else goes through the gateway's check of signatures.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.engines.programs import (
    INHERITED,
    EngineServer,
    accepts,
    find_program,
    free_ports,
    hidden_address,
    start_program,
)
from esb_gateway.local.programs.child_programs import Programs
from esb_gateway.local.programs.running_server import RunningServer
from esb_gateway.local.rooted_paths import database_file

FILE: Final = "dynamodb.sqlite"
VARIABLE: Final = "ESB_DYNOXIDE"
_ADVICE: Final = f"install it (docs/local.md has where from), or set {VARIABLE} to its path"
_ERROR: Final = "error: "


async def start_dynoxide(programs: Programs, data: Path | None) -> RunningServer:
    """Start it; its address is a URL. Without `data`, tables are in memory. Raises ConfigurationError."""
    program = find_program(programs.environment.get(VARIABLE) or "dynoxide", programs.environment, _ADVICE)
    address = hidden_address()
    (port,) = free_ports(1, address)
    file = () if data is None else ("--db-path", _file(data))
    environment = {name: programs.environment[name] for name in INHERITED if name in programs.environment}
    command = Command((program, "serve", "--host", address, "--port", str(port), *file), environment, Path.cwd())
    engine = EngineServer("dynoxide", f"http://{address}:{port}", partial(accepts, address, port), _sentence)
    return await start_program(programs, command, engine)


def _file(data: Path) -> str:
    path = database_file(data / FILE)
    try:
        path.touch(0o600)  # for its owner alone; SQLite gives the files beside it the same mode
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; name a DIR that can be written.") from error
    return str(path)


def _sentence(line: str) -> str | None:
    """The sentence of a line with an error."""
    return f"dynoxide: {line.removeprefix(_ERROR)}." if line.startswith(_ERROR) else None
