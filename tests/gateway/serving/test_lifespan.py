"""Clients that never stop asking notice nothing of a configuration that changes under them but its answers."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop

from esb_gateway.admin.readiness import Readiness
from esb_gateway.async_invoke.event_file import EventFile
from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.configuration.reloading import Revision, Stamps
from esb_gateway.execution.embedded.embedded_host import EmbeddedHost
from esb_gateway.serving.lifespan import serving
from esb_gateway.settings import Settings
from tests.gateway.functions import LAUNCH
from tests.watching import until_async

pytestmark = pytest.mark.server

CHANGES = 20
CLIENTS = 8
REQUEST = b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"


def version(number: int, handler: str = "app.version") -> Configuration:
    """Of each change something else is new: the environment; where the route leads; how many slots there are."""
    name = f"f{number // 2 % 3}"
    function = {
        "handler": handler,
        "runtime": "python3.12",
        "code": "handlers",
        "timeout": 20,
        "environment": {"VERSION": str(number)},
        "scaling": {"max_capacity": 1 + number % 2},
    }
    route = {"path": "/version", "method": "GET", "function": name}
    return read_configuration({"functions": {name: function}}, {"routes": [route]})


class Versions:
    """A source in the hands of the test."""

    def __init__(self, first: Configuration) -> None:
        self.now = first

    def poll(self) -> Stamps:
        return {"configuration": id(self.now)}

    async def wait(self, _seconds: float) -> None:
        await asyncio.sleep(0.005)

    async def read(self, _changed: frozenset[str]) -> Revision:
        return Revision(self.now)


@asynccontextmanager
async def gateway(
    source: Versions, lines: list[str], events_file: Path | None = None
) -> AsyncIterator[tuple[str, int]]:
    folder = Path(__file__).parents[1] / "execution"
    launch = replace(LAUNCH, root=folder, environment=os.environ)
    settings = Settings(host="127.0.0.1", port=0, auth=False, access_log=False, events_file=events_file)
    async with serving(settings, source, EmbeddedHost(launch), lines.append, Readiness()) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        yield host, int(port)


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, str]:
    """The status and the body of the next response."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: "))
    return head.split()[1], (await reader.readexactly(int(length.split()[1]))).decode()


def run(scenario: Any) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(scenario(), 100))


def test_no_request_fails_while_the_configuration_changes_twenty_times() -> None:
    statuses: Counter[bytes] = Counter()
    versions: Counter[str] = Counter()  # in the order of their first answers

    async def ask(address: tuple[str, int], end: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection(*address)
        while not end.is_set():
            writer.write(REQUEST)
            status, body = await answer(reader)
            statuses[status] += 1
            versions[body] += 1
        writer.close()
        await writer.wait_closed()

    async def scenario() -> None:
        source, end = Versions(version(0)), asyncio.Event()
        async with gateway(source, []) as address, asyncio.TaskGroup() as clients:
            for _ in range(CLIENTS):
                clients.create_task(ask(address, end))
            for number in range(CHANGES + 1):
                source.now = version(number)
                while versions[str(number)] < 5 * CLIENTS:
                    await asyncio.sleep(0.005)
            end.set()

    run(scenario)
    assert set(statuses) == {b"200"}
    assert list(versions) == [str(number) for number in range(CHANGES + 1)]


def test_what_a_removed_function_has_accepted_is_answered() -> None:
    """One request runs and one waits for its slot."""

    async def scenario() -> None:
        source, lines = Versions(version(0, "app.slow_version")), list[str]()
        async with gateway(source, lines) as address:
            connections = [await asyncio.open_connection(*address) for _ in range(4)]
            (first, to_first), (second, to_second), (other, to_other), (third, to_third) = connections
            to_first.write(REQUEST)
            to_second.write(REQUEST)
            to_other.write(b"GET /_esb/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await answer(other))[0] == b"200"
            source.now = read_configuration({"functions": {}}, {"routes": []})
            while not any("configuration applied: removed f0" in line for line in lines):
                await asyncio.sleep(0.005)
            to_third.write(REQUEST)
            assert (await answer(third))[0] == b"404"
            assert await answer(first) == await answer(second) == (b"200", "0")
            for _, writer in connections:
                writer.close()

    run(scenario)


def test_an_event_that_has_run_when_the_gateway_stops_does_not_run_again(tmp_path: Path) -> None:
    """Its large response is read in another process, which has just begun to start."""
    large = {
        "handler": "app.large",
        "runtime": "python3.12",
        "code": "handlers",
        "event_invoke": {"on_success": {"arn": "arn:aws:sqs:us-east-1:123456789012:done"}},
    }
    request = (
        b"POST /2015-03-31/functions/large/invocations HTTP/1.1\r\nHost: localhost\r\n"
        b'X-Amz-Invocation-Type: Event\r\nContent-Length: 16\r\n\r\n{"size":3000000}'
    )

    async def scenario() -> None:
        lines = list[str]()
        configuration = read_configuration({"functions": {"large": large}}, {"routes": []})
        async with gateway(Versions(configuration), lines, tmp_path / "events") as address:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(request)
            assert (await answer(reader))[0] == b"202"
            writer.close()
            await until_async(lambda: any("START RequestId" in line for line in lines))

    run(scenario)
    with closing(EventFile(tmp_path / "events", 1_000_000_000, time.time())) as file:
        assert (file.queued, file.kept) == (0, 1)  # kept, because no queue of this stack takes its record
