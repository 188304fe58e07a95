"""The engines behind the database and storage that are not moto, while a gateway runs, and how others find them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket
from typing import Any, Final, NamedTuple

from esb_gateway.local.backends import Servers
from esb_gateway.local.engine_choice import DYNOXIDE, MOTO, SEAWEEDFS, EngineChoice, StartedEngines
from esb_gateway.local.engines.dynoxide import start_dynoxide
from esb_gateway.local.options import LocalOptions
from esb_gateway.local.programs.child_programs import Programs
from esb_gateway.local.programs.running_server import RunningServer
from esb_gateway.settings import EnginePort, Settings
from esb_gateway.storage_events.feed_server import FeedServer
from esb_gateway.storage_events.object_event import SIGNING_NAME
from esb_schemas.engines.capabilities import is_needed, lacks
from esb_schemas.engines.table import engines as engines_of_service
from esb_schemas.errors import ContractError
from esb_schemas.sections import SECTIONS
from esb_schemas.validation.loading import load
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind, url_of
from esb_wire.sigv4 import Credentials, Verifier, for_operators

_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class RunningEngines:
    """`processes` are those that must not end. `listener` is the database's port, which leads through the gateway."""

    servers: Servers
    processes: tuple[RunningServer, ...] = ()
    engine_ports: tuple[EnginePort, ...] = ()
    listener: socket | None = None

    async def while_running(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work; cancel it if one of the processes ends, and raise ConfigurationError."""
        for process in self.processes:
            work = process.while_running(work)
        await work


class _Context(NamedTuple):
    options: LocalOptions
    settings: Settings
    programs: Programs
    report: Callable[[str], object]


@asynccontextmanager
async def running_engines(
    engines: StartedEngines,
    options: LocalOptions,
    settings: Settings,
    programs: Programs,
    report: Callable[[str], object],
) -> AsyncIterator[RunningEngines]:
    """Run those that are not moto while the block runs. Raises ConfigurationError."""
    running = RunningEngines(Servers(database=engines.moto or "", storage=engines.moto or ""))
    context = _Context(options, settings, programs, report)
    async with AsyncExitStack() as stack:
        for start in (_START[name] for name in engines.choice if name != MOTO):
            running = await stack.enter_async_context(start(running, context))
        yield running


@asynccontextmanager
async def _with_dynoxide(others: RunningEngines, context: _Context) -> AsyncIterator[RunningEngines]:
    """The engines with this database, which is reached through the gateway's check of signatures."""
    server = await start_dynoxide(context.programs, context.options.data)
    try:
        with bind(_LOOPBACK, 0) as listener:
            port = EnginePort("dynamodb", listener.getsockname()[1], server.address, signed=context.settings.auth)
            yield replace(
                others,
                servers=replace(others.servers, database=url_of(_LOOPBACK, listener), engine=server.address),
                processes=(*others.processes, server),
                engine_ports=(*others.engine_ports, port),
                listener=listener,
            )
    finally:
        await server.program.stop()


@asynccontextmanager
async def _with_seaweedfs(others: RunningEngines, context: _Context) -> AsyncIterator[RunningEngines]:
    """The engines with this storage, and with a feed of its events."""
    from esb_gateway.local.engines.seaweedfs import running_seaweedfs  # noqa: PLC0415 - 3 MB with httpx

    options, settings = context.options, context.settings
    credentials = Credentials(settings.access_key, settings.secret_key)
    verify = for_operators(Verifier(credentials, time.time, service=SIGNING_NAME) if settings.auth else None)
    async with running_seaweedfs(context.programs, options.root, options.data, credentials, context.report) as storage:
        feed = FeedServer(storage.feed(), verify)
        with bind(_LOOPBACK, 0) as listener:
            async with listening(feed.handle, listener, grace=1):
                events = url_of(_LOOPBACK, listener)
                yield replace(
                    others,
                    servers=replace(others.servers, storage=storage.server.address, storage_events=events),
                    processes=(*others.processes, storage.server),
                )


_START: Final = {DYNOXIDE: _with_dynoxide, SEAWEEDFS: _with_seaweedfs}


def missing_capabilities(root: Path, choice: EngineChoice) -> Iterator[str]:
    """A sentence for each resource that needs what its engine lacks; moto lacks nothing of what the table has.

    An invalid file is reported elsewhere.
    """
    try:
        resources = load("resources", root / "config/resources.yml")
    except ContractError:
        return
    names = {section.service: section.name for section in SECTIONS.values()}
    for service, name in (("dynamodb", choice.database), ("s3", choice.storage)):
        if name == MOTO:
            continue
        for capability in lacks(engines_of_service(service)[name]):
            for entry in resources.get(names[service]) or ():
                if is_needed(capability, entry):
                    resource = entry.get("TableName") or entry.get("BucketName")
                    yield f"{resource}: {name} has no {capability.label}: {capability.then}."
