"""The interface of the two ways to run functions: processes of this machine, and containers that connect to us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from esb_gateway.clocks import Clocks
from esb_gateway.execution.output.slot_output import LogSink
from esb_gateway.execution.pools.pool import Pool
from esb_gateway.execution.pools.slots import Runner, Slot, Work


@dataclass(frozen=True, slots=True)
class RunnerContext:
    """Dependencies of all runners. `slot_gone` is called after each end of a slot."""

    loop: asyncio.AbstractEventLoop
    clocks: Clocks
    log: LogSink
    slot_gone: Callable[[], None]

    def deadline_ms(self, work: Work) -> int:
        """The work's deadline in milliseconds since 1970."""
        return int((self.clocks.wall() + work.deadline - self.clocks.steady()) * 1000)


class FunctionHost(Protocol):
    """A way to run functions."""

    starts_runners: bool  # whether the gateway starts slots with `new_runner`; else all attach themselves
    reloads_code: bool  # whether a new slot has the function's new code; else a new container brings it

    def open(self, context: RunnerContext) -> None:
        """Get ready. Raises OSError if an address is in use."""

    def add(self, pool: Pool) -> None:
        """Run the function of this pool from now on. Called before the pool starts, and again when code is reloaded."""

    def remove(self, pool: Pool) -> None:
        """The function is gone, and no slot of it is left."""

    def new_runner(self, pool: Pool, slot: Slot) -> Runner:
        """The runner of a new slot, not started yet."""

    async def close(self) -> None:
        """Release everything. No slot is left."""
