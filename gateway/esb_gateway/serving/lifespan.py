"""A whole gateway from its start to its end: functions, event sources, the public listener, one log.

`esb-gateway serve` and `esb-gateway local` share `serving`; they differ in their FunctionHost.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

from esb_gateway.admin.readiness import Readiness
from esb_gateway.async_invoke.checkpoints import CheckpointStore
from esb_gateway.async_invoke.event_store import EventStore
from esb_gateway.async_invoke.rules import AWS_DELAYS, Delays
from esb_gateway.configuration.reloading import ConfigurationSource, Stamps, watch
from esb_gateway.engine_proxy.ports import engine_ports
from esb_gateway.event_sources.switches import Switches
from esb_gateway.execution.function_host import FunctionHost
from esb_gateway.execution.functions import Functions
from esb_gateway.execution.output.function_log import function_lines
from esb_gateway.expiry.running import sweeping
from esb_gateway.provisioning.run_record import ProvisionerRecord
from esb_gateway.serving.composition import assemble
from esb_gateway.serving.dependencies import build_dependencies
from esb_gateway.serving.running_gateway import RunningGateway
from esb_gateway.settings import Settings
from esb_gateway.telemetry.logs import JsonLines, Log
from esb_wire.http.certificates import Certificates
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind, url_of

LISTENERS = "listeners"


@asynccontextmanager
async def serving(  # noqa: PLR0913 - it is a composition root
    settings: Settings,
    source: ConfigurationSource,
    function_host: FunctionHost,
    write: Callable[[str], object],
    readiness: Readiness,
    *,
    bound: socket.socket | None = None,
    plain: socket.socket | None = None,
    engine: socket.socket | None = None,
    delays: Delays = AWS_DELAYS,
    restart: Callable[[], object] | None = None,
) -> AsyncIterator[str]:
    """Run the gateway while the block runs; gives the public URL. `write` gets the log, whole lines of JSON.

    It serves the configuration of `source`, and applies each change without a stop. `readiness` is ready once the
    listeners are up and whatever else the caller waits for is done. At the end, requests get the time of the settings
    to be answered; then what waits is given up, what runs gets a moment, and no process is left. The sockets `bound`,
    `plain` and `engine` are used in place of the settings' address, plain port and only engine port. `delays` are those
    between the attempts of asynchronous invocations. `restart` is called if the gateway has to be started anew to see
    its files.

    Raises ConfigurationError for a port in use, for a file of events that cannot be used, and for an invalid
    configuration at the start.
    """
    stamps = source.poll()
    configuration = (await source.read(frozenset(stamps))).configuration
    log = JsonLines(write, time.time, asyncio.get_running_loop().call_later)
    readiness.waiting_for.add(LISTENERS)
    deps = build_dependencies(settings, log, readiness)
    functions = Functions(configuration.functions, function_host, function_lines(log))
    try:
        certificates = None if settings.tls is None else Certificates(*settings.tls)
        with bound or bind(settings.host, settings.port) as listener, _plain(settings, plain) as plain_listener:
            async with _event_store(settings, log) as store:
                switches = await _switches(store)
                parts = assemble(settings, configuration, functions, deps, store, switches=switches, delays=delays)
                running = RunningGateway(functions, parts.events, parts.sources, parts.gateway, readiness, log)
                running.start(configuration)
                async with (
                    listening(
                        parts.gateway.handle,
                        listener,
                        grace=1,
                        limits=settings.limits,
                        body_limit=parts.gateway.body_limit,
                        tls=None if certificates is None else certificates.context,
                        plain=plain_listener,
                    ) as public,
                    engine_ports(settings, deps.telemetry, engine),
                    sweeping(settings, deps.telemetry, deps.ttl_removals),
                ):
                    try:
                        async with _following(
                            settings, running, _watching(source, stamps, running), certificates, restart
                        ):
                            readiness.waiting_for.discard(LISTENERS)
                            yield url_of(settings.host, listener, "http" if certificates is None else "https")
                    finally:
                        running.stop_events()
                        await public.drain(settings.drain_seconds)
                        await running.stop()  # before the listener, so that the last responses leave
                        await parts.deliveries.close()
                        await parts.aws.close()
    finally:
        log.flush()


@asynccontextmanager
async def _following(
    settings: Settings,
    running: RunningGateway,
    changes: asyncio.Task[None],
    certificates: Certificates | None,
    restart: Callable[[], object] | None,
) -> AsyncIterator[None]:
    """While the block runs, apply `changes` of the configuration, and follow the provisioner's record and the files of
    the certificate.
    """
    tasks = [changes]
    if settings.provisioned_file is not None:
        file, folder = settings.provisioned_file, settings.config_dir
        tasks.append(ProvisionerRecord(file, folder, running.readiness, running.log, restart).start())
    if certificates is not None:
        tasks.append(asyncio.create_task(certificates.follow(_report(running.log))))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def _plain(settings: Settings, bound: socket.socket | None) -> AbstractContextManager[socket.socket | None]:
    """The listener without TLS, if the public one has TLS."""
    if settings.tls is None or (bound is None and settings.plain_port is None):
        return nullcontext()
    return bound or bind(settings.host, settings.plain_port or 0)


def _report(log: Log) -> Callable[[str, str], None]:
    return lambda level, text: log("gateway", level, {"message": text})


@asynccontextmanager
async def _event_store(settings: Settings, log: Log) -> AsyncIterator[EventStore]:
    def report(text: str) -> None:
        log("gateway", "ERROR", {"message": text})

    store = EventStore(settings.events_file, settings.events_max_bytes, time.time, report)
    try:
        yield store
    finally:
        await store.close()


async def _switches(store: EventStore) -> Switches:
    switches = Switches(CheckpointStore(store, asyncio.sleep), time.time)
    await switches.load()
    return switches


def _watching(source: ConfigurationSource, stamps: Stamps, running: RunningGateway) -> asyncio.Task[None]:
    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            running.refuse(f"{task.exception()!r}; no change is applied any more, restart the gateway")

    task = asyncio.create_task(watch(source, stamps, running))
    task.add_done_callback(ended)
    return task
