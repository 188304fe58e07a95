"""What tests of functions share: a runner that records its calls, and a loop around a fixture with `Functions`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import uvloop

from esb_gateway.execution.functions import Functions
from esb_gateway.execution.pools.slots import LogTailTaker, Slot, Work
from esb_gateway.invocation import Ending


@dataclass
class RecordingRunner:
    """A slot's runner without a process. `gone` is the test's: it has reported the end of the slot."""

    connected: bool = True
    stop_grace: float = 0.0
    gone: bool = False
    delivered: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    slot: Slot = field(init=False)

    def start(self) -> None:
        self.calls.append("start")

    def deliver(self, work: Work) -> bool:
        if self.connected:
            self.delivered.append(work.invocation.request_id)
        return self.connected

    def finish(self, work: Work, ending: Ending, duration: float, finished: LogTailTaker) -> None:
        raise AssertionError("the owner of the pool finishes runners")

    def stop(self) -> None:
        self.calls.append("stop")

    def kill(self) -> None:
        self.calls.append("kill")


class HasFunctions(Protocol):
    """A test's fixture."""

    functions: Functions


F = TypeVar("F", bound=HasFunctions)


def run_functions(
    make: Callable[[], F],
    scenario: Callable[[F], Awaitable[None]],
    new_loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
) -> None:
    """Run the scenario with the functions of the fixture that `make` returns, and then stop them. No slot is left."""

    async def main() -> None:
        fixture = make()
        fixture.functions.start()
        try:
            await asyncio.wait_for(scenario(fixture), 60)
        finally:
            await fixture.functions.stop(grace=0)
            assert sum(sum(each.slots.values()) for each in fixture.functions.statistics().values()) == 0

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())
