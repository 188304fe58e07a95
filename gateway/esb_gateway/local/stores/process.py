"""The database and storage as a child process of the gateway; server.py is the child's side."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from esb_gateway.child_processes.launcher import Command
from esb_gateway.local.folder.credentials import SECRETS
from esb_gateway.local.programs.child_programs import Programs
from esb_gateway.local.programs.running_server import RunningServer, start_server
from esb_gateway.local.stores.process_names import LISTENING, TESTING

_KILLED: Final = "the embedded database and storage were ended by another process; start again."


async def start_stores(
    programs: Programs, root: Path, data: Path | None, report: Callable[[str], object], *, testing: bool = False
) -> RunningServer:
    """Start them; their address is a port. They listen, and answer a little later.

    They take requests with the credentials of the folder `root`, which a first build may write later.

    Raises ConfigurationError.
    """
    module = ("-P", "-m", "esb_gateway.local.stores.server", str(os.getpid()))
    kept = () if data is None else (str(data.resolve()),)
    folders = (str((root / SECRETS).resolve()), *((TESTING,) if testing else kept))
    environment = {**programs.environment, "MOTO_DISABLE_GLOBAL_CORS": "true"}  # else every website may read answers
    command = Command((sys.executable, *module, *folders), environment, Path.cwd())
    return await start_server(programs, command, LISTENING, report, _KILLED)


def stores_url(stores: RunningServer) -> str:
    """The URL of both."""
    return f"http://127.0.0.1:{stores.address}"
