"""A dispatcher of all services on a store in memory, in which no call waits."""

from __future__ import annotations

import asyncio

from esb_cloud.aws.dispatch import Dispatcher
from esb_cloud.aws.stack import Stack
from esb_cloud.aws.waiting import Waiters
from esb_cloud.services import SERVICES
from esb_cloud.sql.store import Store
from esb_wire.offload import Offload


def dispatcher_without_waits(offload: Offload, reports: list[str]) -> Dispatcher:
    """It requires no signature. `reports` get what it logs; close its `store` in the end."""
    loop = asyncio.get_running_loop()
    waiters = Waiters(loop.time, loop.call_later)
    waiters.closed = True
    return Dispatcher(
        SERVICES,
        store=Store(None, None, reports.append),
        waiters=waiters,
        stack=Stack(),
        verifier=None,
        call_later=loop.call_later,
        offload=offload,
        report=reports.append,
    )
