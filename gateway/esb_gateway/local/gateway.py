"""The gateway of `esb-gateway local`, once the database and storage listen."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from typing import Final

from esb_gateway.apis.function_urls import PATH_PREFIX
from esb_gateway.dependencies import Readiness
from esb_gateway.execution.launch import LaunchSettings
from esb_gateway.local.folder import local_settings
from esb_gateway.local.options import Wish
from esb_gateway.local.programs import Programs
from esb_gateway.local.source import LocalSource
from esb_gateway.local.watch_build import build_command, building
from esb_gateway.serving import serving
from esb_gateway.settings import Settings
from esb_schemas.contract import Stack
from esb_wire.http.sockets import bind, url_of

_GATEWAY_IN_CONTAINERS: Final = "http://gateway:8080"  # with which the generator writes function URLs
_LOOPBACK: Final = "127.0.0.1"
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - who listens on all listens on this one


async def run_gateway(
    wish: Wish,
    stores: str,
    programs: Programs,
    out: Callable[[str], object],
    say: Callable[[str], object],
) -> None:
    """Build if that is asked for, provision, install, serve; `stores` is the URL of the database and storage.

    Raises ConfigurationError.
    """
    changed = asyncio.Event()
    async with AsyncExitStack() as stack:
        if wish.build is not None:
            command = build_command(wish.root, wish.build, wish.environment)
            await stack.enter_async_context(building(command, programs, say, changed.set))
        settings = local_settings(wish.root, wish.host, wish.port, wish.data, wish.environment)
        listener = stack.enter_context(bind(settings.host, settings.port))
        plain = stack.enter_context(_inside(settings))
        here = _ANY_ADDRESS.get(settings.host, settings.host)
        gateway = url_of(here, listener) if plain is None else url_of(_LOOPBACK, plain)
        embedding = LaunchSettings(
            root=wish.root,
            python=sys.executable,
            parent_pid=os.getpid(),
            region=Stack().region,  # until the folder is read
            access_key_id=settings.access_key,
            secret_access_key=settings.secret_key,
            environment=wish.environment,
            endpoints=endpoints(gateway, stores),
            moved_url=(_GATEWAY_IN_CONTAINERS + PATH_PREFIX, gateway + PATH_PREFIX),
        )
        source = LocalSource(embedding, stores, programs, say, changed)
        async with serving(settings, source, source.hosting, out, Readiness(), bound=listener, plain=plain) as url:
            out(f"ready: {url}\ndynamodb: {stores}\ns3: {stores}\n")
            await asyncio.Event().wait()


def _inside(settings: Settings) -> AbstractContextManager[socket.socket | None]:
    """Where functions reach a gateway with TLS: they need not know its certificate."""
    return nullcontext() if settings.tls is None else bind(_LOOPBACK, 0)


def endpoints(gateway: str, stores: str) -> dict[str, str]:
    """Where a function's SDK finds what; the stores answer for every service that is not there, too."""
    return {
        "AWS_ENDPOINT_URL": stores,
        "AWS_ENDPOINT_URL_DYNAMODB": stores,
        "AWS_ENDPOINT_URL_LAMBDA": gateway,
        "AWS_ENDPOINT_URL_S3": stores,
    }
