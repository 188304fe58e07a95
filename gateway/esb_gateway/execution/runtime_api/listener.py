"""A listening socket of the Runtime API.

Everything here happens at once, without waiting: a process that is given the port may connect from then on.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from esb_gateway.execution.runtime_api.connection import Connection, Identify, set_user_timeout

_CLOSE_GRACE = 0.05  # seconds
_ACCEPT_PAUSE = 1.0  # seconds, when no file descriptor is free
_IDENTIFY_TIMEOUT = 30.0  # seconds in which the first request of a connection has to come
_USER_TIMEOUT = 60.0  # seconds without an acknowledgement of sent data


class Listener:
    """Accepts runtimes on `address` (host, port; 0 takes a free one). Raises OSError if it is in use.

    With `peer`, connections from any other address are closed at once.
    """

    def __init__(  # noqa: PLR0913 - the last two by their names
        self,
        loop: asyncio.AbstractEventLoop,
        address: tuple[str, int],
        identify: Identify,
        max_connections: int,
        *,
        peer: str | None = None,
        identify_timeout: float = _IDENTIFY_TIMEOUT,
    ) -> None:
        self._loop = loop
        self._identify = identify
        self._max_connections = max_connections
        self._peer = peer
        self._identify_timeout = identify_timeout
        self._connections: dict[Connection, asyncio.TimerHandle] = {}  # each with its identify timeout
        self._accepted = 0  # open connections, and those that are about to be
        self._connecting: set[asyncio.Task[object]] = set()
        self._on_closed: Callable[[], None] | None = None
        self._socket = socket.create_server(address, backlog=1024)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._listen()

    def close(self, on_closed: Callable[[], None]) -> None:
        """Accept no more, and call `on_closed` when the last connection has ended.

        Data that a runtime wrote before it ended is still read. A connection that another process keeps open is closed.
        """
        self._on_closed = on_closed
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()
        if self._connections or self._connecting:
            self._loop.call_later(_CLOSE_GRACE, self._finish_close)
        else:
            self._loop.call_soon(self._finish_close)

    def _listen(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.add_reader(self._socket, self._accept)

    def _finish_close(self) -> None:
        for connection in self._connections:
            connection.close()
        if self._on_closed is not None:
            on_closed, self._on_closed = self._on_closed, None
            on_closed()

    def _accept(self) -> None:
        try:
            accepted, caller = self._socket.accept()
        except (BlockingIOError, ConnectionError):  # the client has gone away again
            return
        except OSError:  # no descriptor is free
            self._loop.remove_reader(self._socket)
            self._loop.call_later(_ACCEPT_PAUSE, self._listen)
            return
        if self._accepted >= self._max_connections or self._peer not in (None, caller[0]):
            accepted.close()
            return
        self._accepted += 1
        accepted.setblocking(False)
        set_user_timeout(accepted, _USER_TIMEOUT)
        task = self._loop.create_task(self._connect(accepted))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, accepted: socket.socket) -> None:
        try:
            _, connection = await self._loop.connect_accepted_socket(self._new_connection, accepted)
        except OSError:  # the client has gone away again
            self._accepted -= 1
            return
        if self._socket.fileno() < 0 and self._on_closed is None:  # closed meanwhile
            connection.close()

    def _new_connection(self) -> Connection:
        connection = Connection(self._identify, self._forget)
        timeout = self._loop.call_later(self._identify_timeout, connection.close_if_unidentified)
        self._connections[connection] = timeout
        return connection

    def _forget(self, connection: Connection) -> None:
        self._connections.pop(connection).cancel()
        self._accepted -= 1
        if self._on_closed is not None and not self._connections:
            self._loop.call_soon(self._finish_close)
