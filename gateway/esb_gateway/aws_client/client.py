"""A client of AWS APIs, and of ESB's own pages beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from esb_gateway.aws_client.protocols import SERVICES, ApiProtocol, AwsCallError, read_document
from esb_gateway.clocks import Clock
from esb_gateway.forwarding.forwarder import Forwarder, Outgoing, ProxyError
from esb_wire.http.messages import Request, Response
from esb_wire.offload import LARGE, Offload, is_costly
from esb_wire.sigv4 import Credentials, sign

T = TypeVar("T")

TIMEOUT: Final = 30.0  # seconds for an answer, besides what the server is asked to wait


@dataclass(frozen=True, slots=True)
class AwsClient:
    """Calls one service at an endpoint such as `http://cloud:4566`. `clock` gives seconds since 1970. With `offload`,
    large calls are written, and large answers read, elsewhere.
    """

    service: ApiProtocol
    endpoint: str
    credentials: Credentials
    forwarder: Forwarder
    clock: Clock
    offload: Offload | None = None

    async def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The result. Raises AwsCallError."""
        return await self.send(await self._prepare(operation, parameters))

    async def forward(self, operation: str, parameters: Mapping[str, Any]) -> Response:
        """The server's response as it is, an error, too. Raises AwsCallError if there is none."""
        return await self._exchange(await self._prepare(operation, parameters), TIMEOUT)

    async def _prepare(self, operation: str, parameters: Mapping[str, Any]) -> Outgoing:
        """As `prepare`; a large call elsewhere."""
        if self.offload is None or _length(parameters) <= LARGE:
            return self.prepare(operation, parameters)
        now = self.clock()
        return await self.offload.run(
            _prepared, self.service, self.endpoint, self.credentials, now, operation, parameters
        )

    def prepare(self, operation: str, parameters: Mapping[str, Any]) -> Outgoing:
        """A call for `send`, which should follow within a minute: it is signed now."""
        return _prepared(self.service, self.endpoint, self.credentials, self.clock(), operation, parameters)

    async def send(self, call: Outgoing, wait: float = 0.0) -> dict[str, Any]:
        """The result of a prepared call, within `wait` seconds. Raises AwsCallError."""
        return await self._read(call, _whole, wait)

    async def read(self, operation: str, parameters: Mapping[str, Any], make: Callable[[dict[str, Any]], T]) -> T:
        """The value of a pure function of the result; for a large one it is called elsewhere. Raises AwsCallError."""
        return await self._read(self.prepare(operation, parameters), make)

    async def _read(self, call: Outgoing, make: Callable[[dict[str, Any]], T], wait: float = 0.0) -> T:
        response = await self._exchange(call, wait + TIMEOUT)
        if self.offload is not None and is_costly(response.body):
            return await self.offload.run(_made, self.service, response, make)
        return _made(self.service, response, make)

    async def get(self, path: str, query: str, wait: float = 0.0) -> dict[str, Any]:
        """The document of a page that answers within `wait` seconds. Raises AwsCallError."""
        response = await self._exchange(self._signed("GET", path, query), wait + TIMEOUT)
        if self.offload is not None and is_costly(response.body):
            return await self.offload.run(read_document, response)
        return read_document(response)

    async def post(self, path: str, query: str = "") -> dict[str, Any]:
        """The document that a page answers. Raises AwsCallError."""
        return read_document(await self._exchange(self._signed("POST", path, query), TIMEOUT))

    def _signed(self, method: str, path: str, query: str) -> Outgoing:
        request = Request(method, path, query, (), {}, b"", "")
        return _signed(request, self.endpoint, self.credentials, self.clock(), self.service.signing_name)

    async def _exchange(self, call: Outgoing, timeout: float) -> Response:
        try:
            async with asyncio.timeout(timeout):
                return await self.forwarder.send(call)
        except TimeoutError:
            raise AwsCallError("", f"{self.endpoint} has not answered within {timeout:g} s") from None
        except ProxyError as error:
            raise AwsCallError("", f"{self.endpoint} does not answer ({error})") from None


class AwsClients:
    """The clients of a gateway, which share their connections; `open_forwarder` is called when the first is needed."""

    def __init__(
        self,
        endpoints: Mapping[str, str],
        credentials: Credentials,
        open_forwarder: Callable[[], Forwarder],
        clock: Clock,
        offload: Offload | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._credentials = credentials
        self._open_forwarder = open_forwarder
        self._clock = clock
        self._offload = offload
        self._forwarder: Forwarder | None = None

    def __call__(self, service: str) -> AwsClient | None:
        """The client of a service by boto3's name; None if the stack has no server for it."""
        endpoint = self._endpoints.get(service)
        if endpoint is None:
            return None
        if self._forwarder is None:
            self._forwarder = self._open_forwarder()
        return AwsClient(SERVICES[service], endpoint, self._credentials, self._forwarder, self._clock, self._offload)

    async def close(self) -> None:
        if self._forwarder is not None:
            await self._forwarder.close()


def _length(value: Any) -> int:
    """The characters of all texts of parameters."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_length, value.values()))
    return sum(map(_length, value)) if isinstance(value, list | tuple) else 0


def _prepared(  # noqa: PLR0913, PLR0917 - what a call is made of
    service: ApiProtocol,
    endpoint: str,
    credentials: Credentials,
    now: float,
    operation: str,
    parameters: Mapping[str, Any],
) -> Outgoing:
    headers, body = service.request(operation, parameters)
    request = Request("POST", "/", "", headers, {}, body, "")
    return _signed(request, endpoint, credentials, now, service.signing_name)


def _signed(request: Request, endpoint: str, credentials: Credentials, now: float, service: str) -> Outgoing:
    """The request, whose headers are completed here, to a server."""
    given = (("Host", urlsplit(endpoint).netloc), *request.headers)
    lowered = {name.lower(): value for name, value in given}
    signed = (*given, *sign(request._replace(headers=given, lowered=lowered), credentials, now, service).items())
    url = f"{endpoint}{request.path}" + (f"?{request.query}" if request.query else "")
    length = (("Content-Length", str(len(request.body))),) if request.body else ()
    return Outgoing(request.method, url, (*signed, *length), request.body)


def _whole(result: dict[str, Any]) -> dict[str, Any]:
    return result


def _made(service: ApiProtocol, response: Response, make: Callable[[dict[str, Any]], T]) -> T:
    return make(service.result(response))
