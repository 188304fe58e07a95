"""A listening socket of the Runtime API.

Everything here happens at once, without waiting: a process that is told the port may connect from then on.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from esb_gateway.execution.runtime_api import Connection, Identify, drop_unread

_PARTING_TIME = 0.05  # seconds
_PAUSE = 1.0  # seconds, when no file descriptor is free
_MEETING_TIME = 30.0  # seconds in which a connection has to say whose it is
_UNREAD_TIME = 60.0  # seconds without a byte that the other side takes


class Listener:
    """Accepts runtimes on `address` (host, port; 0 takes a free one). Raises OSError if it cannot be had.

    With `peer`, connections from any other address are closed at once.
    """

    def __init__(  # noqa: PLR0913 - the last two by their names
        self,
        loop: asyncio.AbstractEventLoop,
        address: tuple[str, int],
        identify: Identify,
        most_connections: int,
        *,
        peer: str | None = None,
        meeting_time: float = _MEETING_TIME,
    ) -> None:
        self._loop = loop
        self._identify = identify
        self._most_connections = most_connections
        self._peer = peer
        self._meeting_time = meeting_time
        self._connections: dict[Connection, asyncio.TimerHandle] = {}  # and when strangers are sent away
        self._accepted = 0  # open connections, and those that are about to be
        self._arrivals: set[asyncio.Task[object]] = set()
        self._parted: Callable[[], None] | None = None
        self._socket = socket.create_server(address, backlog=1024)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._listen()

    def close(self, then: Callable[[], None]) -> None:
        """Accept no more, and call `then` when the last connection has ended.

        What a runtime wrote before it ended is still read. A connection that somebody else keeps open is cut.
        """
        self._parted = then
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()
        if self._connections or self._arrivals:
            self._loop.call_later(_PARTING_TIME, self._part)
        else:
            self._loop.call_soon(self._part)

    def _listen(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket, self._accept)

    def _part(self) -> None:
        for connection in self._connections:
            connection.close()
        if self._parted is not None:
            parted, self._parted = self._parted, None
            parted()

    def _accept(self) -> None:
        try:
            accepted, caller = self._socket.accept()
        except (BlockingIOError, ConnectionError):  # it went away again
            return
        except OSError:  # no descriptor is free
            self._loop.remove_reader(self._socket)
            self._loop.call_later(_PAUSE, self._listen)
            return
        if self._accepted >= self._most_connections or self._peer not in (None, caller[0]):
            accepted.close()
            return
        self._accepted += 1
        accepted.setblocking(False)
        drop_unread(accepted, _UNREAD_TIME)
        arrival = self._loop.create_task(self._arrive(accepted))
        self._arrivals.add(arrival)
        arrival.add_done_callback(self._arrivals.discard)

    async def _arrive(self, accepted: socket.socket) -> None:
        try:
            _, connection = await self._loop.connect_accepted_socket(self._make_connection, accepted)
        except OSError:  # it went away again
            self._accepted -= 1
            return
        if self._socket.fileno() < 0 and self._parted is None:  # closed meanwhile
            connection.close()

    def _make_connection(self) -> Connection:
        connection = Connection(self._identify, self._forget)
        self._connections[connection] = self._loop.call_later(self._meeting_time, connection.close_unless_met)
        return connection

    def _forget(self, connection: Connection) -> None:
        self._connections.pop(connection).cancel()
        self._accepted -= 1
        if self._parted is not None and not self._connections:
            self._loop.call_soon(self._part)
