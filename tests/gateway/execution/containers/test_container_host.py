"""Runtimes that come to the shared port, as small clients over real connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import pytest

from esb_gateway.execution.containers.container_host import ContainerHost, runtime_host
from esb_gateway.execution.functions import Functions
from esb_gateway.execution.output.slot_output import LogLine
from esb_gateway.execution.pools.slots import Limits, State
from esb_gateway.invocation import Ending, Function, Invocation, Outcome
from tests.gateway.execution.fakes import run_functions
from tests.gateway.functions import ORDERS

SECRET = "a secret"
FUNCTION = replace(ORDERS, handler="app.echo", runtime="nodejs20.x", timeout=10, max_capacity=4, queue_depth=100)
PYTHON = "aws-lambda-python/3.12-4.0"
NODE = "aws-lambda-nodejs/v20-3.3"


def test_host_name_is_bound_to_function_and_secret() -> None:
    # openssl: printf orders | openssl dgst -sha256 -hmac "a secret"
    assert runtime_host("orders", SECRET) == "orders-f738258ab8deb92ef2f1c67c42df5370.esb"
    assert runtime_host("orders", "another") != runtime_host("orders", SECRET)
    assert runtime_host("Orders", SECRET) != runtime_host("orders", SECRET)


@pytest.mark.server
def test_a_container_that_resolves_its_host_name_has_it_as_one_label() -> None:
    async def scenario(fixture: HostFixture) -> None:
        async with fixture.client() as client:
            client.headers = client.headers.replace(".esb:", ":")
            client.poll()
            await fixture.until_count(State.IDLE, 1)

    run(scenario)


@pytest.mark.server
def test_what_arrives_after_the_stop_may_be_asked_again() -> None:
    """A connection that was open before may bring a request: 503 with Retry-After, not the 500 of a throttled one."""

    async def scenario(fixture: HostFixture) -> None:
        await fixture.functions.stop(grace=0)
        assert (await fixture.submit("42")).ending is Ending.NOT_RUN

    run(scenario)


@pytest.mark.server
def test_host_names_compare_without_case() -> None:
    async def scenario(fixture: HostFixture) -> None:
        async with fixture.client() as client:
            client.headers = client.headers.replace("orders-", "ORDERS-").replace(".esb", ".ESB")
            client.poll()
            await fixture.until_count(State.IDLE, 1)

    run(scenario)


class HostFixture:
    def __init__(self, function: Function, limits: Limits) -> None:
        self.host = ContainerHost(SECRET, ("127.0.0.1", 0))
        self.lines: list[LogLine] = []
        functions = {"orders": function, "bills": replace(function, name="bills")}
        self.functions = Functions(functions, self.host, self.lines.append, limits)

    def submit(self, request_id: str) -> asyncio.Future[Outcome]:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        request = Invocation("orders", b'{"a": 1}', request_id, "Root=1-2-3", FUNCTION.arn)
        self.functions.submit(request, ended.set_result)
        return ended

    def count(self, state: State) -> int:
        return self.functions.statistics()["orders"].slots[state]

    async def until_count(self, state: State, number: int) -> None:
        while self.count(state) != number:
            await asyncio.sleep(0.002)

    @asynccontextmanager
    async def client(
        self, function: str = "orders", agent: str = PYTHON, secret: str = SECRET
    ) -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.host.port)
        try:
            yield Client(reader, writer, f"Host: {runtime_host(function, secret)}:9001\r\nUser-Agent: {agent}\r\n")
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@dataclass
class Client:
    """A runtime client of few words."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    headers: str

    def poll(self) -> None:
        self.writer.write(f"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n{self.headers}\r\n".encode())

    def post(self, path: str, body: bytes) -> None:
        head = f"POST /2018-06-01/runtime/{path} HTTP/1.1\r\n{self.headers}Content-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)

    async def receive(self) -> tuple[int, dict[str, str], bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:-2])
        body = await self.reader.readexactly(int(headers["Content-Length"]))
        return int(head[0].split()[1]), headers, body


def run(
    scenario: Callable[[HostFixture], Awaitable[None]], function: Function = FUNCTION, limits: Limits | None = None
) -> None:
    run_functions(lambda: HostFixture(function, limits or Limits()), scenario)


@pytest.mark.server
def test_poller_gets_the_work_and_its_answer_is_the_outcome() -> None:
    async def scenario(fixture: HostFixture) -> None:
        async with fixture.client() as client:
            client.poll()
            ended = fixture.submit("42")
            status, headers, body = await client.receive()
            assert (status, headers["Lambda-Runtime-Aws-Request-Id"], body) == (200, "42", b'{"a": 1}')
            client.post("invocation/42/response", b'"done"')
            assert (await client.receive())[0] == 202
            outcome = await ended
            assert (outcome.ending, outcome.payload) == (Ending.DONE, b'"done"')
            assert [line.text.split()[0] for line in fixture.lines] == ["START", "END", "REPORT"]

    run(scenario)


@pytest.mark.server
def test_answer_may_come_on_another_connection_even_after_the_first_is_closed() -> None:
    async def scenario(fixture: HostFixture) -> None:
        ended = fixture.submit("42")
        async with fixture.client(agent=NODE) as polling:
            polling.poll()
            await polling.receive()
        async with fixture.client(agent=NODE) as answering:
            answering.post("invocation/42/response", b"1")
            assert (await answering.receive())[0] == 202
        assert (await ended).ending is Ending.DONE
        await fixture.until_count(State.RETURNING, 0)
        assert sum(fixture.count(state) for state in State) == 0

    run(scenario)


@pytest.mark.server
def test_end_of_a_python_runtimes_connection_is_the_end_of_the_runtime() -> None:
    async def scenario(fixture: HostFixture) -> None:
        ended = fixture.submit("42")
        async with fixture.client(agent=PYTHON) as client:
            client.poll()
            await client.receive()
        outcome = await ended
        assert outcome.ending is Ending.EXITED
        assert json.loads(outcome.payload)["errorMessage"] == (
            "RequestId: 42 Error: Runtime exited without providing a reason"
        )

    run(scenario)


@pytest.mark.server
@pytest.mark.parametrize("agent", [PYTHON, NODE])
def test_deadline_closes_the_connection_and_refuses_the_late_answer(agent: str) -> None:
    async def scenario(fixture: HostFixture) -> None:
        ended = fixture.submit("42")
        async with fixture.client(agent=agent) as polling, fixture.client(agent=agent) as answering:
            polling.poll()
            await polling.receive()
            assert (await ended).ending is Ending.TIMED_OUT
            assert await polling.reader.read() == b""
            answering.post("invocation/42/response", b"1")
            assert (await answering.receive())[0] == 400
        await fixture.until_count(State.LEAVING, 0)

    run(scenario, replace(FUNCTION, timeout=0.1))


@pytest.mark.server
def test_idle_poller_that_leaves_gets_no_work() -> None:
    async def scenario(fixture: HostFixture) -> None:
        async with fixture.client() as first:
            first.poll()
            await fixture.until_count(State.IDLE, 1)
        await fixture.until_count(State.IDLE, 0)
        ended = fixture.submit("42")
        async with fixture.client() as second:
            second.poll()
            assert (await second.receive())[0] == 200
            second.post("invocation/42/response", b"1")
            assert (await ended).ending is Ending.DONE

    run(scenario)


@pytest.mark.server
def test_function_cannot_answer_or_poll_for_another() -> None:
    async def scenario(fixture: HostFixture) -> None:
        ended = fixture.submit("42")
        async with fixture.client("orders") as owner, fixture.client("bills") as other:
            owner.poll()
            await owner.receive()
            other.post("invocation/42/response", b'"stolen"')
            assert (await other.receive())[0] == 400
            owner.post("invocation/42/response", b'"own"')
            assert (await ended).payload == b'"own"'

    run(scenario)


@pytest.mark.server
def test_wrong_token_is_refused_and_the_connection_closed() -> None:
    async def scenario(fixture: HostFixture) -> None:
        async with fixture.client(secret="a guess") as client:
            client.poll()
            status, headers, _ = await client.receive()
            assert (status, headers["Connection"]) == (403, "close")
            assert await client.reader.read() == b""

    run(scenario)


@pytest.mark.server
def test_init_error_of_a_container_fails_what_waits() -> None:
    async def scenario(fixture: HostFixture) -> None:
        ended = fixture.submit("42")
        async with fixture.client() as client:
            client.post("init/error", b'{"errorType": "Runtime.ImportModuleError", "errorMessage": "no"}')
            assert (await client.receive())[0] == 202
        outcome = await ended
        assert outcome.ending is Ending.INIT_ERROR
        assert json.loads(outcome.payload)["errorType"] == "Runtime.ImportModuleError"

    run(scenario)


@pytest.mark.server
def test_request_that_no_container_takes_is_given_up() -> None:
    async def scenario(fixture: HostFixture) -> None:
        outcome = await fixture.submit("42")
        assert (outcome.ending, outcome.duration_ms) == (Ending.NOT_RUN, 0)

    run(scenario, limits=Limits(queue_wait=0.1))


@pytest.mark.server
def test_half_closed_and_garbage_connections_end_cleanly() -> None:
    async def scenario(fixture: HostFixture) -> None:
        for garbage in (b"", b"GET ", b"\x16\x03\x01\x02\0", b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nx"):
            async with fixture.client() as client:
                client.writer.write(garbage)
                client.writer.write_eof()
                await client.reader.read()
        assert sum(fixture.count(state) for state in State) == 0

    run(scenario)


@pytest.mark.server
def test_stop_ends_waiting_pollers_and_running_requests() -> None:
    async def scenario(fixture: HostFixture) -> None:
        ended = fixture.submit("42")
        async with fixture.client() as busy, fixture.client() as idle:
            busy.poll()
            await busy.receive()
            idle.poll()
            await fixture.until_count(State.IDLE, 1)
            await fixture.functions.stop(grace=0.1)
            assert (await ended).ending is Ending.STOPPED
            assert await idle.reader.read() == b""
            assert await busy.reader.read() == b""

    run(scenario)
