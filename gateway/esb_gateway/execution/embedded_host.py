"""Functions as child processes, with a port for each slot: what `esb-gateway local` uses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.launch import LaunchSettings, launch_command
from esb_gateway.execution.pool import Pool
from esb_gateway.execution.port_runner import Placement, PortRunner
from esb_gateway.execution.processes import Child, Exited, Launcher, Output, ProcessLauncher
from esb_gateway.execution.slots import Slot


class EmbeddedHost:
    """Runs functions as child processes. A new slot starts with the `settings` of that time."""

    starts_runners = True
    reloads_code = True

    def __init__(
        self,
        settings: LaunchSettings,
        new_launcher: Callable[[asyncio.AbstractEventLoop], Launcher] = ProcessLauncher,
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self.settings = settings
        self._new_launcher = new_launcher
        self._new_id = new_id
        self._context: RunnerContext
        self._launcher: Launcher | None = None

    def open(self, context: RunnerContext) -> None:
        """Get ready; processes start when they are needed."""
        self._context = context
        self._launcher = self._new_launcher(context.loop)

    def add(self, pool: Pool) -> None:
        """Nothing to do."""

    def remove(self, pool: Pool) -> None:
        """Nothing to do."""

    def new_runner(self, pool: Pool, slot: Slot) -> PortRunner:
        """A process for the slot, not started yet."""
        launcher = self._launcher
        assert launcher is not None, "open comes first"  # noqa: S101

        def launch(port: int, output: Output, exited: Exited) -> Child:
            today = datetime.fromtimestamp(self._context.clocks.wall(), UTC)
            log_stream = f"{today:%Y/%m/%d}/[$LATEST]{self._new_id()}"
            command = launch_command(pool.function, self.settings, port=port, log_stream=log_stream)
            return launcher.launch(command, output, exited)

        return PortRunner(pool, slot, self._context, Placement(launch))

    async def close(self) -> None:
        """End the launcher, and with it the reaper."""
        if self._launcher is not None:
            self._launcher.close()
