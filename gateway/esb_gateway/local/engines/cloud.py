"""ESB's own server of queues as a child process of the gateway: `esb-cloud serve`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.programs.child_programs import Programs
from esb_gateway.local.programs.running_server import RunningServer, start_server
from esb_gateway.local.rooted_paths import database_file
from esb_schemas.backends import BACKENDS
from esb_schemas.contract import Stack, load_functions
from esb_schemas.errors import ContractError
from esb_schemas.sections import SECTIONS
from esb_schemas.validation.loading import load

FILE: Final = "cloud.sqlite3"
_PACKAGE: Final = "esb_cloud"
_READY: Final = "ready: "
_KILLED: Final = "the embedded esb-cloud was ended by another process; start again."


def needs_cloud(root: Path) -> bool:
    """Whether resources.yml has something that ESB's own server keeps. An invalid file is reported elsewhere."""
    try:
        resources = load("resources", root / "config/resources.yml")
    except ContractError:
        return False
    own = {row.service for row in BACKENDS if row.own}
    return any(resources.get(row.name) for row in SECTIONS.values() if row.service in own)


def region_of(root: Path) -> str:
    """The region of the stack, which is in the ARNs of queues. An invalid file is reported elsewhere."""
    try:
        return load_functions(load("functions", root / "config/functions.yml")).stack.region
    except ContractError:
        return Stack().region


async def start_cloud(
    programs: Programs,
    variables: Mapping[str, str],
    data: Path | None,
    report: Callable[[str], object],
    *,
    testing: bool = False,
) -> RunningServer:
    """Start it; its address is a URL. `variables` has the credentials. Raises ConfigurationError."""
    if importlib.util.find_spec(_PACKAGE) is None:
        raise ConfigurationError("esb-cloud: not installed, and config/resources.yml has queues; install esb-cloud.")
    arguments = ["serve", "--port", "0"]
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        arguments += ["--data", str(database_file(data / FILE))]
    if testing:
        arguments.append("--testing")
    command = Command(
        (sys.executable, "-P", "-m", _PACKAGE, *arguments), {**programs.environment, **variables}, Path.cwd()
    )
    return await start_server(programs, command, _READY, report, _KILLED)
