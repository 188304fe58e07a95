"""A slot's runner: its port, its processes, its output, and their ends."""

from __future__ import annotations

from functools import partial

from esb_gateway.child_processes.launcher import Collected, Wanted
from esb_gateway.execution import failures
from esb_gateway.execution.extensions.api import Extensions
from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.output.platform_lines import Usage
from esb_gateway.execution.output.slot_output import LineSource, LogLine, SlotOutput
from esb_gateway.execution.pools.pool import Pool
from esb_gateway.execution.pools.slots import LogTailTaker, Slot, Work
from esb_gateway.execution.port_runner.ending import RunnerEnding, not_started
from esb_gateway.execution.port_runner.placement import Placement
from esb_gateway.execution.port_runner.process import RuntimeProcess
from esb_gateway.execution.port_runner.runtime import SlotRuntime
from esb_gateway.execution.runtime_api.connection import Connection
from esb_gateway.execution.runtime_api.messages import next_response
from esb_gateway.invocation import Ending


class PortRunner:
    """One slot's process, and the runtime that connects to the slot's port: a `slots.Runner`.

    With extensions, the runtime starts when all external ones have registered.
    """

    def __init__(self, pool: Pool, slot: Slot, context: RunnerContext, placement: Placement) -> None:
        self._function_name = pool.function.name
        self._events = pool.events
        self._slot = slot
        self._context = context
        self._placement = placement
        self._output = SlotOutput(pool.function, context.log, context.clocks.wall)
        self._extensions = Extensions(pool.function, placement.extensions, self._extensions_changed, self._log)
        self._process = RuntimeProcess()
        self._runtime = SlotRuntime(
            pool.events, slot, context, placement, process=self._process, extensions=self._extensions
        )
        self._ending = RunnerEnding(
            pool.events,
            slot,
            context,
            shutdown_seconds=pool.limits.shutdown,
            output=self._output,
            process=self._process,
            runtime=self._runtime,
            extensions=self._extensions,
        )
        self.stop_grace = pool.limits.shutdown if placement.extensions else 0.0

    def start(self) -> None:
        """Listen, then launch the extensions, and the runtime as soon as they have registered."""
        try:
            port = self._runtime.listen()
            self._ending.extensions.start(self._placement.extensions, port, self._output.feed)
            self._start_runtime()
        except OSError as error:
            self._ending.fail_start(error)

    def _start_runtime(self) -> None:
        process, port = self._process, self._runtime.port
        if port is not None and process.child is None and self._extensions.all_registered() and not self._ending.began:
            process.started(self._placement.launch(port, self._output.feed, self._ending.runtime_exited))

    def _extensions_changed(self) -> None:
        if self._runtime.ended:
            return
        try:
            self._start_runtime()
        except OSError as error:
            self._events.fail(self._slot, partial(failures.exited, reason=not_started(error)))
        self._runtime.extensions_changed()

    def deliver(self, work: Work) -> bool:
        """Answer the waiting poll with the work."""
        connection, child = self._runtime.take_waiting(), self._process.child
        if connection is None:
            return False
        if child is None or not work.invocation.want_log_tail:
            return self._send(connection, work)
        sent = True  # unless it is tried now

        def send(_: Collected) -> None:
            nonlocal sent
            sent = self._slot.work is work and self._send(connection, work)

        child.collect(Wanted(output=True), send)
        return sent

    def _send(self, connection: Connection, work: Work) -> bool:
        deadline_ms = self._context.deadline_ms(work)
        if not connection.deliver(*next_response(work, deadline_ms)):
            return False
        self._output.begin(work.invocation)
        self._extensions.invoke(work, deadline_ms)
        return True

    def finish(self, work: Work, ending: Ending, duration: float, finished: LogTailTaker) -> None:
        """Read what was printed until now, and log the last platform lines."""
        if self._output.request.request_id != work.invocation.request_id:  # it ended before it was delivered
            self._output.begin(work.invocation)
        request = self._output.request
        init = self._slot.take_init_seconds()

        def report(printed: bytes) -> None:
            usage = Usage(duration, self._process.max_memory, init, self._ending.crash)
            finished(self._output.end(request, ending, usage, printed))

        self._process.collect_end(work.started + duration, report, output=work.invocation.want_log_tail)

    def stop(self) -> None:
        """Ask the process to end; the extensions follow it."""
        self._ending.stop()

    def kill(self) -> None:
        """End the process and what it started."""
        self._ending.kill()

    def _log(self, text: str) -> None:
        request, now = self._output.request, self._context.clocks.wall()
        line = LogLine(self._function_name, request.request_id, request.trace_id, text, now, LineSource.PLATFORM)
        self._context.log(line)
