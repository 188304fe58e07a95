"""A dispatcher of all services on a store in memory, in which no call waits, and a client of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from esb_cloud.aws.dispatch import Dispatcher, PendingCall
from esb_cloud.aws.stack import Stack
from esb_cloud.aws.waiting import Waiters
from esb_cloud.services import SERVICES
from esb_cloud.sql.store import Store
from esb_wire.http.messages import Request, Response
from esb_wire.offload import Offload
from esb_wire.sigv4 import Verifier


def dispatcher_without_waits(
    offload: Offload, reports: list[str], verifier: Callable[[str], Verifier] | None = None
) -> Dispatcher:
    """Without `verifier`, it requires no signature. `reports` get what it logs; close its `store` in the end."""
    loop = asyncio.get_running_loop()
    waiters: Waiters[PendingCall] = Waiters(loop.time, loop.call_later)
    waiters.closed = True
    return Dispatcher(
        SERVICES,
        store=Store(None, None, reports.append, None, offload),
        waiters=waiters,
        stack=Stack(),
        verifier=verifier,
        call_later=loop.call_later,
        offload=offload,
        report=reports.append,
    )


QUEUE_URL = "http://h/123456789012/q"


class Cloud:
    """Asks a dispatcher."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher

    async def ask(self, operation: str | None, body: bytes, service: str = "AmazonSQS") -> Response:
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        headers = {"host": "h", **({} if operation is None else {"x-amz-target": f"{service}.{operation}"})}
        self.dispatcher.handle(Request("POST", "/", "", (), headers, body, "127.0.0.1"), future.set_result)
        return await asyncio.wait_for(future, 60)

    async def json(self, operation: str, **parameters: Any) -> Any:
        return await self._json("AmazonSQS", operation, parameters)

    async def events(self, operation: str, **parameters: Any) -> Any:
        return await self._json("AWSEvents", operation, parameters)

    async def _json(self, service: str, operation: str, parameters: dict[str, Any]) -> Any:
        response = await self.ask(operation, json.dumps(parameters).encode(), service)
        assert response.status == 200, response.body
        return json.loads(response.body)

    async def form(self, **fields: str) -> tuple[int, str]:
        response = await self.ask(None, urlencode(fields).encode())
        return response.status, response.body.decode()


@asynccontextmanager
async def cloud_with(offload: Offload, expected: tuple[str, ...] | None = ()) -> AsyncIterator[Cloud]:
    """It has a queue `q`. What it logs is `expected`; None is anything."""
    reports: list[str] = []
    dispatcher = dispatcher_without_waits(offload, reports)
    try:
        await Cloud(dispatcher).json("CreateQueue", QueueName="q")
        yield Cloud(dispatcher)
    finally:
        await dispatcher.store.close()
    assert expected is None or tuple(reports) == expected
