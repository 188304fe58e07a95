"""Fixtures: a clock, a pool, and moto on a free port of the loopback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.moto_server import moto_server
from tests.provisioner.command import Stack
from tests.provisioner.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    with moto_server() as url:
        yield url


@pytest.fixture
def stack(moto_url: str, tmp_path: Path) -> Stack:
    """Moto's server, emptied."""
    with urlopen(Request(f"{moto_url}/moto-api/reset", method="POST")):
        return Stack(moto_url, tmp_path)
