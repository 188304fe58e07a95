"""The parts of a slot without a port: a pool, a child and connections that do as the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from esb_gateway.child_processes.launcher import Child, Collected, Output, Wanted
from esb_gateway.clocks import SYSTEM_CLOCKS
from esb_gateway.execution.extensions.api import Extensions
from esb_gateway.execution.extensions.processes import Ended
from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.output.slot_output import LogLine, SlotOutput
from esb_gateway.execution.pools.pool import Pool
from esb_gateway.execution.pools.slots import PoolCallbacks, Result, Work
from esb_gateway.execution.port_runner.ending import RunnerEnding
from esb_gateway.execution.port_runner.placement import Placement
from esb_gateway.execution.port_runner.process import RuntimeProcess
from esb_gateway.execution.port_runner.runtime import SlotRuntime
from esb_gateway.execution.runtime_api.connection import Connection
from esb_gateway.invocation import Invocation
from tests.gateway.execution.fakes import RecordingRunner
from tests.gateway.functions import ORDERS


class FakeChild:
    """A process; what it is asked for comes when the test says so."""

    def __init__(self) -> None:
        self.signals: list[str] = []
        self.asked: list[tuple[Wanted, Callable[[Collected], None]]] = []
        self.passed_on = 0  # how often

    def terminate(self) -> None:
        self.signals.append("TERM")

    def kill(self) -> None:
        self.signals.append("KILL")

    def pass_on(self) -> None:
        self.passed_on += 1

    def collect(self, wanted: Wanted, collected: Callable[[Collected], None]) -> None:
        self.asked.append((wanted, collected))

    def answer(self, printed: bytes = b"", memory: int | None = None) -> None:
        """What was asked first."""
        self.asked.pop(0)[1](Collected(printed, memory))

    def take_output(self, _ticket: int, _printed: bytes) -> bool:
        return False


class FakeConnection(Connection):
    """A connection without a socket."""

    def __init__(self) -> None:
        super().__init__(lambda _host: None, lambda _connection: None)
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class SlotParts:
    """A slot whose first poll is still to come, and what it is made of. `expected` are its external extensions."""

    def __init__(self, *expected: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.ends = 0
        self.results: list[Result] = []
        self.lines: list[LogLine] = []
        self.extension_children: dict[str, tuple[FakeChild, Ended]] = {}
        self.child = FakeChild()
        callbacks = PoolCallbacks(SYSTEM_CLOCKS.steady, lambda _: None, self._finished, None)
        self.pool = Pool(ORDERS, callbacks)
        self.slot = self.pool.events.attach(RecordingRunner())
        context = RunnerContext(self.loop, SYSTEM_CLOCKS, self.lines.append, self._gone)
        output = SlotOutput(ORDERS, self.lines.append, SYSTEM_CLOCKS.wall)
        extensions = Extensions(ORDERS, expected, lambda: None, lambda _: None)
        self.process = RuntimeProcess()
        self.process.started(self.child)
        self.runtime = SlotRuntime(
            self.pool.events, self.slot, context, Placement(self._never), process=self.process, extensions=extensions
        )
        self.ending = RunnerEnding(
            self.pool.events,
            self.slot,
            context,
            shutdown_seconds=self.pool.limits.shutdown,
            output=output,
            process=self.process,
            runtime=self.runtime,
            extensions=extensions,
        )

    def submit(self, request_id: str, *, want_log_tail: bool = False) -> None:
        invocation = Invocation("orders", b"1", request_id, "Root=1", "arn", want_log_tail=want_log_tail)
        self.pool.submit(invocation, lambda _: None)

    def start_extension(self, name: str) -> FakeChild:
        def launch(_port: int, _output: Output, ended: Ended) -> Child:
            self.extension_children[name] = FakeChild(), ended
            return self.extension_children[name][0]

        self.ending.extensions.start({name: launch}, 0, lambda _: None)
        return self.extension_children[name][0]

    def end_extension(self, name: str, returncode: int | None) -> None:
        self.extension_children[name][1](returncode)

    def run_loop(self) -> None:
        """Let it do what is due now."""
        self.loop.run_until_complete(asyncio.sleep(0))

    def close(self) -> None:
        self.loop.close()

    def _never(self, _port: int, _output: Output, _ended: Ended) -> Child:
        raise AssertionError("the process is there already")

    def _gone(self) -> None:
        self.ends += 1

    def _finished(self, _work: Work, result: Result) -> None:
        self.results.append(result)
