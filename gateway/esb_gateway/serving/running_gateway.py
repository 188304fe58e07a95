"""The parts of a gateway that depend on its configuration: started, reconfigured and stopped together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from esb_gateway.admin.readiness import Readiness
from esb_gateway.async_invoke.event_queue import EventQueue
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.configuration.reloading import Revision
from esb_gateway.errors import ConfigurationError
from esb_gateway.event_sources.running_sources import RunningSources
from esb_gateway.execution.functions import Functions
from esb_gateway.serving.gateway import Gateway
from esb_gateway.telemetry.logs import Log

LAST_BATCHES: Final = 2.0  # seconds in which messages that were processed are deleted
LAST_RESPONSES: Final = 2.0  # seconds in which large responses are read; one of 6 MB takes 0.1 s


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """A `ConfigurationTarget`. `Gateway.configure` creates anew what depends on a configuration alone. Parts with state
    (slots, queues, timers, counts) stay, and are told here what has changed.
    """

    functions: Functions
    events: EventQueue
    sources: RunningSources
    gateway: Gateway
    readiness: Readiness
    log: Log

    def start(self, configuration: Configuration) -> None:
        """Raises ConfigurationError if the port of the runtimes is in use."""
        try:
            self.functions.start()
        except OSError as error:
            raise ConfigurationError(
                f"runtime listener: cannot listen ({error.strerror or error}); set ESB_RUNTIME_PORT to a free port."
            ) from error
        self.events.start()
        self.sources.start(configuration.event_sources, self.events.last_fired)

    def apply(self, revision: Revision) -> None:
        """Use it from now on. Functions come first, so that no route leads to a missing one."""
        changes = self.functions.update(revision.configuration.functions, revision.changed_code)
        self.gateway.configure(revision.configuration)
        self.events.reconfigured()
        self.sources.reconfigure(revision.configuration.event_sources)
        self.readiness.refusal = None
        self.log("gateway", "INFO", {"message": f"configuration applied: {changes}"})

    def refuse(self, reason: str) -> None:
        """Log why the files cannot be used; the previous configuration stays in use."""
        self.readiness.refusal = reason
        self.log("gateway", "ERROR", {"message": f"configuration refused, the previous one stays in use: {reason}"})

    def stop_events(self) -> None:
        """Start nothing by itself any more. Requests are still answered."""
        self.readiness.draining = True
        self.sources.stop()
        self.events.close()

    async def stop(self) -> None:
        """End every function and every request. No process is left."""
        await self.functions.stop()
        await asyncio.gather(self.sources.finish(LAST_BATCHES), self.events.finish(LAST_RESPONSES))
        await self.gateway.close()
