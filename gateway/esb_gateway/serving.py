"""A whole gateway that runs: functions behind, the public listener in front, one log for both.

`serving` is what `esb-gateway serve` and `esb-gateway local` share; they differ in the FunctionHost that they bring.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from json.encoder import encode_basestring as quoted

from esb_gateway.async_invoke.event_queue import EventQueue
from esb_gateway.async_invoke.event_store import EventStore
from esb_gateway.async_invoke.rules import AWS_DELAYS, Delays
from esb_gateway.dependencies import Readiness, build_dependencies
from esb_gateway.errors import ConfigurationError
from esb_gateway.event_sources.delivery import Delivery
from esb_gateway.event_sources.running_sources import RunningSources
from esb_gateway.event_sources.schedules.listing import describe, schedules_of
from esb_gateway.event_sources.source import SourceContext
from esb_gateway.execution.function_host import FunctionHost
from esb_gateway.execution.functions import Functions
from esb_gateway.execution.output import LogLine, LogSink
from esb_gateway.gateway import Gateway, Page
from esb_gateway.logs import JsonLines, Log, timestamp
from esb_gateway.reloading import Revision, Source, Stamps, follow
from esb_gateway.settings import Settings
from esb_gateway.telemetry import Telemetry
from esb_wire.http.certificates import Certificates
from esb_wire.http.listener import listening
from esb_wire.http.messages import Request, Response, json_response
from esb_wire.http.sockets import bind, url_of

LISTENERS = "listeners"


@asynccontextmanager
async def serving(  # noqa: PLR0913 - it is a composition root
    settings: Settings,
    source: Source,
    hosting: FunctionHost,
    write: Callable[[str], object],
    readiness: Readiness,
    *,
    bound: socket.socket | None = None,
    plain: socket.socket | None = None,
    delays: Delays = AWS_DELAYS,
) -> AsyncIterator[str]:
    """Run the gateway while the block runs; gives the public URL. `write` gets the log, whole lines of JSON.

    What `source` has is served, and each change of it taken without a stop.
    `readiness` is ready once the listeners are up and whatever else the caller has put in is done. At the end requests
    get the settings' time to be answered; then what waits is given up, what runs gets a moment, and no process is left.
    A `bound` socket is listened on instead of the settings' address, and one that is `plain` instead of its plain port.
    `delays` are those between the attempts of asynchronous invocations. Raises ConfigurationError
    for a port in use, for a file of events that cannot be used, and what the source raises at first.
    """
    begun = source.look()
    configuration = (await source.read(frozenset(begun))).configuration
    log = JsonLines(write, time.time, asyncio.get_running_loop().call_later)
    readiness.waiting_for.add(LISTENERS)
    deps = build_dependencies(settings, log, readiness)
    telemetry, identifiers = deps.telemetry, deps.identifiers
    functions = Functions(configuration.functions, hosting, function_lines(log))
    try:
        certificates = None if settings.tls is None else Certificates(*settings.tls)
        with bound or bind(settings.host, settings.port) as listener, _plain(settings, plain) as plain_listener:
            async with _storing(settings, log) as store:
                events = EventQueue(
                    functions,
                    store,
                    telemetry,
                    call_later=deps.call_later,
                    identifiers=identifiers,
                    delays=delays,
                )
                context = SourceContext(telemetry, identifiers, asyncio.sleep)
                sources = RunningSources(context, Delivery(events, identifiers, telemetry))
                pages = {"metrics": _metrics(functions, events, telemetry), "schedules": _schedules(sources)}
                gateway = Gateway(configuration, functions, events, deps, pages)
                _start(functions)
                events.start()
                sources.start(configuration.event_sources, events.last_fired)
                async with listening(
                    gateway.handle,
                    listener,
                    grace=1,
                    limits=settings.limits,
                    tls=None if certificates is None else certificates.context,
                    plain=plain_listener,
                ) as public:
                    following = [
                        _following(source, begun, Running(functions, gateway, events, sources, readiness, log))
                    ]
                    if certificates is not None:
                        following.append(asyncio.create_task(certificates.follow(_teller(log))))
                    try:
                        readiness.waiting_for.discard(LISTENERS)
                        yield url_of(settings.host, listener, "http" if certificates is None else "https")
                    finally:
                        for task in following:
                            task.cancel()
                        readiness.draining = True
                        sources.stop()
                        events.close()
                        await public.drain(settings.drain_seconds)
                        await functions.stop()  # before the listener, so that the last responses leave
                        await gateway.close()
    finally:
        log.flush()


def _metrics(functions: Functions, events: EventQueue, telemetry: Telemetry) -> Page:
    def page(request: Request) -> Response:
        from esb_gateway.admin.metrics import Sources, metrics_page  # noqa: PLC0415 - it says why

        return metrics_page(Sources(functions.statistics, telemetry.counts, events), request)

    return page


def _schedules(sources: RunningSources) -> Page:
    def page(_: Request) -> Response:
        now = time.time()
        return json_response(200, {"schedules": [describe(each, now, 5) for each in schedules_of(sources.mappings)]})

    return page


def _plain(settings: Settings, bound: socket.socket | None) -> AbstractContextManager[socket.socket | None]:
    """What is listened on without TLS, where the public listener has it."""
    if settings.tls is None or (bound is None and settings.plain_port is None):
        return nullcontext()
    return bound or bind(settings.host, settings.plain_port or 0)


def _teller(log: Log) -> Callable[[str, str], None]:
    return lambda level, text: log("gateway", level, {"message": text})


@asynccontextmanager
async def _storing(settings: Settings, log: Log) -> AsyncIterator[EventStore]:
    def report(text: str) -> None:
        log("gateway", "ERROR", {"message": text})

    store = EventStore(settings.events_file, settings.events_max_bytes, time.time, report)
    try:
        yield store
    finally:
        await store.close()


@dataclass(frozen=True, slots=True)
class Running:
    """All that a new configuration reaches, and the one place where it does, between two requests.

    What is made of a configuration alone is made anew by `Gateway.configure`. What has state (slots, queues, caches,
    timers, counts) stays, and takes over here what has changed.
    """

    functions: Functions
    gateway: Gateway
    events: EventQueue
    sources: RunningSources
    readiness: Readiness
    log: Log

    def take(self, revision: Revision) -> None:
        """Serve by it from now on. Functions come first, so that no route leads nowhere."""
        changes = self.functions.update(revision.configuration.functions, revision.other_code)
        self.gateway.configure(revision.configuration)
        self.events.reconfigured()
        self.sources.reconfigure(revision.configuration.event_sources)
        self.readiness.refusal = None
        self.log("gateway", "INFO", {"message": f"configuration taken: {changes}"})

    def refuse(self, reason: str) -> None:
        """Say why the files are not served by; all goes on as before."""
        self.readiness.refusal = reason
        self.log("gateway", "ERROR", {"message": f"configuration refused, the one before it stays: {reason}"})


def _following(source: Source, begun: Stamps, running: Running) -> asyncio.Task[None]:
    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            running.refuse(f"{task.exception()!r}; no change is taken any more, start again")

    task = asyncio.create_task(follow(source, begun, running))
    task.add_done_callback(ended)
    return task


def function_lines(log: JsonLines) -> LogSink:
    """Where the functions' lines go: the log, each with its function, request and trace."""

    def sink(line: LogLine) -> None:
        log.defer(partial(_function_line, line))

    return sink


def _function_line(line: LogLine) -> str:
    """A line of the type `function`.

    By hand, as there are three for each invocation, and an encoder takes three times as long.
    """
    return (
        f'{{"time":"{timestamp(line.time)}","level":"INFO","type":"function","function":{quoted(line.function)},'
        f'"request_id":{quoted(line.request_id)},"trace_id":{quoted(line.trace_id)},'
        f'"source":{quoted(line.source.value)},"message":{quoted(line.text)}}}'
    )


def _start(functions: Functions) -> None:
    try:
        functions.start()
    except OSError as error:
        raise ConfigurationError(
            f"runtime listener: cannot listen ({error.strerror or error}); set ESB_RUNTIME_PORT to a free port."
        ) from error
