"""What the tests of the server share: one that runs, and clients for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.cloud_process import CloudProcess, Spawn
from tests.cloud.running_cloud import RunningCloud, Start

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cloud() -> Iterator[RunningCloud]:
    """One for all tests; each has queues of its own."""
    running = RunningCloud().start()
    yield running
    running.stop()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts one of the test's own: `start(data, max_size=…)`."""
    started: list[RunningCloud] = []

    def run(*arguments: Any, **settings: Any) -> RunningCloud:
        started.append(RunningCloud(*arguments, **settings).start())
        return started[-1]

    yield run
    for running in started:
        if running.url and running._thread.is_alive():
            running.stop()


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Starts processes of the test's own: `spawn(data, "--option", port=…)`."""
    spawned: list[CloudProcess] = []

    def run(*arguments: Any, **settings: Any) -> CloudProcess:
        spawned.append(CloudProcess(*arguments, **settings))
        return spawned[-1]

    yield run
    for each in spawned:
        if each.process.poll() is None:
            each.kill()


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"queue-{next(_numbers)}"


@pytest.fixture
def sqs(cloud: RunningCloud) -> Any:
    return cloud.client()
