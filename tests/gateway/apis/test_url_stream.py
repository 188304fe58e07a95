"""Streamed answers from a runtime's socket to the client's, on a whole gateway: who gets what, and when."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from esb_gateway.admin.readiness import Readiness
from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.execution.containers.container_host import ContainerHost, runtime_host
from esb_gateway.execution.functions import Functions
from esb_gateway.serving.dependencies import build_dependencies
from esb_gateway.serving.gateway import Gateway
from esb_gateway.settings import Settings
from esb_wire.http.listener import listening
from esb_wire.http.sockets import bind
from tests.gateway.fakes import FakeMappings

pytestmark = pytest.mark.server

PRELUDE = "application/vnd.awslambda.http-integration-response"
CONFIGURATION = read_configuration(
    {
        "functions": {
            "s": {
                "handler": "h",
                "runtime": "nodejs22.x",
                "timeout": 5,
                "url": {"auth_type": "NONE", "invoke_mode": "RESPONSE_STREAM"},
            },
            "short": {
                "handler": "h",
                "runtime": "nodejs22.x",
                "timeout": 1,
                "url": {"auth_type": "NONE", "invoke_mode": "RESPONSE_STREAM"},
            },
            "b": {"handler": "h", "runtime": "nodejs22.x", "url": {"auth_type": "NONE"}},
        }
    },
    {"routes": []},
)
GET = b"GET /_url/s/ HTTP/1.1\r\nHost: h\r\n\r\n"


class Runtime:
    """A runtime of one function: takes an event, then does as the test says."""

    def __init__(self, scenario: StreamScenario, function: str) -> None:
        self._scenario = scenario
        self._host = f"Host: {runtime_host(function, 'r')}:9001\r\n"

    async def take(self) -> dict[str, Any]:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._scenario.hosting.port)
        self._scenario.writers.append(self.writer)
        return await self.next()

    async def next(self) -> dict[str, Any]:
        self.writer.write(f"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n{self._host}\r\n".encode())
        head, body = await read_answer(self.reader)
        self.request_id = head["lambda-runtime-aws-request-id"]
        event = json.loads(body)
        assert isinstance(event, dict)
        return event

    def begin(self, content_type: str = "text/plain") -> None:
        self.writer.write(
            f"POST /2018-06-01/runtime/invocation/{self.request_id}/response HTTP/1.1\r\n{self._host}"
            f"Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n"
            "Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n".encode()
        )

    def part(self, data: bytes) -> None:
        self.writer.write(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self, trailers: str = "") -> str:
        self.writer.write(b"0\r\n" + trailers.encode() + b"\r\n")
        head, _ = await read_answer(self.reader)
        return head["status"]


@dataclass
class StreamScenario:
    """A gateway that listens."""

    hosting: ContainerHost
    address: tuple[str, int]
    writers: list[asyncio.StreamWriter]
    lines: list[tuple[str, str, dict[str, Any]]]

    def runtime(self, function: str = "s") -> Runtime:
        return Runtime(self, function)

    async def client(self, sent: bytes = GET) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection(*self.address)
        self.writers.append(writer)
        writer.write(sent)
        return reader

    async def started(self, sent: bytes = GET, function: str = "s") -> tuple[asyncio.StreamReader, Runtime]:
        """A client that waits and a runtime that has its event."""
        reader, runtime = await self.client(sent), self.runtime(function)
        await runtime.take()
        return reader, runtime


async def read_head(reader: asyncio.StreamReader) -> dict[str, str]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
    pairs = [line.split(": ", 1) for line in lines]
    return {"status": first.split(" ")[1], **{name.lower(): value for name, value in pairs}}


async def read_answer(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    head = await read_head(reader)
    return head, await reader.readexactly(int(head["content-length"]))


async def read_chunk(reader: asyncio.StreamReader) -> bytes:
    size = int(await reader.readline(), 16)
    return (await reader.readexactly(size + 2))[:-2]


@pytest.fixture
def run_scenario(harness: Any) -> Callable[[Callable[[StreamScenario], Awaitable[None]]], None]:
    async def run(steps: Callable[[StreamScenario], Awaitable[None]]) -> None:
        hosting = ContainerHost("r", ("127.0.0.1", 0))
        host = Functions(CONFIGURATION.functions, hosting, lambda _: None)
        lines: list[tuple[str, str, dict[str, Any]]] = []
        surroundings = build_dependencies(Settings(auth=False), lambda *line: lines.append(line), Readiness())
        gateway = Gateway(CONFIGURATION, host, harness.events, FakeMappings(CONFIGURATION), surroundings)
        listener = bind("127.0.0.1", 0)
        host.start()
        scenario = StreamScenario(hosting, listener.getsockname(), [], lines)
        try:
            async with listening(gateway.handle, listener, grace=1):
                try:
                    await asyncio.wait_for(steps(scenario), 30)
                finally:
                    for writer in scenario.writers:
                        writer.close()
                        with suppress(ConnectionError):
                            await writer.wait_closed()
        finally:
            await host.stop(0)

    return lambda steps: asyncio.run(run(steps))


def test_the_first_bytes_come_before_the_handler_ends(run_scenario: Any) -> None:
    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.started()
        runtime.begin()
        runtime.part(b"first")
        head = await read_head(client)
        assert (head["status"], head["content-type"], head["transfer-encoding"]) == ("200", "text/plain", "chunked")
        assert head["x-amzn-requestid"] == runtime.request_id
        assert await read_chunk(client) == b"first"
        runtime.part(b"second")
        assert await read_chunk(client) == b"second"
        assert await runtime.end() == "202"
        assert await read_chunk(client) == b""
        (access,) = [fields for kind, _, fields in scenario.lines if kind == "access"]
        assert (access["status"], access["bytes"]) == (200, 11)

    run_scenario(steps)


def test_the_connection_is_used_again_on_both_sides(run_scenario: Any) -> None:
    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.started(GET * 2)
        for turn in (b"one", b"two"):
            runtime.begin()
            runtime.part(turn)
            await runtime.end()
            await read_head(client)
            assert [await read_chunk(client), await read_chunk(client)] == [turn, b""]
            if turn == b"one":
                await runtime.next()

    run_scenario(steps)


def test_a_prelude_gives_status_headers_and_cookies(run_scenario: Any) -> None:
    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.started()
        runtime.begin(PRELUDE)
        prelude = b'{"statusCode":418,"headers":{"X-Pot":"tea"},"cookies":["a=1"]}'
        for part in (prelude[:20], prelude[20:] + bytes(5), bytes(3) + b"bo", b"dy"):
            runtime.part(part)
        await runtime.end()
        head = await read_head(client)
        assert (head["status"], head["x-pot"], head["set-cookie"]) == ("418", "tea", "a=1")
        assert head["content-type"] == "application/octet-stream"
        assert [await read_chunk(client) for _ in range(3)] == [b"bo", b"dy", b""]

    run_scenario(steps)


@pytest.mark.parametrize("prelude", [b"{" + bytes(8), b'{"statusCode":1}' + bytes(8), b"no end", b"x" * 200_000])
def test_a_prelude_that_is_none(run_scenario: Any, prelude: bytes) -> None:
    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.started()
        runtime.begin(PRELUDE)
        runtime.part(prelude)
        assert await runtime.end() == "202"
        head, body = await read_answer(client)
        assert (head["status"], body) == ("502", b"Internal Server Error")
        assert "does not have the form that its URL expects" in str(scenario.lines)

    run_scenario(steps)


def test_an_answer_that_breaks_off_ends_without_its_last_chunk(run_scenario: Any) -> None:
    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.started()
        runtime.begin()
        runtime.part(b"half")
        await runtime.end("Lambda-Runtime-Function-Error-Type: Broken\r\n")
        await read_head(client)
        assert await client.read() == b"4\r\nhalf\r\n"

    run_scenario(steps)


def test_a_result_that_is_not_streamed_passes_as_it_is(run_scenario: Any) -> None:
    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.started()
        result = b'{"statusCode": 201, "body": "whole"}'
        runtime.writer.write(
            f"POST /2018-06-01/runtime/invocation/{runtime.request_id}/response HTTP/1.1\r\n"
            f"Host: h\r\nContent-Length: {len(result)}\r\n\r\n".encode()
            + result
        )
        head, body = await read_answer(client)
        assert (head["status"], body) == ("200", result)

    run_scenario(steps)


def test_a_buffered_url_collects_a_stream(run_scenario: Any) -> None:
    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.client(GET.replace(b"/s/", b"/b/")), scenario.runtime("b")
        await runtime.take()
        runtime.begin(PRELUDE)
        runtime.part(b'{"statusCode":418}' + bytes(8) + b"bo")
        runtime.part(b"dy")
        await runtime.end()
        head, body = await read_answer(client)
        assert (head["status"], body) == ("418", b"body")

    run_scenario(steps)


def test_a_head_request_gets_no_body(run_scenario: Any) -> None:
    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.started(
            GET.replace(b"GET", b"HEAD") + b"GET /_esb/health HTTP/1.1\r\nHost: h\r\n\r\n"
        )
        runtime.begin()
        runtime.part(b"unseen")
        assert await runtime.end() == "202"
        await read_head(client)
        assert (await read_answer(client))[1] == b'{"status":"alive"}'

    run_scenario(steps)


def test_a_slow_client_makes_the_function_wait(run_scenario: Any) -> None:
    """Far less than is sent can lie in the gateway, so the runtime's own writing comes to a halt."""

    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.started()
        runtime.begin()
        part, sent = b"x" * 65536, 0
        with suppress(TimeoutError):
            while sent < 1600:
                runtime.part(part)
                sent += 1
                await asyncio.wait_for(runtime.writer.drain(), 0.5)
        assert sent < 1600, "100 MB went into the gateway without a reader"
        await read_head(client)
        received = 0
        ended = asyncio.ensure_future(runtime.end())
        while chunk := await read_chunk(client):
            received += len(chunk)
        assert received == sent * len(part)
        assert await ended == "202"

    run_scenario(steps)


def test_a_client_that_leaves_does_not_stop_the_function(run_scenario: Any) -> None:
    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.started()
        runtime.begin()
        runtime.part(b"first")
        await read_head(client)
        scenario.writers[0].close()
        for _ in range(200):
            runtime.part(b"x" * 65536)
            await asyncio.wait_for(runtime.writer.drain(), 60)
        assert await runtime.end() == "202"
        await scenario.client()
        assert (await runtime.next())["rawPath"] == "/"

    run_scenario(steps)


def test_a_deadline_cuts_the_answer(run_scenario: Any) -> None:
    async def steps(scenario: StreamScenario) -> None:
        client, runtime = await scenario.started(GET.replace(b"/s/", b"/short/"), "short")
        runtime.begin()
        runtime.part(b"first")
        await read_head(client)
        assert await asyncio.wait_for(client.read(), 60) == b"5\r\nfirst\r\n"

    run_scenario(steps)


def invoke(scenario: StreamScenario, client_of: Any, **more: Any) -> list[dict[str, Any]]:
    with client_of("http://{}:{}".format(*scenario.address)) as client:
        answer = client.invoke_with_response_stream(FunctionName="s", Payload=b'{"a":1}', **more)
        assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
        assert answer["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
        with closing(answer["EventStream"]) as events:
            return list(events)


class TestInvokeWithResponseStream:
    def test_parts_and_the_end(self, run_scenario: Any, client_of: Any) -> None:
        async def steps(scenario: StreamScenario) -> None:
            asked = asyncio.create_task(asyncio.to_thread(invoke, scenario, client_of, LogType="Tail"))
            runtime = scenario.runtime()
            assert await runtime.take() == {"a": 1}
            runtime.begin("application/octet-stream")
            runtime.part(b"first")
            await asyncio.sleep(0)
            runtime.part(bytes(range(256)))
            await runtime.end()
            *parts, last = await asked
            assert b"".join(part["PayloadChunk"]["Payload"] for part in parts) == b"first" + bytes(range(256))
            assert list(last["InvokeComplete"]) == ["LogResult"]

        run_scenario(steps)

    def test_a_whole_answer_is_one_chunk(self, run_scenario: Any, client_of: Any) -> None:
        async def steps(scenario: StreamScenario) -> None:
            asked = asyncio.create_task(asyncio.to_thread(invoke, scenario, client_of))
            runtime = scenario.runtime()
            await runtime.take()
            runtime.writer.write(
                f"POST /2018-06-01/runtime/invocation/{runtime.request_id}/response HTTP/1.1\r\n"
                'Host: h\r\nContent-Length: 3\r\n\r\n"a"'.encode()
            )
            assert await asked == [{"PayloadChunk": {"Payload": b'"a"'}}, {"InvokeComplete": {}}]

        run_scenario(steps)

    @pytest.mark.parametrize("streamed", [True, False])
    def test_an_error_ends_the_stream(self, run_scenario: Any, client_of: Any, streamed: bool) -> None:
        async def steps(scenario: StreamScenario) -> None:
            asked = asyncio.create_task(asyncio.to_thread(invoke, scenario, client_of))
            runtime = scenario.runtime()
            await runtime.take()
            if streamed:
                runtime.begin()
                runtime.part(b"half")
                await runtime.end("Lambda-Runtime-Function-Error-Type: Broken\r\n")
            else:
                runtime.writer.write(
                    f"POST /2018-06-01/runtime/invocation/{runtime.request_id}/error HTTP/1.1\r\n"
                    'Host: h\r\nContent-Length: 22\r\n\r\n{"errorType":"Broken"}'.encode()
                )
            *parts, last = await asked
            assert [part["PayloadChunk"]["Payload"] for part in parts] == ([b"half"] if streamed else [])
            assert last["InvokeComplete"]["ErrorCode"] == "Broken"
            assert json.loads(last["InvokeComplete"]["ErrorDetails"])["errorType"] == "Broken"

        run_scenario(steps)

    def test_a_dry_run_and_a_function_that_is_not_there(self, run_scenario: Any, client_of: Any) -> None:
        async def steps(scenario: StreamScenario) -> None:
            def ask() -> None:
                with client_of("http://{}:{}".format(*scenario.address)) as client:
                    answer = client.invoke_with_response_stream(FunctionName="s", InvocationType="DryRun")
                    answer["EventStream"].close()
                    assert answer["StatusCode"] == 204
                    with pytest.raises(client.exceptions.ResourceNotFoundException):
                        client.invoke_with_response_stream(FunctionName="nope")

            await asyncio.to_thread(ask)

        run_scenario(steps)
