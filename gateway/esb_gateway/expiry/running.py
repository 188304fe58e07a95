"""The sweeper, at work while a gateway runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from esb_gateway.clocks import SYSTEM_CLOCKS
from esb_gateway.expiry.database import Database
from esb_gateway.expiry.sweeper import INTERVAL, Sweeper
from esb_gateway.expiry.ttl_removals import TtlRemovals
from esb_gateway.settings import Settings
from esb_gateway.telemetry.telemetry import Telemetry
from esb_wire.http.client import Client, ClientLimits
from esb_wire.sigv4 import Credentials


@asynccontextmanager
async def sweeping(
    settings: Settings, telemetry: Telemetry, removals: TtlRemovals, interval: float = INTERVAL
) -> AsyncIterator[None]:
    """Delete expired items while the block runs, if the settings name a database that does not do it itself."""
    if settings.sweeps is None:
        yield
        return
    server = urlsplit(settings.sweeps)
    client = Client(server.hostname or "", server.port or 80, ClientLimits(connections=1))
    credentials = Credentials(settings.access_key, settings.secret_key)
    sweeper = Sweeper(
        database=Database(client, server.netloc, credentials, telemetry.clock),
        clock=telemetry.clock,
        monotonic=SYSTEM_CLOCKS.steady,
        sleep=asyncio.sleep,
        counts=telemetry.counts,
        removals=removals,
        log=telemetry.log,
        interval=interval,
    )
    task = asyncio.create_task(_until_cancelled(sweeper, telemetry))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await client.close()


async def _until_cancelled(sweeper: Sweeper, telemetry: Telemetry) -> None:
    while True:
        try:
            await sweeper.run()
        except Exception as error:
            telemetry.log("gateway", "ERROR", {"message": f"the sweep of expired items broke off: {error!r}"})
