"""The options of `esb-gateway local`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from esb_gateway.local.debugging.debug_target import DebugTarget
from esb_gateway.local.engine_choice import NO_ENGINES, WantedEngines
from esb_gateway.local.override_options import NO_OVERRIDES, Overrides

DEFAULT_ROOT: Final = Path(".esb")


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """`data` is the folder that keeps tables and objects; without it they end with the gateway.

    `build` are the options of an `esb build --watch` beside the gateway; None: there is none.
    `static` is a folder of files for paths without a route.
    `debug`: functions that wait for a debugger.
    `quiet`: nobody reads how to call what has started.
    `engines` are the servers behind the database and the storage, as far as they were named.
    `resets` are options of the provisioner for its first run, `--reset-table` and `--reset-stream` with their names.
    `cloud`: ESB's own server of queues runs also if the application needs none.
    `testing`: requests may delete all data and see all invocations; excludes `data`.
    `on_step` is called with what is being done before the gateway is ready, for a terminal's line.
    """

    root: Path
    host: str
    port: int
    data: Path | None
    environment: Mapping[str, str]
    build: tuple[str, ...] | None = None
    cloud: bool = False
    overrides: Overrides = NO_OVERRIDES
    static: Path | None = None
    debug: tuple[DebugTarget, ...] = ()
    testing: bool = False
    quiet: bool = False
    resets: tuple[str, ...] = ()
    engines: WantedEngines = NO_ENGINES
    on_step: Callable[[str], object] = lambda _: None

    @property
    def first_provisioner_options(self) -> tuple[str, ...]:
        """The options of the provisioner for its first run; without a folder of data all servers begin empty."""
        return (*self.resets, *(("--new-servers",) if self.data is None else ()))

    @property
    def command(self) -> str:
        """The command that starts this gateway again, for advice."""
        data = [] if self.data is None else ["--data", str(self.data)]
        root = [] if self.root == DEFAULT_ROOT else [str(self.root)]
        return shlex.join(["esb-gateway", "local", *root, *data, *self.engines.options()])
