"""Sends requests to other servers over HTTP, each once.

Below httpx's client, which would follow redirects, keep cookies from one caller for the next, and take proxies from the
environment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import httpx

from esb_gateway.apis.api_types import Failure
from esb_gateway.forwarding.forwarder import Outgoing, ProxyError
from esb_wire.http.bodies import BodyBuffer
from esb_wire.http.limits import MAX_BODY
from esb_wire.http.messages import Response
from esb_wire.http.sliced_writes import SLICE

_LIMITS: Final = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=5)


class HttpForwarder:
    """A `Forwarder` that keeps connections for later requests."""

    def __init__(self) -> None:
        self._transport = httpx.AsyncHTTPTransport(trust_env=False, limits=_LIMITS)

    async def send(self, outgoing: Outgoing) -> Response:
        try:
            return await self._exchange(outgoing)
        except (httpx.HTTPError, OSError) as error:
            raise ProxyError(Failure.UNREACHABLE, str(error) or type(error).__name__) from error
        except httpx.InvalidURL as error:
            raise ProxyError(Failure.BAD_PATH, str(error)) from error

    async def close(self) -> None:
        await self._transport.aclose()

    async def _exchange(self, outgoing: Outgoing) -> Response:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in outgoing.headers]
        content: bytes | AsyncIterator[bytes] = outgoing.body
        if len(outgoing.body) > SLICE:  # at once, it would keep all others waiting
            headers.append((b"Content-Length", str(len(outgoing.body)).encode()))
            content = _slices(outgoing.body)
        request = httpx.Request(outgoing.method, outgoing.url, headers=headers, content=content)
        response = await self._transport.handle_async_request(request)
        try:
            body, size = BodyBuffer(), 0
            async for part in response.aiter_raw():
                body.add(part)
                size += len(part)
                if size > MAX_BODY:
                    raise ProxyError(Failure.INVALID_RESPONSE, f"its answer is larger than {MAX_BODY} bytes")
        finally:
            await response.aclose()
        answered = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        return Response(response.status_code, answered, body.take())


async def _slices(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), SLICE):
        yield body[start : start + SLICE]
