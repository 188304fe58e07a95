"""Sends requests to other servers over HTTP, each once.

Below httpx's client, which would follow redirects, keep cookies from one caller for the next, and take proxies from the
environment.
"""

from __future__ import annotations

import asyncio

import httpx

from esb_gateway.apis.responses import Failure
from esb_gateway.integrations.forwarding import NoReply, Replied, Reply, Sending
from esb_gateway.integrations.types import Outgoing
from esb_wire.http.messages import MAX_BODY

_LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=5)


class HttpForwarder:
    """Keeps connections for the next request; needs a running event loop."""

    def __init__(self) -> None:
        self._transport = httpx.AsyncHTTPTransport(trust_env=False, limits=_LIMITS)
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, outgoing: Outgoing, replied: Replied) -> Sending:
        """See `Forwarder`."""
        task = asyncio.get_running_loop().create_task(self._send(outgoing, replied))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """See `Forwarder`."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._transport.aclose()

    async def _send(self, outgoing: Outgoing, replied: Replied) -> None:
        reply: Reply | NoReply
        try:
            reply = await self._exchange(outgoing)
        except (httpx.HTTPError, OSError) as error:
            reply = NoReply(Failure.UNREACHABLE, str(error) or type(error).__name__)
        except httpx.InvalidURL as error:
            reply = NoReply(Failure.BAD_PATH, str(error))
        replied(reply)

    async def _exchange(self, outgoing: Outgoing) -> Reply | NoReply:
        request = httpx.Request(
            outgoing.method,
            outgoing.url,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in outgoing.headers],
            content=outgoing.body,
        )
        response = await self._transport.handle_async_request(request)
        try:
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > MAX_BODY:
                    return NoReply(Failure.BAD_ANSWER, f"its answer is larger than {MAX_BODY} bytes")
        finally:
            await response.aclose()
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        return Reply(response.status_code, headers, bytes(body))
