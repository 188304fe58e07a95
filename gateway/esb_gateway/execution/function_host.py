"""Between the runtime host and the two ways to run functions: embedded processes, and containers that come to us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from esb_gateway.clocks import Clocks
from esb_gateway.execution.output import LogSink
from esb_gateway.execution.pool import Pool
from esb_gateway.execution.slots import Runner, Slot, Work


@dataclass(frozen=True, slots=True)
class Services:
    """What runners need of their host."""

    loop: asyncio.AbstractEventLoop
    clocks: Clocks
    log: LogSink
    slot_gone: Callable[[], None]

    def deadline_ms(self, work: Work) -> int:
        """The work's deadline in milliseconds since 1970."""
        return int((self.clocks.wall() + work.deadline - self.clocks.steady()) * 1000)


class Hosting(Protocol):
    """A way to run functions."""

    hires: bool  # whether slots are started by us, with `hire`, or come by themselves
    renews: bool  # whether new slots have a function's new code; else its containers bring it when they are replaced

    def open(self, services: Services) -> None:
        """Get ready. Raises OSError if an address cannot be had."""

    def admit(self, pool: Pool) -> None:
        """A function to run from now on; called before the pool starts."""

    def release(self, pool: Pool) -> None:
        """The function is no more, and no slot of it is left."""

    def hire(self, pool: Pool, slot: Slot) -> Runner:
        """The runner of a new slot."""

    async def close(self) -> None:
        """Let go of everything; no slot is left."""
