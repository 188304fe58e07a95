"""The gateway of `esb-gateway local`, once the database and storage listen."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from esb_gateway.admin.readiness import Readiness
from esb_gateway.async_invoke.rules import AWS_DELAYS, TEST_DELAYS
from esb_gateway.execution.embedded.launch import LaunchSettings
from esb_gateway.execution.embedded.toolchain import find_toolchain
from esb_gateway.local.backends import Servers
from esb_gateway.local.engine_choice import MOTO, SEAWEEDFS, EngineChoice, StartedEngines
from esb_gateway.local.engines.cloud import needs_cloud, region_of, start_cloud
from esb_gateway.local.engines.running import missing_capabilities, running_engines
from esb_gateway.local.folder.reading import local_settings
from esb_gateway.local.folder_source import FolderSource, ProvisionerRun
from esb_gateway.local.options import LocalOptions
from esb_gateway.local.programs.child_programs import Programs
from esb_gateway.local.programs.running_server import RunningServer
from esb_gateway.local.programs.temporary_folder import temporary_folder
from esb_gateway.local.programs.watch_build import build_command, watching_build
from esb_gateway.not_in_this_stack.answers import answer
from esb_gateway.not_in_this_stack.http2_refusal import RefusingConnection
from esb_gateway.serving.lifespan import serving
from esb_gateway.settings import Settings
from esb_schemas.backends import LAMBDA_ENDPOINT_VARIABLE
from esb_schemas.contract import Stack
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind, url_of

_LOOPBACK: Final = "127.0.0.1"
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - a listener on all addresses has this one


async def run_gateway(
    options: LocalOptions,
    engines: StartedEngines,
    programs: Programs,
    write: Callable[[str], object],
    report: Callable[[str], object],
) -> None:
    """Build if the options say so, start engines, provision, install, serve.

    Raises ConfigurationError.
    """
    changed = asyncio.Event()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_building(options, programs, report, changed))
        settings = local_settings(options.root, options.host, options.port, options.data, options.environment)
        record = stack.enter_context(temporary_folder("esb-local-run-")) / "provisioned.json"
        listeners = await _listen(stack, settings)

        if engines.choice != EngineChoice():
            options.on_step("starting the engines")
        running = await stack.enter_async_context(running_engines(engines, options, settings, programs, report))
        for note in missing_capabilities(options.root, engines.choice):
            report(note)

        variables = partial(_cloud_variables, options, settings, listeners.gateway)
        cloud = await _cloud(stack, options, programs, variables, report)
        servers = running.servers if cloud is None else replace(running.servers, cloud=cloud.address)

        launch = _launch_settings(options, settings, servers, listeners, engines.choice)
        run = ProvisionerRun(record, options.command, options.first_provisioner_options)
        source = FolderSource(launch, servers, programs, report, changed, run, options.overrides, options.debug)
        own = replace(
            settings,
            engine_ports=running.engine_ports,
            sweeps=servers.engine,
            remakes_tables=engines.choice.database == MOTO,
            endpoints=servers.own_endpoints(),
            embedded=servers.client_variables(listeners.gateway, listeners.elsewhere),
            static=options.static,
            tested_stores=engines.moto if options.testing else None,
            provisioned_file=record,
        )
        work = _serve(options, own, source, listeners, engine=running.listener, write=write, report=report)
        await running.while_running(work if cloud is None else cloud.while_running(work))


async def _serve(  # noqa: PLR0913 - what it connects
    options: LocalOptions,
    settings: Settings,
    source: FolderSource,
    listeners: _Listeners,
    *,
    engine: socket.socket | None,
    write: Callable[[str], object],
    report: Callable[[str], object],
) -> None:
    """Serve until cancelled."""
    options.on_step("creating resources, building and installing what functions need")
    async with serving(
        settings,
        source,
        source.host,
        lambda text: write(source.sources.in_tracebacks(text)),
        Readiness(),
        bound=listeners.public,
        plain=listeners.plain,
        engine=engine,
        delays=TEST_DELAYS if options.testing else AWS_DELAYS,
    ) as url:
        write(f"ready: {url}\n{source.servers.ready_lines()}")
        if not options.quiet:
            for line in source.started(url):
                report(line)
        await asyncio.Event().wait()


def _building(
    options: LocalOptions, programs: Programs, report: Callable[[str], object], changed: asyncio.Event
) -> AbstractAsyncContextManager[None]:
    """With `--watch`: the first build has succeeded, and the next ones set `changed`."""
    if options.build is None:
        return nullcontext()
    options.on_step("waiting for the build")
    command = build_command(options.root, options.build, options.environment)
    return watching_build(command, programs, report, changed.set, partial(_is_built, options.root))


async def _cloud(
    stack: AsyncExitStack,
    options: LocalOptions,
    programs: Programs,
    variables: Callable[[], Mapping[str, str]],
    report: Callable[[str], object],
) -> RunningServer | None:
    """esb-cloud, if the application needs it. With a build beside it, it may get its first queue at any time."""
    if not (options.cloud or options.build is not None or needs_cloud(options.root)):
        return None
    options.on_step("starting esb-cloud")
    cloud = await start_cloud(programs, variables(), options.data, report, testing=options.testing)
    stack.push_async_callback(cloud.program.stop)
    return cloud


class _Listeners(NamedTuple):
    """The gateway's listeners, the public one and the one without TLS beside it, and two URLs for functions.

    `gateway` leads to the gateway itself, `elsewhere` to the answer about services that the stack does not have.
    """

    public: socket.socket
    plain: socket.socket | None
    gateway: str
    elsewhere: str


async def _listen(stack: AsyncExitStack, settings: Settings) -> _Listeners:
    """Bind the gateway's addresses, and serve requests for other services already."""
    public = stack.enter_context(bind(settings.host, settings.port))
    plain = stack.enter_context(_plain_listener(settings))
    refusing = stack.enter_context(bind(_LOOPBACK, 0))
    await stack.enter_async_context(listening(answer, refusing, grace=1, connection=RefusingConnection))
    host = _ANY_ADDRESS.get(settings.host, settings.host)
    gateway = url_of(host, public) if plain is None else url_of(_LOOPBACK, plain)
    return _Listeners(public, plain, gateway, url_of(_LOOPBACK, refusing))


def _launch_settings(
    options: LocalOptions, settings: Settings, servers: Servers, listeners: _Listeners, choice: EngineChoice
) -> LaunchSettings:
    return LaunchSettings(
        root=options.root,
        python=sys.executable,
        parent_pid=os.getpid(),
        region=Stack().region,  # until the folder is read
        access_key_id=settings.access_key,
        secret_access_key=settings.secret_key,
        environment=options.environment,
        tools=find_toolchain(options.environment.get("PATH")),
        endpoints=servers.sdk_variables(listeners.gateway, listeners.elsewhere),
        moved_urls=servers.moved_urls(listeners.gateway, listeners.elsewhere),
        has_session_token=choice.storage != SEAWEEDFS,
    )


def _cloud_variables(options: LocalOptions, settings: Settings, gateway: str) -> dict[str, str]:
    """The environment of esb-cloud, which invokes functions at the gateway."""
    return {
        "AWS_ACCESS_KEY_ID": settings.access_key,
        "AWS_SECRET_ACCESS_KEY": settings.secret_key,
        "AWS_REGION": region_of(options.root),
        "ESB_AUTH": "on" if settings.auth else "off",
        LAMBDA_ENDPOINT_VARIABLE: gateway,
    }


def _is_built(root: Path) -> bool:
    """Whether a build has succeeded, now or before."""
    return (root / "config/functions.yml").is_file()


def _plain_listener(settings: Settings) -> AbstractContextManager[socket.socket | None]:
    """The listener on which functions reach a gateway with TLS without knowing its certificate."""
    return nullcontext() if settings.tls is None else bind(_LOOPBACK, 0)
