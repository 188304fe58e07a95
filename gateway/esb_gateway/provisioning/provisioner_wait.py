"""Wait, before the gateway serves, until the provisioner has made what resources.yml asks for.

Compose replaces the gateway's container before it runs the provisioner. If the container waited for that run to end,
as functions do, each setting that changes would cost seconds in which nothing answers. So the container starts at once,
and this waits if there is something to wait for: nothing was provisioned yet, or something else, or on other servers.

A container that is started again does not wait. It has served before, and nobody may be there to run the provisioner:
the machine has booted, for example.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Final

from esb_gateway.admin.readiness import Readiness
from esb_gateway.admin.state_page import OWN_PREFIX, admin_page
from esb_gateway.provisioning.run_record import ProvisionerRecord
from esb_gateway.settings import Settings
from esb_gateway.telemetry.logs import JsonLines
from esb_schemas.agreements.provisioned import read_record, resources_digest
from esb_wire.http.listener import listening
from esb_wire.http.messages import Request, Respond, json_response
from esb_wire.http.sockets import bind

POLL_INTERVAL: Final = 0.1  # seconds
PROVISIONER: Final = "the provisioner, which makes the tables and buckets; docker compose up -d runs it"
SERVED_IN: Final = "served-in"  # beside the file of events: the host name of the container that served last
_UNAVAILABLE: Final = json_response(503, {"message": "Service Unavailable"}, (("Retry-After", "1"),))


async def provisioned(
    settings: Settings, readiness: Readiness, write: Callable[[str], object], stop: asyncio.Event, host: str
) -> None:
    """Return when the resources are provisioned, or when `stop` is set. `host` is the host name of the container.

    Meanwhile `/_esb/ready` says what is waited for, and all else is answered 503. If the public listener speaks TLS,
    only the plain one is open, if there is one.
    """
    served_in = None if settings.events_file is None else settings.events_file.parent / SERVED_IN
    if not settings.data_servers or _text(served_in) == host:
        return
    if not _is_provisioned(settings):
        await _wait(settings, readiness, write, stop)
    if served_in is not None and not stop.is_set():
        with suppress(OSError):  # the file of events says what is wrong with this folder
            served_in.write_text(host, encoding="utf-8")


def _is_provisioned(settings: Settings) -> bool:
    record = None if settings.provisioned_file is None else read_record(settings.provisioned_file)
    wanted = resources_digest(settings.config_dir, settings.data_servers)
    return record is not None and record.resources == wanted != ""


def _text(path: Path | None) -> str:
    try:
        return "" if path is None else path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


async def _wait(settings: Settings, readiness: Readiness, write: Callable[[str], object], stop: asyncio.Event) -> None:
    log = JsonLines(write, time.time, asyncio.get_running_loop().call_later)
    log("gateway", "INFO", {"message": f"waiting for {PROVISIONER}"})
    readiness.waiting_for.add(PROVISIONER)
    record = None
    if settings.provisioned_file is not None:
        record = ProvisionerRecord(settings.provisioned_file, settings.config_dir, readiness, log)
    plain = settings.plain_port if settings.tls else settings.port
    try:
        async with AsyncExitStack() as stack:
            if plain is not None:
                listener = stack.enter_context(bind(settings.host, plain))
                answer = partial(_answer, readiness)
                await stack.enter_async_context(listening(answer, listener, grace=1, limits=settings.limits))
            while not stop.is_set() and not _is_provisioned(settings):
                if record is not None:
                    record.refresh()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), POLL_INTERVAL)
    finally:
        readiness.waiting_for.discard(PROVISIONER)
        log.flush()


def _answer(readiness: Readiness, request: Request, respond: Respond) -> None:
    respond(admin_page(request, readiness) if request.path.startswith(OWN_PREFIX) else _UNAVAILABLE)
