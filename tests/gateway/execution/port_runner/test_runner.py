"""The end of a process, step by step: real connections, and a launcher of fake processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from esb_gateway.child_processes.launcher import Collected, Command, Wanted
from esb_gateway.execution.embedded.embedded_host import EmbeddedHost
from esb_gateway.execution.functions import Functions
from esb_gateway.execution.pools.slots import Limits, State
from esb_gateway.invocation import Ending, Invocation, Outcome
from tests.gateway.execution.fakes import run_functions
from tests.gateway.functions import LAUNCH, ORDERS

pytestmark = pytest.mark.server

FUNCTION = replace(ORDERS, handler="app.echo", timeout=10)


class FakeProcess:
    """A `Child` without a process; the test connects and exits for it."""

    def __init__(self, command: Command, output: Callable[[bytes], None], exited: Callable[[int], None]) -> None:
        self.address = command.environment["AWS_LAMBDA_RUNTIME_API"].split(":")
        self.host = f"Host: {':'.join(self.address)}\r\n"
        self.exited = exited
        self.in_pipe = b""
        self._output = output
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(*self.address)

    def poll(self) -> None:
        self.writer.write(f"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n{self.host}\r\n".encode())

    def answer(self, request_id: str) -> None:
        head = f"POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\r\n{self.host}"
        self.writer.write(f"{head}Content-Length: 1\r\n\r\n1".encode())

    def terminate(self) -> None:
        self.kill()

    def kill(self) -> None:
        asyncio.get_running_loop().call_soon(self.exited, -9)

    def pass_on(self) -> None:
        printed, self.in_pipe = self.in_pipe, b""
        self._output(printed)

    def collect(self, _wanted: Wanted, collected: Callable[[Collected], None]) -> None:
        self.pass_on()
        collected(Collected())

    def take_output(self, _ticket: int, _printed: bytes) -> bool:
        return False


class FakeLauncher:
    """Keeps the processes it launched."""

    def __init__(self, _loop: asyncio.AbstractEventLoop) -> None:
        self.processes: list[FakeProcess] = []

    def launch(self, command: Command, output: Callable[[bytes], None], exited: Callable[[int], None]) -> FakeProcess:
        self.processes.append(FakeProcess(command, output, exited))
        return self.processes[-1]

    def close(self) -> None:
        for process in self.processes:
            process.writer.close()


class FunctionFixture:
    def __init__(self) -> None:
        self.launcher = FakeLauncher(asyncio.get_running_loop())
        host = EmbeddedHost(LAUNCH, lambda _: self.launcher)
        self.functions = Functions({"orders": FUNCTION}, host, lambda _: None, Limits(first_backoff=0.01))

    def submit(self, request_id: str) -> asyncio.Future[Outcome]:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.functions.submit(
            Invocation("orders", b"1", request_id, "Root=1", "arn", want_log_tail=True), ended.set_result
        )
        return ended

    async def process(self, number: int) -> FakeProcess:
        """The process of this number, once it is started, polling."""
        while len(self.launcher.processes) <= number:
            await asyncio.sleep(0.001)
        process = self.launcher.processes[number]
        await process.connect()
        process.poll()
        return process

    async def until(self, state: State) -> None:
        while self.functions.statistics()["orders"].slots[state] != 1:
            await asyncio.sleep(0.001)


def run(scenario: Callable[[FunctionFixture], Awaitable[None]]) -> None:
    run_functions(FunctionFixture, scenario)


@pytest.mark.parametrize(
    "head",
    [
        "Host: rebound.example:{port}",
        "Host: 127.0.0.1",
        "Origin: https://a.example\r\n{host}",
        "Sec-Fetch-Site: none\r\n{host}",
    ],
)
@pytest.mark.parametrize("target", ["GET {}/invocation/next", "POST {}/init/error", "POST {}/invocation/a/response"])
def test_a_page_in_a_browser_takes_no_work_and_answers_none(head: str, target: str) -> None:
    """It reaches all ports of 127.0.0.1, and reads what a name that it has led there answers."""

    async def scenario(fixture: FunctionFixture) -> None:
        ended = fixture.submit("a")
        while not fixture.launcher.processes:
            await asyncio.sleep(0.001)
        process = fixture.launcher.processes[0]
        reader, writer = await asyncio.open_connection(*process.address)
        lines = head.format(port=process.address[1], host=process.host.strip())
        request = f"{target.format('/2018-06-01/runtime')} HTTP/1.1\r\n{lines}\r\nContent-Length: 0\r\n\r\n"
        writer.write(request.encode())
        assert (await reader.read()).startswith(b"HTTP/1.1 403 ")
        writer.close()
        await fixture.process(0)
        await process.reader.readuntil(b"\r\n\r\n1")
        process.answer("a")
        assert (await ended).ending is Ending.DONE

    run(scenario)


def test_answer_that_was_sent_before_the_end_counts() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        ended = fixture.submit("a")
        process = await fixture.process(0)
        await process.reader.readuntil(b"\r\n\r\n1")
        process.answer("a")
        process.exited(1)
        assert (await ended).ending is Ending.DONE

    run(scenario)


def test_what_was_printed_before_the_answer_is_in_the_log_tail() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        ended = fixture.submit("a")
        process = await fixture.process(0)
        await process.reader.readuntil(b"\r\n\r\n1")
        process.in_pipe = b"printed\n"
        process.answer("a")
        assert b"\nprinted\nEND RequestId: a\n" in (await ended).log_tail

    run(scenario)


def test_work_does_not_go_to_a_process_whose_end_is_known() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        first_ended = fixture.submit("a")
        first = await fixture.process(0)
        await first.reader.readuntil(b"\r\n\r\n1")
        first.answer("a")
        await first_ended
        first.poll()
        await fixture.until(State.IDLE)
        first.exited(0)
        second_ended = fixture.submit("b")
        second = await fixture.process(1)
        await second.reader.readuntil(b"\r\n\r\n1")
        second.answer("b")
        assert (await second_ended).ending is Ending.DONE
        assert b"Request-Id: b" not in await first.reader.read()

    run(scenario)


def test_poll_that_was_sent_before_the_end_gets_no_work() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        ended = fixture.submit("a")
        while not fixture.launcher.processes:
            await asyncio.sleep(0)
        process = fixture.launcher.processes[0]
        await process.connect()
        process.poll()
        process.exited(3)
        outcome = await ended
        assert outcome.ending is Ending.INIT_ERROR
        assert b"exit status 3" in outcome.payload
        assert b"Request-Id: a" not in await process.reader.read()

    run(scenario)


def test_second_poll_of_a_process_replaces_the_first() -> None:
    async def scenario(fixture: FunctionFixture) -> None:
        ended = fixture.submit("a")
        process = await fixture.process(0)
        await process.reader.readuntil(b"\r\n\r\n1")
        process.answer("a")
        await ended
        process.poll()
        await fixture.until(State.IDLE)
        old_reader, old_writer = process.reader, process.writer
        await process.connect()
        process.poll()
        assert (await old_reader.read()).startswith(b"HTTP/1.1 202 ")
        old_writer.close()
        ended = fixture.submit("b")
        await process.reader.readuntil(b"\r\n\r\n1")
        process.answer("b")
        assert (await ended).ending is Ending.DONE

    run(scenario)


def test_stop_before_start_is_harmless() -> None:
    async def main() -> None:
        await Functions({"orders": FUNCTION}, EmbeddedHost(LAUNCH), lambda _: None).stop()

    asyncio.run(main())
