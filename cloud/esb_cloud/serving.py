"""A whole server that runs: the file, the services and what they do beside requests, the listener."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from esb_cloud.admin import Admin
from esb_cloud.aws.dispatch import Dispatcher, PendingCall
from esb_cloud.aws.service import Background
from esb_cloud.aws.stack import Stack
from esb_cloud.aws.waiting import Waiters
from esb_cloud.clocks import Clocks
from esb_cloud.resources import create_resources
from esb_cloud.services import SERVICES
from esb_cloud.settings import Settings
from esb_cloud.sql.store import Store
from esb_cloud.testing import InspectionApi
from esb_wire.http.limits import ConnectionLimits
from esb_wire.http.listener import listening
from esb_wire.http.messages import Handler
from esb_wire.http.sockets import bind, url_of
from esb_wire.offload import OffloadProcesses
from esb_wire.sigv4 import Credentials, Verifier

LIMITS: Final = ConnectionLimits(per_address=4096)  # functions may be behind one address


@asynccontextmanager
async def serving(
    settings: Settings,
    report: Callable[[str], object],
    clocks: Clocks | None = None,
    bound: socket.socket | None = None,
) -> AsyncIterator[str]:
    """Serve while the block runs; gives the URL. `report` gets sentences for the log.

    At the end long polls are answered at once, requests get the time of the settings, and what was accepted is on the
    disk. `bound` is used in place of the settings' address.

    Raises ConfigurationError and ListenerError.
    """
    clocks = clocks or Clocks()
    loop = asyncio.get_running_loop()
    with bound or bind(settings.host, settings.port) as listener:
        stack = _stack(settings, url_of(settings.host, listener))
        async with _open_store(settings, report, clocks) as (store, offload):
            waiters: Waiters[PendingCall] = Waiters(loop.time, loop.call_later)
            store.on_signal, store.take_waiter = waiters.signal, waiters.take
            if settings.resources is not None:
                await create_resources(settings.resources, SERVICES, store, stack, settings.variables)
            dispatcher = Dispatcher(
                SERVICES,
                store=store,
                waiters=waiters,
                stack=stack,
                verifier=_verifier(settings, clocks) if settings.auth else None,
                call_later=loop.call_later,
                offload=offload,
                report=report,
            )
            async with listening(_handler(dispatcher, settings), listener, grace=1, limits=LIMITS) as public:
                try:
                    async with _background(store, stack, report):
                        yield stack.url
                finally:
                    waiters.close()
                    await public.drain(settings.drain_seconds)


def _stack(settings: Settings, url: str) -> Stack:
    return Stack(
        region=settings.region,
        lambda_endpoint=settings.lambda_endpoint,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        url=url,
    )


@asynccontextmanager
async def _open_store(
    settings: Settings, report: Callable[[str], object], clocks: Clocks
) -> AsyncIterator[tuple[Store, OffloadProcesses]]:
    """The store, and the processes for its large payloads; both are closed after the block."""
    offload = OffloadProcesses()
    store = Store(settings.data, settings.max_size, report, clocks, offload)
    try:
        yield store, offload
    finally:
        offload.close()
        await store.close()


def _handler(dispatcher: Dispatcher, settings: Settings) -> Handler:
    """What answers a request: ESB's own endpoints, which pass all others on to AWS's APIs."""
    handle = Admin(dispatcher, SERVICES).handle
    return InspectionApi(dispatcher, handle).handle if settings.testing else handle


@asynccontextmanager
async def _background(store: Store, stack: Stack, report: Callable[[str], object]) -> AsyncIterator[None]:
    """What the services do beside requests, during the block."""
    tasks = [_start(each, store, stack, report) for service in SERVICES for each in service.background]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def _verifier(settings: Settings, clocks: Clocks) -> Callable[[str], Verifier]:
    credentials = Credentials(settings.access_key, settings.secret_key)
    return lambda signing_name: Verifier(credentials, clocks.wall, signing_name)


def _start(run: Background, store: Store, stack: Stack, report: Callable[[str], object]) -> asyncio.Task[None]:
    """Run it in a task; it begins again if it fails."""

    async def go_on() -> None:
        while True:
            try:
                await run(store, stack)
            except Exception as error:
                report(f"{run.__name__}: {error!r}")
                await asyncio.sleep(1)
            else:
                return

    return asyncio.create_task(go_on())
