"""The runtime of one slot, as far as it is seen at the slot's port: a `runtime_api.connection.Runtime`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from esb_gateway.execution.extensions.api import ExtensionRequest, Extensions
from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.pools.slot_events import SlotEvents
from esb_gateway.execution.pools.slots import Failure, Result, Slot, State
from esb_gateway.execution.port_runner.placement import Placement
from esb_gateway.execution.port_runner.process import RuntimeProcess
from esb_gateway.execution.runtime_api.connection import Connection
from esb_gateway.execution.runtime_api.listener import Listener
from esb_gateway.invocation import StreamSink

_MAX_CONNECTIONS: Final = 64  # of one slot: the runtime client has at most two, an extension has a few


class SlotRuntime:
    """`waiting` is the connection on which it waits for work; `ended`, that it gets none any more.

    With extensions, it is free for work when the runtime and every extension wait for it.
    """

    def __init__(  # noqa: PLR0913 - the parts of a slot
        self,
        events: SlotEvents,
        slot: Slot,
        context: RunnerContext,
        placement: Placement,
        *,
        process: RuntimeProcess,
        extensions: Extensions,
    ) -> None:
        self._events = events
        self._slot = slot
        self._context = context
        self._placement = placement
        self._process = process
        self._extensions = extensions
        self._listener: Listener | None = None
        self.waiting: Connection | None = None
        self.ended = False

    @property
    def port(self) -> int | None:
        """The slot's port; None until `listen`."""
        return None if self._listener is None else self._listener.port

    def listen(self) -> int:
        """Listen on a free port. Raises OSError."""
        address, peer = (self._placement.host, 0), self._placement.peer
        self._listener = Listener(self._context.loop, address, self._identify, _MAX_CONNECTIONS, peer=peer)
        return self._listener.port

    def take_waiting(self) -> Connection | None:
        """The connection on which it waits; it does not any more."""
        connection, self.waiting = self.waiting, None
        return connection

    def end(self) -> None:
        """Give it no more work: its process no longer reads, or is about to end."""
        self.ended = True
        self.waiting = None

    def close(self, closed: Callable[[], None]) -> None:
        """Close the port; `closed` is called when all is read that was written to the connections, never at once."""
        if self._listener is None:
            self._context.loop.call_soon(closed)
        else:
            self._listener.close(closed)

    def extensions_changed(self) -> None:
        """If only extensions kept the slot from work, it polls now."""
        if self.waiting is not None and self._slot.state is not State.BUSY:
            self._process.when_collected(partial(self._poll_late, self.waiting))

    def _poll_late(self, connection: Connection) -> None:
        if self.waiting is connection and self._extensions.all_ready() and not self._events.poll(self._slot):
            self.waiting = None
            connection.close()

    def _identify(self, host: str) -> SlotRuntime | None:
        """This slot, if the request is for the address that its process was given, or comes from its own address.

        A page in a browser, whose name leads to this machine, asks for that name.
        """
        return self if self._placement.peer is not None or host == f"{self._placement.host}:{self.port}" else None

    # runtime_api.connection.Runtime

    def next(self, connection: Connection) -> bool:
        """Wait for work on this connection; another one that waited is closed."""
        if self.ended:
            return False
        previous, self.waiting = self.waiting, connection
        if self._process.collecting:
            self._process.when_collected(partial(self._poll_late, connection))
        elif self._slot.state in (State.BUSY, State.LEAVING):
            self.waiting = previous
            return False
        elif self._extensions.all_ready():
            self._events.poll(self._slot)
        if previous is not None and previous is not connection:
            previous.close()
        return True

    def respond(self, request_id: str, result: Result) -> bool:
        """End this slot's invocation."""
        return self._events.respond(self._slot, request_id, result)

    def stream(self, request_id: str) -> StreamSink | None:
        """Of this slot's invocation."""
        return self._events.stream(self._slot, request_id)

    def fail_init(self, failure: Failure) -> bool:
        """The process then exits by itself, or is killed a second later."""
        return self._events.fail_init(self._slot, failure)

    def on_disconnect(self, connection: Connection) -> None:
        """The poll is gone with its connection; the slot ends when its process does."""
        if self.waiting is connection:
            self.waiting = None
        self._extensions.forget_connection(connection)

    def extend(self, request: ExtensionRequest, connection: Connection) -> bytes | None:
        """A request of one of its extensions; internal ones register before the runtime's first poll."""
        is_starting = self._slot.state is State.STARTING and self.waiting is None
        return self._extensions.handle(request, connection, open_to_internal=is_starting)

    def supervise(self, _connection: Connection, _extension_names: tuple[str, ...]) -> None:
        """Refused: this runtime is a slot."""

    def take_output(self, ticket: int, printed: bytes) -> bool:
        """Pass it to the one who asked for it."""
        child = self._process.child
        return child is not None and child.take_output(ticket, printed)
