"""Fixtures of the tests of `esb-gateway local`: the output of `esb build` for the example, and running gateways."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.gateway.local.local_gateway import DOCUMENTS, LocalGateway, write_folder

EXAMPLE = Path(__file__).parents[3] / "examples/orders/template.yaml"


@pytest.fixture(scope="session")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's .esb folder."""
    output = tmp_path_factory.mktemp("orders") / ".esb"
    build = [sys.executable, "-m", "esb_generator", "build", "-t", str(EXAMPLE), "--output", str(output)]
    subprocess.run(build, check=True, capture_output=True, cwd=output.parent)
    return output


@pytest.fixture(scope="session")
def shop(orders: Path) -> Iterator[LocalGateway]:
    """The example, running, for all tests that leave it running."""
    gateway = LocalGateway(orders)
    try:
        yield gateway.ready()
    finally:
        gateway.end()


TICKING = """
stack: {name: shop}
functions:
  diary:
    handler: app.handler
    runtime: python3.11
    code: functions/diary
    events:
    - {type: Schedule, name: Tick, schedule: rate(1 minute)}
    - {type: ScheduleV2, name: Shift, schedule: cron(0 6 1 1 ? *), timezone: Europe/Berlin, input: '{"secret": 1}'}
"""


@pytest.fixture(scope="session", autouse=True)
def ticking(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalGateway | None]:
    """A gateway with a schedule that fires every minute, if a test waits for it; started before all of the others, so
    that the minute is over when its turn comes.
    """
    if not any(item.path.name == "test_schedules.py" for item in request.session.items):
        yield None
        return
    root = tmp_path_factory.mktemp("ticking")
    write_folder(root, {"functions.yml": TICKING, "resources.yml": "DynamoDB: []\n"}, "diary")
    gateway = LocalGateway(root, "--data", str(root / "data"))
    try:
        yield gateway
    finally:
        if gateway.process.poll() is None:
            gateway.end()


Start: TypeAlias = Callable[..., LocalGateway]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts gateways, and ends those that the test has left."""
    with _starting() as start:
        yield start


@pytest.fixture(scope="module")
def start_shared() -> Iterator[Start]:
    """As `start`, for all tests of a file."""
    with _starting() as start:
        yield start


@contextmanager
def _starting() -> Iterator[Start]:
    started: list[LocalGateway] = []

    def start(root: Path, *options: str) -> LocalGateway:
        started.append(LocalGateway(root, *options))
        return started[-1]

    yield start
    for gateway in started:
        if gateway.process.poll() is None:
            gateway.process.kill()
        if gateway.process.stdout is not None and not gateway.process.stdout.closed:
            gateway.wait()


@pytest.fixture
def by_hand(tmp_path: Path) -> Path:
    """A small folder as a person might write it: the functions `probe` and `echo`, one table, one bucket, one route."""
    root = tmp_path / "stack"
    write_folder(root, DOCUMENTS, "probe", "echo")
    return root


# Below the ports that the kernel gives by chance; each process of tests has others, and no port is given twice.
PORTS = iter(range(21000 + os.getpid() % 8000, 32000))


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    for port in PORTS:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no port is free")
