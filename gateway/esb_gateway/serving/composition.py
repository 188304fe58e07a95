"""A whole gateway that runs: functions, event sources, the public listener, one log.

`esb-gateway serve` and `esb-gateway local` share `serving`; they differ in their FunctionHost.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import NamedTuple

from esb_gateway.admin.env_page import PATH as ENV
from esb_gateway.admin.env_page import EnvPage
from esb_gateway.admin.in_flight import InFlight
from esb_gateway.admin.pages import pages
from esb_gateway.admin.queues_page import PATH as QUEUES
from esb_gateway.admin.queues_page import QueuesPage
from esb_gateway.admin.readiness import Readiness
from esb_gateway.async_invoke.checkpoints import CheckpointStore
from esb_gateway.async_invoke.event_queue import EventQueue
from esb_gateway.async_invoke.event_store import EventStore
from esb_gateway.async_invoke.rules import AWS_DELAYS, Delays
from esb_gateway.aws_client.client import AwsClients
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.configuration.reloading import ConfigurationSource, Stamps, watch
from esb_gateway.engine_proxy.ports import engine_ports
from esb_gateway.event_sources.delivery import Delivery
from esb_gateway.event_sources.descriptions import EventSourceMappings
from esb_gateway.event_sources.invoking import Invoking, Reservations
from esb_gateway.event_sources.running_sources import RunningSources
from esb_gateway.event_sources.source import SourceContext
from esb_gateway.event_sources.switches import Switches
from esb_gateway.execution.function_host import FunctionHost
from esb_gateway.execution.functions import Functions
from esb_gateway.execution.output.function_log import function_lines
from esb_gateway.expiry.running import sweeping
from esb_gateway.inspection.page import PATH as INSPECTION
from esb_gateway.inspection.page import InspectionPage
from esb_gateway.inspection.recorder import Recorder
from esb_gateway.inspection.stack_state import StackState
from esb_gateway.integrations.plain_forwarder import PlainForwarder
from esb_gateway.provisioning.run_record import ProvisionerRecord
from esb_gateway.serving.dependencies import Dependencies, build_dependencies
from esb_gateway.serving.gateway import Gateway
from esb_gateway.serving.running_gateway import RunningGateway
from esb_gateway.settings import Settings
from esb_gateway.targets.deliveries import Deliveries
from esb_gateway.targets.table import available
from esb_gateway.telemetry.logs import JsonLines, Log
from esb_wire.http.certificates import Certificates
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind, url_of
from esb_wire.sigv4 import Credentials, for_operators

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
                parts = _assembled(
                    settings, configuration, functions, deps, store, switches=await _switches(store), delays=delays
                )
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
                    tasks = [_watching(source, stamps, running)]
                    if settings.provisioned_file is not None:
                        file, folder = settings.provisioned_file, settings.config_dir
                        tasks.append(ProvisionerRecord(file, folder, readiness, log, restart).start())
                    if certificates is not None:
                        tasks.append(asyncio.create_task(certificates.follow(_report(log))))
                    try:
                        readiness.waiting_for.discard(LISTENERS)
                        yield url_of(settings.host, listener, "http" if certificates is None else "https")
                    finally:
                        for task in tasks:
                            task.cancel()
                        running.stop_events()
                        await public.drain(settings.drain_seconds)
                        await running.stop()  # before the listener, so that the last responses leave
                        await parts.deliveries.close()
                        await parts.aws.close()
    finally:
        log.flush()


class _Parts(NamedTuple):
    """The parts of a running gateway, except its listeners."""

    gateway: Gateway
    events: EventQueue
    sources: RunningSources
    deliveries: Deliveries
    aws: AwsClients


def _assembled(  # noqa: PLR0913 - see above
    settings: Settings,
    configuration: Configuration,
    functions: Functions,
    deps: Dependencies,
    store: EventStore,
    *,
    switches: Switches,
    delays: Delays,
) -> _Parts:
    """Nothing runs yet. If the stores are those of tests, a recorder notes which function gets which event."""
    telemetry, identifiers = deps.telemetry, deps.identifiers
    credentials = Credentials(settings.access_key, settings.secret_key)
    forwarder = partial(PlainForwarder, deps.open_forwarder)
    aws = AwsClients(_endpoints(settings), credentials, forwarder, time.time, deps.offload)
    recorder = None if settings.tested_stores is None else Recorder(functions, time.time)
    invoker = recorder or functions
    deliveries = Deliveries(invoker, aws)
    events = EventQueue(
        deliveries,
        store,
        telemetry,
        call_later=deps.call_later,
        identifiers=identifiers,
        offload=deps.offload,
        delays=delays,
        targets=available(lambda service: service in settings.endpoints),
    )
    invoking = Invoking(invoker, Reservations(functions.free_slots), aws, time.monotonic)
    checkpoints = CheckpointStore(store, asyncio.sleep)
    context = SourceContext(
        telemetry,
        identifiers,
        asyncio.sleep,
        invoking=invoking,
        checkpoints=checkpoints,
        retries_at_once=recorder is not None,
        remakes_tables=settings.remakes_tables,
        ttl_removals=deps.ttl_removals,
        offload=deps.offload,
    )
    sources = RunningSources(context, Delivery(events, identifiers, telemetry), switches=switches)
    admin_pages = {
        **pages(functions, events, sources, telemetry, deps.readiness.drifted),
        ENV: EnvPage(settings.embedded, for_operators(deps.verify)).get,
        f"{QUEUES}/": QueuesPage(
            aws,
            InFlight(events, lambda: sources.mappings, invoking.batches, telemetry.clock),
            for_operators(deps.verify),
        ).get,
    }
    if recorder is not None:
        state = StackState(recorder, events, sources, invoking, aws, checkpoints)
        admin_pages[f"{INSPECTION}/"] = InspectionPage(state, for_operators(deps.verify), time.monotonic).get
    gateway = Gateway(configuration, invoker, events, EventSourceMappings(sources), deps, pages=admin_pages)
    return _Parts(gateway, events, sources, deliveries, aws)


def _endpoints(settings: Settings) -> Mapping[str, str]:
    """The URLs of the servers that the gateway calls, by boto3's names of the services."""
    if settings.tested_stores is None:
        return settings.endpoints
    return {**settings.endpoints, "dynamodb": settings.tested_stores}


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
