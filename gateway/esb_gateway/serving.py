"""A whole gateway that runs: functions behind, the public listener in front, one log for both.

`serving` is what `esb-gateway serve` and `esb-gateway local` share; they differ in the Hosting that they bring.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from esb_gateway.app import bind, listening, surround, url_of
from esb_gateway.config import Configuration
from esb_gateway.errors import ConfigurationError
from esb_gateway.event_queue import EventQueue
from esb_gateway.event_rules import AWS_DELAYS, Delays
from esb_gateway.event_store import EventStore
from esb_gateway.exchange import Request, Response
from esb_gateway.gateway import Gateway, Page
from esb_gateway.hosting import Hosting
from esb_gateway.logs import JsonLines, Log, timestamp
from esb_gateway.output import LogLine, LogSink
from esb_gateway.runtime import RuntimeHost
from esb_gateway.settings import Settings
from esb_gateway.surroundings import Readiness, Surroundings

LISTENERS = "listeners"


@asynccontextmanager
async def serving(  # noqa: PLR0913 - it is a composition root
    settings: Settings,
    configuration: Configuration,
    hosting: Hosting,
    write: Callable[[str], object],
    readiness: Readiness,
    *,
    bound: socket.socket | None = None,
    delays: Delays = AWS_DELAYS,
) -> AsyncIterator[str]:
    """Run the gateway while the block runs; gives the public URL. `write` gets the log, whole lines of JSON.

    `readiness` is ready once the listeners are up and whatever else the caller has put in is done. At the end what
    waits is given up, what runs gets a moment, and no process is left. A `bound` socket is listened on instead of the
    settings' address. `delays` are those between the attempts of asynchronous invocations. Raises ConfigurationError
    for a port in use, and for a file of events that cannot be used.
    """
    log = JsonLines(write, time.time, asyncio.get_running_loop().call_later)
    readiness.waiting_for.add(LISTENERS)
    surroundings = surround(settings, log, readiness)
    host = RuntimeHost(configuration.functions, hosting, function_lines(log))
    try:
        with bound or bind(settings.host, settings.port) as listener:
            async with _storing(settings, log) as store:
                events = EventQueue(
                    configuration.functions.get, host.capacity, host, store, surroundings, delays=delays
                )
                pages = {"metrics": _metrics(host, events, surroundings)}
                gateway = Gateway(configuration, host, events, surroundings, pages)
                _start(host)
                events.start()
                async with listening(gateway, listener, grace=1):
                    try:
                        readiness.waiting_for.discard(LISTENERS)
                        yield url_of(settings.host, listener)
                    finally:
                        readiness.waiting_for.add(LISTENERS)
                        events.close()
                        await host.stop()  # before the listener, so that the last answers leave
    finally:
        log.flush()


def _metrics(host: RuntimeHost, events: EventQueue, surroundings: Surroundings) -> Page:
    def page(request: Request) -> Response:
        from esb_gateway.metrics import Sources, metrics_page  # noqa: PLC0415 - it says why

        return metrics_page(Sources(host.statistics, surroundings.counts, events), request)

    return page


@asynccontextmanager
async def _storing(settings: Settings, log: Log) -> AsyncIterator[EventStore]:
    def tell(text: str) -> None:
        log("gateway", "ERROR", {"message": text})

    store = EventStore(settings.events_file, settings.events_max_bytes, time.time, tell)
    try:
        yield store
    finally:
        await store.close()


def function_lines(log: Log) -> LogSink:
    """Where the functions' lines go: the log, each with its function, request and trace."""

    def sink(line: LogLine) -> None:
        fields = {
            "time": timestamp(line.time),
            "function": line.function,
            "request_id": line.request_id,
            "trace_id": line.trace_id,
            "source": line.source.value,
            "message": line.text,
        }
        log("function", "INFO", fields)

    return sink


def _start(host: RuntimeHost) -> None:
    try:
        host.start()
    except OSError as error:
        raise ConfigurationError(
            f"runtime listener: cannot listen ({error.strerror or error}); set ESB_RUNTIME_PORT to a free port."
        ) from error
