"""A slot as a process with a port of its own: whatever connects to the port is the slot, wherever the process runs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from esb_gateway.execution import failures
from esb_gateway.execution.extensions.api import ExtensionRequest, Extensions
from esb_gateway.execution.extensions.processes import (
    RUNTIME_SHARE,
    ExtensionProcesses,
    Launch,
)
from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.output.platform_lines import Usage
from esb_gateway.execution.output.slot_output import LineSource, LogLine, SlotOutput
from esb_gateway.execution.pools.pool import Pool
from esb_gateway.execution.pools.slots import Failure, LogTailTaker, Result, Slot, State, Work
from esb_gateway.execution.processes import Child, Collected, Wanted
from esb_gateway.execution.runtime_api.connection import Connection
from esb_gateway.execution.runtime_api.listener import Listener
from esb_gateway.execution.runtime_api.messages import next_response
from esb_gateway.invocation import Ending, StreamSink

_MEMORY_INTERVAL = 0.05  # seconds between two looks, unless the caller wants the tail of the log
_MAX_CONNECTIONS = 64  # of one slot: the runtime client has at most two, an extension has a few
_LAST_WORDS = 0.05  # seconds for what a runtime that has ended had written to its connections


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a runtime runs: how to launch it there, the address of ours that it can reach, and its own address, if
    connections from elsewhere are refused. `extensions` launch the external extensions beside it, by name.
    """

    launch: Launch
    host: str = "127.0.0.1"
    peer: str | None = None
    extensions: Mapping[str, Launch] = field(default_factory=lambda: MappingProxyType({}))


class PortRunner:
    """One slot's process, and the runtime that connects to the slot's port.

    The output of a process elsewhere comes only when it is asked for: before an invocation that wants the tail of its
    log, so that what is older is left out, and at its end. Until it is here, the slot gets no other work.

    With extensions, the runtime starts when all external ones have registered, and the slot is free for work when the
    runtime and every extension wait for it.
    """

    def __init__(self, pool: Pool, slot: Slot, context: RunnerContext, placement: Placement) -> None:
        self._pool = pool
        self._slot = slot
        self._context = context
        self._placement = placement
        self._output = SlotOutput(pool.function, context.log, context.clocks.wall)
        self._waiting: Connection | None = None
        self._listener: Listener | None = None
        self._child: Child | None = None
        self._max_memory: int | None = None
        self._next_memory_look = 0.0
        self._last_output: Collected | None = None  # of a process that has ended
        self._collecting = 0
        self._when_collected: list[Callable[[], None]] = []
        self._ended = False
        self._api = Extensions(pool.function, placement.extensions, self._extension_changed, self._log)
        self._extensions = ExtensionProcesses(
            self._api,
            context,
            pool.shutdown_seconds,
            self._extension_crashed,
            self._extensions_ended,
        )
        self._shutdown_reason = "failure"  # unless the pool stops or kills it
        self._stopping = False
        self._reported = False  # that it is gone
        self._crash: str | None = None  # the type of error that the end of an extension is
        self._exit_reason = failures.NO_REASON  # of the runtime, while extensions have not ended
        if placement.extensions:
            slot.stop_grace = pool.shutdown_seconds

    # slots.Runner

    def start(self) -> None:
        """Listen, then launch the extensions, and the runtime as soon as they have registered."""
        try:
            self._listener = self._listen()
            self._extensions.start(self._placement.extensions, self._listener.port, self._output.feed)
            self._start_runtime()
        except OSError as error:
            self._end(f"Runtime could not be started: {error}", self._pool.exit)
            self._extensions.kill()

    def _start_runtime(self) -> None:
        if self._listener is not None and self._api.all_registered() and self._child is None and not self._stopping:
            self._child = self._placement.launch(self._listener.port, self._output.feed, self._exited)

    def deliver(self, work: Work) -> bool:
        """Answer the waiting poll with the work."""
        connection, self._waiting = self._waiting, None
        if connection is None:
            return False
        if self._child is None or not work.invocation.want_log_tail:
            return self._send(connection, work)
        sent = True  # unless it is tried now

        def send(_: Collected) -> None:
            nonlocal sent
            sent = self._slot.work is work and self._send(connection, work)

        self._child.collect(Wanted(output=True), send)
        return sent

    def _send(self, connection: Connection, work: Work) -> bool:
        deadline_ms = self._context.deadline_ms(work)
        if not connection.deliver(*next_response(work, deadline_ms)):
            return False
        self._output.begin(work.invocation)
        self._api.invoke(work, deadline_ms)
        return True

    def finish(self, work: Work, ending: Ending, duration: float, finished: LogTailTaker) -> None:
        """Read what was printed until now, and log the last platform lines."""
        if self._output.request.request_id != work.invocation.request_id:  # it ended before it was delivered
            self._output.begin(work.invocation)
        request = self._output.request
        init, self._slot.init_seconds = self._slot.init_seconds, None

        def report(collected: Collected) -> None:
            self._max_memory = max(self._max_memory or 0, collected.memory or 0) or None
            usage = Usage(duration, self._max_memory, init, self._crash)
            finished(self._output.end(request, ending, usage, collected.printed))

        if self._last_output is not None or self._child is None:
            report(self._last_output or Collected())
        else:
            wants_tail = work.invocation.want_log_tail
            memory = self._is_time_to_look(work.started + duration) or wants_tail
            self._collect(self._child, Wanted(wants_tail, memory), report)

    def _is_time_to_look(self, now: float) -> bool:
        if now < self._next_memory_look:
            return False
        self._next_memory_look = now + _MEMORY_INTERVAL
        return True

    def _collect(self, child: Child, wanted: Wanted, take: Callable[[Collected], None]) -> None:
        """Ask the child; if its output is wanted, the slot's next steps wait for it."""
        self._collecting += wanted.output

        def collected(found: Collected) -> None:
            self._collecting -= wanted.output
            take(found)
            while self._when_collected and not self._collecting:
                self._when_collected.pop(0)()

        child.collect(wanted, collected)

    def _do_when_collected(self, step: Callable[[], None]) -> None:
        if self._collecting:
            self._when_collected.append(step)
        else:
            step()

    def stop(self) -> None:
        """Ask the process to end; the extensions follow it."""
        self._shutdown_reason = "spindown"
        self._stop_runtime(terminate=True)

    def kill(self) -> None:
        """End the process and what it started. Extensions have their time, unless this comes after `stop`."""
        if self._stopping:
            self._extensions.kill()
        else:
            self._shutdown_reason = "timeout"
        self._stop_runtime(terminate=False)

    def _stop_runtime(self, *, terminate: bool) -> None:
        self._stopping = True
        child = self._child
        if child is None:  # its extensions have not registered yet
            self._ended = True
            self._extensions.shut_down(self._shutdown_reason)
            return
        if self._extensions.any:
            self._extensions.begin_end()
            if terminate:
                self._context.loop.call_later(self._pool.shutdown_seconds * RUNTIME_SHARE, child.kill)
        (child.terminate if terminate else child.kill)()

    # runtime_api.Runtime

    def next(self, connection: Connection) -> bool:
        """Wait for work on this connection; another one that waited is closed."""
        if self._ended:
            return False
        previous, self._waiting = self._waiting, connection
        if self._collecting:
            self._when_collected.append(partial(self._poll_late, connection))
        elif self._slot.state in (State.BUSY, State.LEAVING):
            self._waiting = previous
            return False
        elif self._api.all_ready():
            self._pool.poll(self._slot)
        if previous is not None and previous is not connection:
            previous.close()
        return True

    def _poll_late(self, connection: Connection) -> None:
        if self._waiting is connection and self._api.all_ready() and not self._pool.poll(self._slot):
            self._waiting = None
            connection.close()

    def respond(self, request_id: str, result: Result) -> bool:
        """End this slot's invocation."""
        return self._pool.respond(self._slot, request_id, result)

    def stream(self, request_id: str) -> StreamSink | None:
        """Of this slot's invocation."""
        return self._pool.stream(self._slot, request_id)

    def fail_init(self, failure: Failure) -> bool:
        """The process then exits by itself, or is killed a second later."""
        return self._pool.fail_init(self._slot, failure)

    def on_disconnect(self, connection: Connection) -> None:
        """The poll is gone with its connection; the slot ends when its process does."""
        if self._waiting is connection:
            self._waiting = None
        self._api.forget_connection(connection)

    def extend(self, request: ExtensionRequest, connection: Connection) -> bytes | None:
        """A request of one of its extensions; internal ones register before the runtime's first poll."""
        is_starting = self._slot.state is State.STARTING and self._waiting is None
        return self._api.handle(request, connection, open_to_internal=is_starting)

    def supervise(self, _connection: Connection, _extension_names: tuple[str, ...]) -> None:
        """Refused: this runtime is a slot."""

    def take_output(self, ticket: int, printed: bytes) -> bool:
        """Pass it to the one who asked for it."""
        return self._child is not None and self._child.take_output(ticket, printed)

    def _listen(self) -> Listener:
        address, peer = (self._placement.host, 0), self._placement.peer
        return Listener(self._context.loop, address, self._identify, _MAX_CONNECTIONS, peer=peer)

    def _identify(self, host: str) -> PortRunner | None:
        """This slot, if the request is for the address that its process was given, or comes from its own address.

        A page in a browser, whose name leads to this machine, asks for that name.
        """
        own = f"{self._placement.host}:{self._listener.port}" if self._listener is not None else ""
        return self if self._placement.peer is not None or host == own else None

    # The end

    def _exited(self, returncode: int | None) -> None:
        self._ended = True
        self._waiting = None  # the process no longer reads there, so no work may be sent
        work = self._slot.work
        if self._child is not None and work is not None and work.invocation.want_log_tail:
            self._collect(self._child, Wanted(output=True), self._keep_last_output)
        if returncode is None:
            self._do_when_collected(partial(self._end, failures.exit_reason(-signal.SIGKILL), self._pool.lose))
        elif self._extensions.any:
            self._do_when_collected(partial(self._shut_down, failures.exit_reason(returncode)))
        else:
            self._do_when_collected(partial(self._end, failures.exit_reason(returncode), self._pool.exit))

    def _keep_last_output(self, collected: Collected) -> None:
        self._last_output = collected

    def _shut_down(self, reason: str) -> None:
        """The runtime has ended, and extensions have not: the caller need not wait for them."""
        self._exit_reason = reason
        self._extensions.begin_end()
        failure = partial(failures.exited, reason=reason)
        self._context.loop.call_later(_LAST_WORDS, self._pool.fail, self._slot, failure)
        self._extensions.shut_down(self._shutdown_reason)

    # Extensions

    def _extension_changed(self) -> None:
        if self._ended:
            return
        try:
            self._start_runtime()
        except OSError as error:
            self._pool.fail(self._slot, partial(failures.exited, reason=f"Runtime could not be started: {error}"))
        if self._waiting is not None and self._slot.state is not State.BUSY:
            self._do_when_collected(partial(self._poll_late, self._waiting))

    def _extension_crashed(self, failure: Failure, error_type: str) -> None:
        self._crash = error_type
        self._pool.fail(self._slot, failure)
        self._stop_runtime(terminate=False)

    def _extensions_ended(self, lost: bool) -> None:
        if lost and self._child is None:
            self._end(failures.NO_REASON, self._pool.lose)
        elif self._ended:
            self._do_when_collected(partial(self._end, self._exit_reason, self._pool.exit))

    def _log(self, text: str) -> None:
        request, now = self._output.request, self._context.clocks.wall()
        line = LogLine(self._pool.function.name, request.request_id, request.trace_id, text, now, LineSource.PLATFORM)
        self._context.log(line)

    def _end(self, reason: str, report: Callable[[Slot, str], None]) -> None:
        """Report the exit, but first read what the process wrote to its connections before it ended."""
        self._ended = True
        self._waiting = None
        if self._reported:
            return
        self._reported = True

        def gone() -> None:
            self._output.flush()
            report(self._slot, reason)
            self._context.slot_gone()

        if self._listener is None:
            self._context.loop.call_soon(gone)
        else:
            self._listener.close(gone)
