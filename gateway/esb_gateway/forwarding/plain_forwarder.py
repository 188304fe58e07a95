"""Sends requests to other servers: those over plain HTTP do without httpx, which needs many times the CPU time for one.

They are the gateway's calls of AWS APIs in the stack, and the requests of HTTP integrations. Measured on a queue with
batches of ten, httpx took two thirds of the gateway's CPU time.

Only a URL that httpx would send as it is written does: a host of letters, digits, `.`, `-` and `_`, and a path and a
query that need no escaping.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from esb_gateway.apis.api_types import Failure
from esb_gateway.forwarding.forwarder import Forwarder, Outgoing, ProxyError
from esb_schemas.lazy_pattern import LazyPattern
from esb_wire.http.client import Client, ClientLimits, ResponseTooLarge, UnreachableError
from esb_wire.http.messages import Response

_CONNECTIONS: Final = 1000  # to one server: each poller waits on one
_IDLE: Final = 5.0  # seconds; less than any server, or what is between, keeps a connection
_SERVERS: Final = 100  # with kept connections; a parameter of a route may be part of the host
_CHARACTER: Final = r"[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}"  # RFC 3986, 3.3
_PLAIN: Final = LazyPattern(
    r"http://(?P<host>[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?"
    rf"(?P<target>(?:/(?:{_CHARACTER})*(?:\?(?:{_CHARACTER}|\?)*)?)?)"
)
LIMITS: Final = ClientLimits(connections=_CONNECTIONS, idle=_IDLE)


class _Server(NamedTuple):
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        return self.host if self.port == 80 else f"{self.host}:{self.port}"


class PlainForwarder:
    """A `Forwarder` that keeps connections; `open_other` is called for the first URL that is not plain."""

    def __init__(self, open_other: Callable[[], Forwarder], limits: ClientLimits = LIMITS) -> None:
        self._open_other = open_other
        self._limits = limits
        self._other: Forwarder | None = None
        self._clients: dict[_Server, Client] = {}

    async def send(self, outgoing: Outgoing) -> Response:
        server, target = _plain(outgoing.url)
        client = None if server is None else self._client(server)
        if server is None or client is None:
            if self._other is None:
                self._other = self._open_other()
            return await self._other.send(outgoing)
        headers = outgoing.headers
        if not any(name.lower() == "host" for name, _ in headers):
            headers = (("Host", server.authority), *headers)
        try:
            return await client.send(outgoing.method, target, headers, outgoing.body, outgoing.hang_up)
        except ResponseTooLarge as error:
            raise ProxyError(Failure.INVALID_RESPONSE, str(error)) from error
        except UnreachableError as error:
            raise ProxyError(Failure.UNREACHABLE, str(error)) from error

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        if self._other is not None:
            await self._other.close()

    def _client(self, server: _Server) -> Client | None:
        """The client of a server; None if there are enough."""
        client = self._clients.get(server)
        if client is None and len(self._clients) < _SERVERS:
            client = self._clients[server] = Client(*server, self._limits)
        return client


def _plain(url: str) -> tuple[_Server | None, str]:
    """The server and the target of the request line; no server for a URL that httpx has to read."""
    found = _PLAIN.fullmatch(url)
    if found is None or "/." in url or int(found["port"] or 80) > 65535:
        return None, ""
    return _Server(found["host"], int(found["port"] or 80)), found["target"] or "/"
