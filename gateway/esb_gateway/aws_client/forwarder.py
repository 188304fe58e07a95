"""Sends the gateway's calls of AWS APIs. Those over plain HTTP, to servers of the stack, do without httpx.

Measured on a queue with batches of ten: httpx took two thirds of the gateway's CPU time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from esb_gateway.apis.api_types import Failure
from esb_gateway.integrations.http_proxy import Forwarder, Outgoing, ProxyError
from esb_wire.http.client import Client, UnreachableError
from esb_wire.http.messages import Response

_CONNECTIONS: Final = 1000  # to one server: each poller waits on one
_IDLE: Final = 5.0  # seconds; less than any server, or what is between, keeps a connection


class EndpointForwarder:
    """A `Forwarder` with kept connections for each server; `open_other` is called if one speaks TLS."""

    def __init__(self, open_other: Callable[[], Forwarder]) -> None:
        self._open_other = open_other
        self._other: Forwarder | None = None
        self._clients: dict[tuple[str, int], Client] = {}

    async def send(self, outgoing: Outgoing) -> Response:
        url = urlsplit(outgoing.url)
        if url.scheme != "http":
            if self._other is None:
                self._other = self._open_other()
            return await self._other.send(outgoing)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        headers = tuple(header for header in outgoing.headers if header[0] != "Content-Length")  # the client adds it
        try:
            return await self._client(url.hostname or "", url.port or 80).send(
                outgoing.method, target, headers, outgoing.body
            )
        except UnreachableError as error:
            raise ProxyError(Failure.UNREACHABLE, str(error)) from error

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        if self._other is not None:
            await self._other.close()

    def _client(self, host: str, port: int) -> Client:
        client = self._clients.get((host, port))
        if client is None:
            client = self._clients[host, port] = Client(host, port, connections=_CONNECTIONS, idle=_IDLE)
        return client
