"""The ports of engines, open while a gateway runs."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from esb_gateway.engine_proxy.proxy import MAX_BODY, EngineProxy
from esb_gateway.settings import EnginePort, Settings
from esb_gateway.telemetry.telemetry import Telemetry
from esb_schemas.backends import backend
from esb_wire.http.client import Client
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind
from esb_wire.sigv4 import Credentials, Verifier


@asynccontextmanager
async def engine_ports(
    settings: Settings, telemetry: Telemetry, bound: socket.socket | None = None
) -> AsyncIterator[None]:
    """Answer on the port of each engine that checks no signature, while the block runs. Raises ListenerError.

    The socket `bound` is used in place of the only one's port.
    """
    limits = replace(settings.limits, max_body=MAX_BODY)
    async with AsyncExitStack() as stack:
        for port in settings.engine_ports:
            proxy, client = _proxy(port, settings, telemetry)
            stack.push_async_callback(client.close)
            stack.push_async_callback(proxy.close)
            listener = stack.enter_context(bound or bind(settings.host, port.port))
            await stack.enter_async_context(
                listening(proxy.handle, listener, grace=1, limits=limits, body_limit=proxy.body_limit)
            )
        yield


def _proxy(port: EnginePort, settings: Settings, telemetry: Telemetry) -> tuple[EngineProxy, Client]:
    upstream = urlsplit(port.url)
    client = Client(upstream.hostname or "", upstream.port or 80)
    verify = Verifier(Credentials(settings.access_key, settings.secret_key), telemetry.clock, service=port.service)
    proxy = EngineProxy(
        service=port.service,
        label=backend(port.service).label,
        host=upstream.netloc,
        client=client,
        access_key=settings.access_key,
        verify=verify if port.signed else lambda _: None,
        origins=settings.allowed_origins,
        counts=telemetry.counts,
        log=telemetry.log,
    )
    return proxy, client
