"""A slot with an extension, step by step: real connections, and a launcher of fake processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.child_processes.launcher import Collected, Command, Wanted
from esb_gateway.execution.embedded.embedded_host import EmbeddedHost
from esb_gateway.execution.functions import Functions
from esb_gateway.execution.output.slot_output import LogLine
from esb_gateway.execution.pools.slots import Limits, State
from esb_gateway.invocation import Ending, Function, Invocation, Outcome
from tests.gateway.execution.fakes import run_functions
from tests.gateway.functions import LAUNCH, ORDERS
from tests.watching import until_async

pytestmark = pytest.mark.server

FUNCTION = replace(ORDERS, handler="app.echo", timeout=10, max_capacity=4, layers=("layer",))


class FakeProcess:
    """A child that the test speaks for and ends."""

    def __init__(self, command: Command, exited: Callable[[int], None]) -> None:
        self.address = command.environment["AWS_LAMBDA_RUNTIME_API"].split(":")
        self.is_extension = command.arguments[-1].endswith("/extensions/agent")
        self.exited = exited
        self.identifier = ""
        self.signals: list[str] = []
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(*self.address)

    def send(self, method: str, path: str, body: str = "", **headers: str) -> None:
        named = "".join(f"Lambda-Extension-{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        host = f"Host: {':'.join(self.address)}\r\n"
        self.writer.write(
            f"{method} {path} HTTP/1.1\r\n{host}{named}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )

    async def receive(self) -> tuple[dict[str, str], Any]:
        """Headers and document of the next response."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-1])}
        return headers, json.loads(await self.reader.readexactly(int(headers["content-length"])))

    async def register(self, *events: str) -> None:
        await self.connect()
        self.send("POST", "/2020-01-01/extension/register", json.dumps({"events": events}), Name="agent")
        self.identifier = (await self.receive())[0]["lambda-extension-identifier"]

    def wait_for_event(self) -> None:
        self.send("GET", "/2020-01-01/extension/event/next", Identifier=self.identifier)

    async def event(self) -> Any:
        return (await self.receive())[1]

    def poll(self) -> None:
        self.send("GET", "/2018-06-01/runtime/invocation/next")

    async def answer(self) -> None:
        """Take the invocation and answer it."""
        request_id = (await self.receive())[0]["lambda-runtime-aws-request-id"]
        self.send("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", "1")
        await self.receive()

    def terminate(self) -> None:
        self.signals.append("TERM")
        asyncio.get_running_loop().call_soon(self.exited, -15)

    def kill(self) -> None:
        if "KILL" not in self.signals:
            self.signals.append("KILL")
            asyncio.get_running_loop().call_soon(self.exited, -9)

    def pass_on(self) -> None:
        """It prints nothing."""

    def collect(self, _wanted: Wanted, collected: Callable[[Collected], None]) -> None:
        collected(Collected())

    def take_output(self, _ticket: int, _printed: bytes) -> bool:
        return False


class FakeLauncher:
    """Keeps the processes it launched."""

    def __init__(self) -> None:
        self.processes: list[FakeProcess] = []

    def launch(self, command: Command, _output: object, exited: Callable[[int], None]) -> FakeProcess:
        self.processes.append(FakeProcess(command, exited))
        return self.processes[-1]

    def close(self) -> None:
        for process in self.processes:
            if hasattr(process, "writer"):
                process.writer.close()


class Environment:
    """A function with a layer that has the extension `agent`."""

    def __init__(self, folder: Path, function: Function, limits: Limits) -> None:
        self.launcher = FakeLauncher()
        self.lines: list[LogLine] = []
        settings = replace(LAUNCH, root=folder)
        host = EmbeddedHost(settings, lambda _: self.launcher)
        self.functions = Functions({"orders": function}, host, self.lines.append, limits)

    def submit(self, request_id: str) -> asyncio.Future[Outcome]:
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.functions.submit(Invocation("orders", b"1", request_id, "Root=1", FUNCTION.arn), ended.set_result)
        return ended

    async def launched(self, number: int) -> FakeProcess:
        await until_async(lambda: len(self.launcher.processes) > number)
        return self.launcher.processes[number]

    async def start(self, *events: str, number: int = 0) -> tuple[FakeProcess, FakeProcess]:
        """The extension and the runtime of an environment, both waiting."""
        agent = await self.launched(number)
        assert agent.is_extension
        await agent.register(*events)
        runtime = await self.launched(number + 1)
        await runtime.connect()
        agent.wait_for_event()
        runtime.poll()
        return agent, runtime

    def count(self, state: State) -> int:
        return self.functions.statistics()["orders"].slots[state]


LIMITS = Limits(init=60, first_backoff=0.01, shutdown=60)


def run(
    scenario: Callable[[Environment], Awaitable[None]],
    folder: Path,
    function: Function = FUNCTION,
    limits: Limits = LIMITS,
) -> None:
    (folder / "layer/extensions").mkdir(parents=True)
    (folder / "layer/extensions/agent").touch()

    run_functions(lambda: Environment(folder, function, limits), scenario)


def error_type(outcome: Outcome) -> str:
    found: str = json.loads(outcome.payload)["errorType"]
    return found


def test_the_runtime_starts_when_the_extension_has_registered(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        environment.submit("a")
        agent = await environment.launched(0)
        assert [process.is_extension for process in environment.launcher.processes] == [True]
        await agent.register()
        assert not (await environment.launched(1)).is_extension

    run(scenario, tmp_path)


def test_work_comes_when_all_wait_and_its_answer_waits_for_none(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        first = environment.submit("a")
        agent, runtime = await environment.start("INVOKE")
        assert (await agent.event())["requestId"] == "a"
        await runtime.answer()
        assert (await first).ending is Ending.DONE
        runtime.poll()
        second = environment.submit("b")
        await until_async(lambda: environment.count(State.RETURNING) == 1)
        assert environment.functions.statistics()["orders"].queued == 1
        agent.wait_for_event()
        assert (await agent.event())["requestId"] == "b"
        await runtime.answer()
        assert (await second).ending is Ending.DONE
        assert len(environment.launcher.processes) == 2

    run(scenario, tmp_path)


def test_there_is_one_slot_whatever_the_capacity_is(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        environment.submit("a")
        environment.submit("b")
        await environment.start()
        assert environment.functions.capacity("orders") == 1
        assert sum(environment.count(state) for state in State) == 1

    run(scenario, tmp_path)


def test_a_hidden_file_is_no_extension(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        environment.submit("a")
        assert not (await environment.launched(0)).is_extension

    (tmp_path / "other/extensions").mkdir(parents=True)
    (tmp_path / "other/extensions/.DS_Store").touch()
    run(scenario, tmp_path, replace(FUNCTION, layers=("other",)))


def test_a_layer_with_an_extension_that_is_added_later_leaves_one_slot(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        assert environment.functions.capacity("orders") == FUNCTION.max_capacity
        environment.functions.update({"orders": FUNCTION})
        assert environment.functions.capacity("orders") == 1

    run(scenario, tmp_path, replace(FUNCTION, layers=()))


@pytest.mark.parametrize(
    ("status", "type_", "message"),
    [
        (0, "Extension.Crash", "exit code 0"),
        (7, "Extension.Crash", "exit status 7"),
        (-11, "Extension.Crash", "signal: segmentation fault"),
    ],
)
def test_an_extension_that_ends_fails_the_invocation_and_the_next_has_a_new_environment(
    tmp_path: Path, status: int, type_: str, message: str
) -> None:
    async def scenario(environment: Environment) -> None:
        first = environment.submit("a")
        agent, runtime = await environment.start("INVOKE")
        await agent.event()
        agent.exited(status)
        outcome = await first
        document = {"errorType": type_, "errorMessage": f"RequestId: a Error: {message}"}
        assert (outcome.ending, json.loads(outcome.payload)) == (Ending.EXITED, document)
        assert runtime.signals == ["KILL"]
        await until_async(lambda: any(f"Error Type: {type_}" in line.text for line in environment.lines))
        second = environment.submit("b")
        _, runtime = await environment.start(number=2)
        await runtime.answer()
        assert (await second).ending is Ending.DONE

    run(scenario, tmp_path)


def test_an_extension_that_cannot_run_is_a_launch_error(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        ended = environment.submit("a")
        (await environment.launched(0)).exited(126)
        outcome = await ended
        assert (outcome.ending, error_type(outcome)) == (Ending.INIT_ERROR, "Extension.LaunchError")

    run(scenario, tmp_path)


def test_an_extension_that_reports_an_error_and_ends_is_an_init_error(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        ended = environment.submit("a")
        agent = await environment.launched(0)
        await agent.register()
        headers = {"Identifier": agent.identifier, "Function_Error_Type": "Agent.NoKey"}
        agent.send("POST", "/2020-01-01/extension/init/error", "{}", **headers)
        assert await agent.event() == {"status": "OK"}
        agent.exited(1)
        outcome = await ended
        assert (outcome.ending, error_type(outcome)) == (Ending.INIT_ERROR, "Extension.InitError")

    run(scenario, tmp_path)


def test_at_the_end_the_runtime_ends_first_and_the_extension_is_told(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        first = environment.submit("a")
        agent, runtime = await environment.start("SHUTDOWN")
        await runtime.answer()
        await first
        runtime.poll()
        await until_async(lambda: environment.count(State.IDLE) == 1)
        stop = asyncio.ensure_future(environment.functions.stop(grace=60))
        event = await agent.event()
        assert (event["eventType"], event["shutdownReason"]) == ("SHUTDOWN", "spindown")
        assert (runtime.signals[0], agent.signals) == ("TERM", [])
        agent.exited(0)
        await stop
        assert environment.count(State.LEAVING) == 0

    run(scenario, tmp_path)


def test_an_extension_that_does_not_end_is_killed(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        ended = environment.submit("a")
        agent, runtime = await environment.start("SHUTDOWN")
        await runtime.answer()
        await ended
        runtime.exited(0)
        assert (await agent.event())["shutdownReason"] == "failure"
        await until_async(lambda: agent.signals == ["KILL"])

    run(scenario, tmp_path, limits=replace(LIMITS, shutdown=0.1))


def test_an_extension_without_a_wish_to_know_is_killed_with_the_runtime(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        ended = environment.submit("a")
        agent, runtime = await environment.start("INVOKE")
        await agent.event()
        for process in (agent, runtime):  # as the system does at its end
            process.writer.close()
        runtime.exited(3)
        message = "RequestId: a Error: Runtime exited with error: exit status 3"
        document = {"errorType": "Runtime.ExitError", "errorMessage": message}
        assert json.loads((await ended).payload) == document
        await until_async(lambda: agent.signals == ["KILL"])

    run(scenario, tmp_path)


def test_a_timeout_is_the_reason_of_the_end(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        ended = environment.submit("a")
        agent, _ = await environment.start("SHUTDOWN")
        assert (await ended).ending is Ending.TIMED_OUT
        assert (await agent.event())["shutdownReason"] == "timeout"
        agent.exited(0)

    run(scenario, tmp_path, replace(FUNCTION, timeout=0.2))


def test_an_extension_that_never_registers_is_ended_with_its_environment(tmp_path: Path) -> None:
    async def scenario(environment: Environment) -> None:
        ended = environment.submit("a")
        agent = await environment.launched(0)
        assert (await ended).ending is Ending.NOT_RUN
        assert agent.signals == ["KILL"]

    async def main(environment: Environment) -> None:
        await asyncio.gather(scenario(environment), _stop_when_launched(environment))

    run(main, tmp_path)


async def _stop_when_launched(environment: Environment) -> None:
    await environment.launched(0)
    await environment.functions.stop()
