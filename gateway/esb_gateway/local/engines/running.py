"""The engines behind the database and storage that are not moto, while a gateway runs, and how others find them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any, Final

import esb_schemas
from esb_gateway.local.backends import Servers
from esb_gateway.local.engines.choice import DYNOXIDE, MOTO, SEAWEEDFS, EngineChoice, StartedEngines
from esb_gateway.local.engines.dynoxide import start_dynoxide
from esb_gateway.local.engines.seaweedfs import running_seaweedfs
from esb_gateway.local.options import LocalOptions
from esb_gateway.local.programs import Programs
from esb_gateway.local.running_server import RunningServer
from esb_gateway.settings import EnginePort, Settings
from esb_gateway.storage_events.object_event import SIGNING_NAME
from esb_gateway.storage_events.server import FeedServer, FilerFeed
from esb_schemas.engines import engines as engines_of_service
from esb_schemas.engines import is_needed, lacks
from esb_schemas.sections import SECTIONS
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


@asynccontextmanager
async def running_engines(
    engines: StartedEngines,
    options: LocalOptions,
    settings: Settings,
    programs: Programs,
    report: Callable[[str], object],
) -> AsyncIterator[RunningEngines]:
    """Run those that are not moto while the block runs. Raises ConfigurationError."""
    choice, moto = engines.choice, engines.moto or ""
    processes: list[RunningServer] = []
    async with AsyncExitStack() as stack:
        database, engine, listener = moto, None, None
        ports: tuple[EnginePort, ...] = ()
        if choice.database == DYNOXIDE:
            dynoxide = await start_dynoxide(programs, options.data)
            stack.push_async_callback(dynoxide.program.stop)
            processes.append(dynoxide)
            listener, engine = stack.enter_context(bind(_LOOPBACK, 0)), dynoxide.address
            database = url_of(_LOOPBACK, listener)
            ports = (EnginePort("dynamodb", listener.getsockname()[1], engine, signed=settings.auth),)
        storage, feed = moto, None
        if choice.storage == SEAWEEDFS:
            credentials = Credentials(settings.access_key, settings.secret_key)
            seaweedfs = await stack.enter_async_context(
                running_seaweedfs(programs, options.root, options.data, credentials, report)
            )
            processes.append(seaweedfs.server)
            storage = seaweedfs.server.address
            verify = for_operators(Verifier(credentials, time.time, service=SIGNING_NAME) if settings.auth else None)
            feed_listener = stack.enter_context(bind(_LOOPBACK, 0))
            server = FeedServer(FilerFeed(seaweedfs.filer, seaweedfs.tls), verify)
            await stack.enter_async_context(listening(server.handle, feed_listener, grace=1))
            feed = url_of(_LOOPBACK, feed_listener)
        servers = Servers(database, storage, engine=engine, storage_events=feed)
        yield RunningEngines(servers, tuple(processes), ports, listener)


def missing_capabilities(root: Path, choice: EngineChoice) -> Iterator[str]:
    """A sentence for each resource that needs what its engine lacks; moto lacks nothing of what the table has.

    An invalid file is reported elsewhere.
    """
    try:
        resources = esb_schemas.load("resources", root / "config/resources.yml")
    except esb_schemas.ContractError:
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
