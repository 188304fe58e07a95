"""The gateway of `esb-gateway local`, once the database and storage listen."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from esb_gateway import dependencies
from esb_gateway.app import bind, url_of
from esb_gateway.embedded import EmbeddedHosting
from esb_gateway.errors import ConfigurationError
from esb_gateway.launch import Embedding
from esb_gateway.local_folder import Folder, local_settings, read_folder
from esb_gateway.processes import Command
from esb_gateway.programs import Programs
from esb_gateway.refusing import RefusingHosting
from esb_gateway.serving import serving
from esb_gateway.settings import Settings
from esb_gateway.surroundings import Readiness

if TYPE_CHECKING:
    from esb_gateway.local import Wish

_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - who listens on all listens on this one
_PATIENCE: Final = "600"  # seconds: a long journal takes a while to replay; stores that end are noticed at once


async def run_gateway(
    wish: Wish,
    stores: str,
    programs: Programs,
    out: Callable[[str], object],
    say: Callable[[str], object],
) -> None:
    """Provision, install, serve; `stores` is the URL of the database and storage. Raises ConfigurationError."""
    settings = local_settings(wish.root, wish.host, wish.port, wish.data, wish.environment)
    folder = read_folder(wish.root)
    for note in folder.notes:
        say(note)
    with bind(settings.host, settings.port) as listener:
        runnable = [each for name, each in folder.configuration.functions.items() if name not in folder.refused]
        required = dependencies.required(runnable, folder.root)
        await _both(
            provision(folder, settings, stores, programs, say),
            dependencies.install(required, wish.environment, programs.run, say),
        )
        gateway = url_of(_ANY_ADDRESS.get(settings.host, settings.host), listener)
        embedding = Embedding(
            root=folder.root,
            python=sys.executable,
            parent_pid=os.getpid(),
            region=folder.configuration.stack.region,
            access_key_id=settings.access_key,
            secret_access_key=settings.secret_key,
            environment=wish.environment,
            endpoints=endpoints(gateway, stores),
            dependencies=dependencies.folders_by_function(required),
        )
        hosting = RefusingHosting(EmbeddedHosting(embedding), folder.refused)
        async with serving(settings, folder.configuration, hosting, out, Readiness(), bound=listener) as url:
            out(f"ready: {url}\ndynamodb: {stores}\ns3: {stores}\n")
            await asyncio.Event().wait()


def endpoints(gateway: str, stores: str) -> dict[str, str]:
    """Where a function's SDK finds what; the stores answer for every service that is not there, too."""
    return {
        "AWS_ENDPOINT_URL": stores,
        "AWS_ENDPOINT_URL_DYNAMODB": stores,
        "AWS_ENDPOINT_URL_LAMBDA": gateway,
        "AWS_ENDPOINT_URL_S3": stores,
    }


async def provision(
    folder: Folder,
    settings: Settings,
    stores: str,
    programs: Programs,
    say: Callable[[str], object],
) -> None:
    """Run the provisioner; what it prints is for the person. Raises ConfigurationError unless it succeeds."""
    file = folder.root / "config/resources.yml"
    environment = {
        **programs.environment,
        "AWS_ACCESS_KEY_ID": settings.access_key,
        "AWS_SECRET_ACCESS_KEY": settings.secret_key,
        "AWS_REGION": folder.configuration.stack.region,
        "DYNAMODB_ENDPOINT": stores,
        "S3_ENDPOINT": stores,
    }
    module = (sys.executable, "-P", "-m", "esb_provisioner")
    command = Command((*module, str(file.resolve()), "--wait", _PATIENCE), environment, folder.root.resolve())
    code = await programs.run(command, say)
    if code:
        raise ConfigurationError(
            f"{file}: not all of it is there (esb-provision: exit code {code}); the reason is above."
        )


async def _both(*work: Coroutine[Any, Any, None]) -> None:
    """Side by side; when one fails the others are given up, and its error is raised as it is."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for each in work:
                tasks.create_task(each)
    except BaseExceptionGroup as group:
        raise _first(group) from None


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
