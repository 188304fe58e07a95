"""Clients that take too long, too many of them, and a listener that is about to stop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from esb_gateway.invocation import Ending, Outcome
from esb_gateway.server.app import Listening, bind, listening
from esb_gateway.server.limits import LEAST_BODY, Patience, Progress

HALF_A_HEAD = b"GET /hello HTTP/1.1\r\nHost: h\r\nX-"
HALF_A_BODY = b"POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n1"
GET = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
READY = b"GET /_esb/ready HTTP/1.1\r\nHost: h\r\n\r\n"


class TestProgress:
    def test_a_head_is_timed_from_its_beginning(self) -> None:
        progress = Progress()
        progress.rest(10)
        assert [progress.head_took(at) for at in (11, 15)] == [1, 5]
        progress.next_part()
        assert progress.head_took(20) == 0

    def test_a_body_has_to_bring_something_in_each_stretch(self) -> None:
        progress = Progress(received=100)
        assert [progress.body_took(at) for at in (0, 9)] == [0, 9]
        progress.received += LEAST_BODY - 1
        assert progress.body_took(10) == 10
        progress.received += 1
        assert [progress.body_took(at) for at in (11, 12)] == [0, 1]

    @pytest.mark.parametrize(
        ("unsent", "stuck"),
        [([5, 5, 5], True), ([5, 4, 4], False), ([5, 6, 7], True), ([0, 0, 0], False), ([5, 0, 5], False)],
    )
    def test_a_client_is_stuck_that_takes_nothing(self, unsent: list[int], stuck: bool) -> None:
        progress = Progress()
        for at, bytes_left in enumerate(unsent[:-1]):
            assert not progress.is_stuck(at, bytes_left, 1.5)
        assert progress.is_stuck(2, unsent[-1], 1.5) is stuck

    def test_a_stream_that_fills_up_again_is_not_stuck(self) -> None:
        progress = Progress()
        for at in range(5):
            progress.drained += 1
            assert not progress.is_stuck(at, 1000, 1.5)


@pytest.fixture(params=[True, False], ids=["fast", "starlette"])
def play(request: pytest.FixtureRequest, bench: Any) -> Callable[..., None]:
    """Runs a scene with a listener of little patience."""

    async def run(scene: Callable[[Stage], Awaitable[None]], patience: Patience) -> None:
        listener = bind("127.0.0.1", 0)
        bench.invoker.later = asyncio.get_running_loop().call_soon
        address = listener.getsockname()
        async with listening(bench.gateway(), listener, fast=request.param, grace=1, patience=patience) as public:
            await asyncio.wait_for(scene(Stage(address, public)), 20)

    return lambda scene, patience=Patience(): asyncio.run(run(scene, patience))  # noqa: B008 - frozen


class Stage:
    def __init__(self, address: tuple[str, int], listening: Listening) -> None:
        self.address = address
        self.listening = listening

    @asynccontextmanager
    async def client(self, sent: bytes = b"") -> Any:
        reader, writer = await asyncio.open_connection(*self.address)
        writer.write(sent)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def tell(self, sent: bytes) -> bytes:
        """Everything that comes until the listener closes."""
        async with self.client(sent) as (reader, _):
            received = await reader.read()
            assert isinstance(received, bytes)
            return received

    async def until_gone(self) -> None:
        while self.listening.server_state.connections:
            await asyncio.sleep(0.01)


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head, await reader.readexactly(size)


@pytest.mark.server
def test_who_does_not_go_on_is_told_and_left(play: Any, bench: Any) -> None:
    async def scene(stage: Stage) -> None:
        head, body, idle = await asyncio.gather(*map(stage.tell, (HALF_A_HEAD, HALF_A_BODY, b"")))
        assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"connection: close" in head
        assert body.startswith(b"HTTP/1.1 408 ") or body == b""  # in ASGI an answer may have begun
        assert idle == b""
        await stage.until_gone()
        assert bench.invoker.submitted == [], "half a request is none"

    play(scene, Patience(idle=3, head=0.5, body=0.5))


@pytest.mark.server
def test_who_waits_for_a_slow_function_is_not_hurried(play: Any, bench: Any) -> None:
    async def scene(stage: Stage) -> None:
        async with stage.client(GET) as (reader, _):
            while not bench.invoker.waiting:
                await asyncio.sleep(0.01)
            done = bench.invoker.waiting[0]
            asyncio.get_running_loop().call_later(2.5, done, Outcome(Ending.DONE, b'{"statusCode":200,"body":"late"}'))
            assert (await answer(reader))[1] == b"late"

    play(scene, Patience(idle=1, head=0.3, body=0.3, write=0.3))


@pytest.mark.server
def test_who_does_not_read_is_cut_off(play: Any, bench: Any) -> None:
    bench.invoker.answer = lambda _: Outcome(
        Ending.DONE, json.dumps({"statusCode": 200, "body": "x" * 5_000_000}).encode()
    )

    async def scene(stage: Stage) -> None:
        async with stage.client(GET * 5) as (reader, _):  # more than lies in the kernel's buffers
            await stage.until_gone()
            with suppress(ConnectionError):
                assert len(await reader.read()) < 25_000_000

    play(scene, Patience(write=0.5))


@pytest.mark.server
def test_more_clients_than_allowed_are_refused(play: Any, bench: Any) -> None:
    bench.invoker.answer = lambda _: Outcome(Ending.DONE, b'{"statusCode":200,"body":"here"}')

    async def scene(stage: Stage) -> None:
        async with stage.client(GET) as (first, _), stage.client(GET) as (second, _):
            assert [(await answer(each))[1] for each in (first, second)] == [b"here", b"here"]
            refused = await stage.tell(GET)
            assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"connection: close" in refused
        await stage.until_gone()
        async with stage.client(GET) as (reader, _):
            assert (await answer(reader))[1] == b"here"

    play(scene, Patience(connections=2))


@pytest.mark.server
class TestDrain:
    def test_what_runs_is_answered_and_nobody_new_comes_in(self, play: Any, bench: Any) -> None:
        async def scene(stage: Stage) -> None:
            async with stage.client(GET) as (reader, _), stage.client(READY) as (idle, writer):
                assert b"200 OK" in (await answer(idle))[0]
                while not bench.invoker.waiting:
                    await asyncio.sleep(0.01)
                bench.readiness.draining = True
                draining = asyncio.create_task(stage.listening.drain(10))
                await asyncio.sleep(0)
                writer.write(READY)
                head, body = await answer(idle)
                assert (b"503 " in head, b"connection: close" in head, body) == (True, True, b'{"status":"draining"}')
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection(*stage.address)
                assert not draining.done()
                bench.invoker.waiting[0](Outcome(Ending.DONE, b'{"statusCode":200,"body":"late"}'))
                head, body = await answer(reader)
                assert (body, b"connection: close" in head) == (b"late", True)
                await asyncio.wait_for(draining, 5)

        play(scene)

    def test_it_ends_at_its_deadline(self, play: Any, bench: Any) -> None:
        async def scene(stage: Stage) -> None:
            async with stage.client(GET):
                while not bench.invoker.waiting:
                    await asyncio.sleep(0.01)
                await asyncio.wait_for(stage.listening.drain(0.2), 5)
                bench.invoker.waiting[0](Outcome(Ending.DONE, b"{}"))

        play(scene)
