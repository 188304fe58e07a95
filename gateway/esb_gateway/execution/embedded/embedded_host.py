"""Functions as child processes, with a port for each slot: what `esb-gateway local` uses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from esb_gateway.child_processes.launcher import Child, Launcher, Output, ProcessLauncher
from esb_gateway.execution.embedded.launch import LaunchSettings, extension_command, launch_command
from esb_gateway.execution.embedded.unsupported_runtime import FailingRunner
from esb_gateway.execution.embedded.web_adapter import adapter_problem
from esb_gateway.execution.extensions.processes import Ended
from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.pools.pool import Pool
from esb_gateway.execution.pools.slots import Runner, Slot
from esb_gateway.execution.port_runner.placement import Placement
from esb_gateway.execution.port_runner.runner import PortRunner


class EmbeddedHost:
    """Runs functions as child processes.

    Both may be replaced at any time, for the slots that start later: `settings`, and `unsupported`, the functions that
    cannot run here (name -> reason).
    """

    starts_runners = True
    reloads_code = True

    def __init__(
        self,
        settings: LaunchSettings,
        new_launcher: Callable[[asyncio.AbstractEventLoop], Launcher] = ProcessLauncher,
    ) -> None:
        self.settings = settings
        self.unsupported: Mapping[str, str] = {}
        self._new_launcher = new_launcher
        self._context: RunnerContext
        self._launcher: Launcher | None = None

    def open(self, context: RunnerContext) -> None:
        """Get ready; processes start when they are needed."""
        self._context = context
        self._launcher = self._new_launcher(context.loop)

    def add(self, pool: Pool) -> None:
        """An extension may listen on a port, so a function with one has one slot at a time."""
        pool.set_containers(1, one_each=bool(self._extension_files(pool)))

    def remove(self, pool: Pool) -> None:
        """Nothing to do."""

    def new_runner(self, pool: Pool, slot: Slot) -> Runner:
        """A process for the slot, not started yet."""
        launcher, files = self._launcher, self._extension_files(pool)
        assert launcher is not None, "open comes first"  # noqa: S101
        reason = self.unsupported.get(pool.function.name) or adapter_problem(pool.function, files)
        if reason is not None:
            return FailingRunner(pool.events, slot, self._context, reason)

        today = datetime.fromtimestamp(self._context.clocks.wall(), UTC)
        log_stream = f"{today:%Y/%m/%d}/[{pool.function.version}]{uuid4().hex}"

        def launch(port: int, output: Output, ended: Ended) -> Child:
            command = launch_command(pool.function, self.settings, port=port, log_stream=log_stream)
            return launcher.launch(command, output, ended)

        def launch_extension(port: int, output: Output, ended: Ended, *, program: Path) -> Child:
            command = extension_command(pool.function, self.settings, program, port=port, log_stream=log_stream)
            return launcher.launch(command, output, ended)

        extensions = {name: partial(launch_extension, program=program) for name, program in files.items()}
        return PortRunner(pool, slot, self._context, Placement(launch, extensions=extensions))

    def _extension_files(self, pool: Pool) -> dict[str, Path]:
        """The external extensions in the function's layers, by name; the last layer's replace those of the others.

        Files whose names begin with a dot are none, as in containers: a Mac leaves some in each folder.
        """
        found: dict[str, Path] = {}
        for layer in reversed(self.settings.folders.layers(pool.function)):
            found |= {file.name: file for file in layer.glob("extensions/[!.]*") if file.is_file()}
        return dict(sorted(found.items()))

    async def close(self) -> None:
        """End the launcher, and with it the reaper."""
        if self._launcher is not None:
            self._launcher.close()
