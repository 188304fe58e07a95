"""`esb-gateway serve`, in the gateway's container: the environment, functions.yml and routing.yml, then until TERM."""

from __future__ import annotations

import argparse
import asyncio
import socket
from collections.abc import Mapping
from dataclasses import replace

from esb_gateway.admin.readiness import Readiness
from esb_gateway.cli.running import new_runner, on_stop_signal, print_lines, with_tls
from esb_gateway.configuration.reloading import ConfigurationFolder
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.containers.container_host import ContainerHost
from esb_gateway.not_in_this_stack.answers import answer
from esb_gateway.not_in_this_stack.http2_refusal import RefusingConnection
from esb_gateway.provisioning.provisioner_wait import provisioned
from esb_gateway.serving.lifespan import serving
from esb_gateway.settings import Settings, read_settings
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind, raise_descriptor_limit


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    settings = _overridden(read_settings(with_tls(environment, options)), options)
    if not settings.runtime_secret:
        raise ConfigurationError(
            "environment: ESB_RUNTIME_SECRET is needed to know which function a container is; pass secrets.env."
        )
    with new_runner() as runner:
        runner.run(_serve(settings))


def _overridden(settings: Settings, options: argparse.Namespace) -> Settings:
    given = {"config_dir": options.config, "host": options.host, "port": options.port}
    return replace(settings, **{name: value for name, value in given.items() if value is not None})


async def _serve(settings: Settings) -> None:
    raise_descriptor_limit()
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    readiness = Readiness()
    await provisioned(settings, readiness, print_lines, stop, socket.gethostname())
    if stop.is_set():
        return
    host = ContainerHost(settings.runtime_secret, (settings.host, settings.runtime_port))
    source = ConfigurationFolder(settings.config_dir, settings.debugged)
    async with serving(settings, source, host, print_lines, readiness, restart=stop.set) as url:
        with bind(settings.host, settings.not_in_this_stack_port) as elsewhere:
            async with listening(answer, elsewhere, grace=1, limits=settings.limits, connection=RefusingConnection):
                print_lines(f"ready: {url}\n")
                await stop.wait()
