"""The start says what it does, for the line at a terminal."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from esb_gateway.local.options import LocalOptions
from esb_gateway.local.run import run_local


@pytest.mark.server
def test_a_start_says_what_it_does_until_it_is_ready(by_hand: Path) -> None:
    steps: list[str] = []
    asyncio.run(until_ready(by_hand, steps))
    assert steps == [
        "starting the database and the storage",
        "starting esb-cloud",
        "creating resources, building and installing what functions need",
    ]


async def until_ready(root: Path, steps: list[str]) -> None:
    ready = asyncio.Event()
    options = LocalOptions(root, "127.0.0.1", 0, None, os.environ, cloud=True, quiet=True, on_step=steps.append)
    gateway = asyncio.ensure_future(run_local(options, lambda text: _ready(text, ready), print))
    try:
        await asyncio.wait_for(ready.wait(), 60)
    finally:
        gateway.cancel()
        await asyncio.wait([gateway])


def _ready(text: str, ready: asyncio.Event) -> None:
    if text.startswith("ready: "):
        ready.set()
