"""`esb-gateway forward`, in the container that has the host names of buckets: to the storage, until TERM."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from typing import Final

from esb_gateway.cli.running import new_runner, on_stop_signal, print_lines
from esb_wire.forwarding import Target, forwarding
from esb_wire.http.sockets import bind, raise_descriptor_limit, url_of

_DRAIN: Final = 5.0  # seconds


def run(options: argparse.Namespace, _environment: Mapping[str, str]) -> None:
    with new_runner() as runner:
        runner.run(
            _forward(options.target, options.host, options.target.port if options.port is None else options.port)
        )


async def _forward(target: Target, host: str, port: int) -> None:
    raise_descriptor_limit()
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    with bind(host, port) as listener:
        async with forwarding(listener, target, drain=_DRAIN):
            print_lines(f"ready: {url_of(host, listener, 'tcp')}\n")
            await stop.wait()
