"""The embedded way to run functions: a process and a port for each slot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from esb_gateway.execution.function_host import Services
from esb_gateway.execution.launch import Embedding, command
from esb_gateway.execution.pool import Pool
from esb_gateway.execution.port_runner import Place, PortRunner
from esb_gateway.execution.processes import Child, Exited, Launcher, Output, ProcessLauncher
from esb_gateway.execution.slots import Slot


class EmbeddedHosting:
    """Starts functions as child processes."""

    hires = True
    renews = True

    def __init__(
        self,
        embedding: Embedding,
        new_launcher: Callable[[asyncio.AbstractEventLoop], Launcher] = ProcessLauncher,
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._embedding = embedding
        self._new_launcher = new_launcher
        self._new_id = new_id
        self._services: Services
        self._launcher: Launcher | None = None

    def open(self, services: Services) -> None:
        """Processes are started when they are needed."""
        self._services = services
        self._launcher = self._new_launcher(services.loop)

    def admit(self, pool: Pool) -> None:
        """The same."""

    def release(self, pool: Pool) -> None:
        """Nothing is kept of it."""

    def embed(self, embedding: Embedding) -> None:
        """Start processes with this from now on."""
        self._embedding = embedding

    def hire(self, pool: Pool, slot: Slot) -> PortRunner:
        """A process for the slot, not started yet."""
        launcher = self._launcher
        assert launcher is not None, "open comes first"  # noqa: S101

        def launch(port: int, output: Output, exited: Exited) -> Child:
            today = datetime.fromtimestamp(self._services.clocks.wall(), UTC)
            log_stream = f"{today:%Y/%m/%d}/[$LATEST]{self._new_id()}"
            todo = command(pool.function, self._embedding, port=port, log_stream=log_stream)
            return launcher.launch(todo, output, exited)

        return PortRunner(pool, slot, self._services, Place(launch))

    async def close(self) -> None:
        """End the guardian."""
        if self._launcher is not None:
            self._launcher.close()
