"""Requests and responses on one connection."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from esb_wire.http.body_stream import BodyStream
from esb_wire.http.messages import Request, Response, call_on_disconnect
from tests.certificates import Pair
from tests.watching import until_async
from tests.wire.http.serving import TEXT, Handler, Served, play, read_response, without_date

pytestmark = pytest.mark.server

GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ntransfer-encoding: chunked\r\n"


def no_answer(_: Request) -> None:
    """Keeps the request waiting."""


def text(body: bytes) -> Response:
    return Response(200, TEXT, body)


class Producer:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


def test_responses_leave_in_the_order_of_the_requests() -> None:
    handler = Handler(lambda request: None if request.path == "/a" else text(b"second"))

    async def scene(served: Served) -> None:
        async with served.client(GET + LAST) as (reader, _):
            await until_async(lambda: handler.waiting)
            handler.waiting[0](text(b"first"))
            received = await reader.read()
            assert received.index(b"\r\n\r\nfirst") < received.index(b"\r\n\r\nsecond")

    play(scene, handler)


def test_a_client_that_leaves_does_not_stop_the_handler() -> None:
    handler = Handler(lambda request: None if request.path == "/a" else text(b"alive"))

    async def scene(served: Served) -> None:
        async with served.client(GET):
            await until_async(lambda: handler.waiting)
        await until_async(lambda: not served.listener.connections or served.listener.is_busy)
        handler.waiting[0](text(b"nobody reads this"))
        assert (await served.tell(LAST)).endswith(b"alive")
        assert len(handler.requests) == 2

    play(scene, handler)


@pytest.mark.parametrize("answered", [False, True])
def test_who_waits_to_answer_is_told_that_the_client_is_gone(*, answered: bool) -> None:
    handler, told = Handler(no_answer), list[str]()

    async def scene(served: Served) -> None:
        async with served.client(GET) as (reader, _):
            await until_async(lambda: handler.waiting)
            call_on_disconnect(handler.waiting[0], lambda: told.append("gone"))
            if answered:
                handler.waiting[0](text(b"here"))
                await read_response(reader)
        if answered:
            await until_async(lambda: not served.listener.connections)
        else:
            await until_async(lambda: told)
            handler.waiting[0](text(b"late"))

    play(scene, handler)
    assert told == ([] if answered else ["gone"])


def test_a_client_that_ends_its_side_still_gets_its_responses() -> None:
    handler = Handler(no_answer)

    async def scene(served: Served) -> None:
        async with served.client(GET + GET) as (reader, writer):
            await until_async(lambda: handler.waiting)
            writer.write_eof()
            await asyncio.sleep(0)
            handler.waiting[0](text(b"first"))
            assert (await read_response(reader))[1] == b"first"
            await until_async(lambda: len(handler.waiting) == 2)
            handler.waiting[1](text(b"second"))
            assert (await read_response(reader))[1] == b"second"
            assert await reader.read() == b""

    play(scene, handler)


@pytest.mark.parametrize("sent", [b"", GET[:20], GET[:-2] + b"Content-Length: 2\r\n\r\nx"])
def test_half_a_request_ends_with_its_client(sent: bytes) -> None:
    async def scene(served: Served) -> None:
        async with served.client(sent) as (reader, writer):
            writer.write_eof()
            assert await reader.read() == b""

    play(scene)


@pytest.mark.parametrize("ends", ["the client", "the server", "neither"])
def test_large_responses_arrive_whole_and_in_order(ends: str) -> None:
    large = b"x" * 3_000_000
    handler = Handler(lambda request: text(large if request.path == "/a" else b"last"))

    async def scene(served: Served) -> None:
        async with served.client(GET + GET + (LAST if ends == "the server" else b"")) as (reader, writer):
            if ends == "the client":
                writer.write_eof()
            for _ in range(2):
                assert (await read_response(reader))[1] == large
            if ends == "the server":
                assert (await read_response(reader))[1] == b"last"
            if ends != "neither":
                assert await reader.read() == b""

    play(scene, handler)


def test_a_large_response_is_sent_before_a_listener_ends() -> None:
    large = b"x" * 20_000_000  # more than the system takes
    handler = Handler(lambda _: text(large))

    async def scene(served: Served) -> None:
        async with served.client(GET) as (reader, _):
            await until_async(lambda: handler.requests)
            await served.listener.drain(0)
            assert served.listener.is_busy
            assert (await read_response(reader))[1] == large
            await until_async(lambda: not served.listener.is_busy)

    play(scene, handler)


def test_a_large_response_over_tls(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    large = b"x" * 3_000_000

    async def scene(served: Served) -> None:
        async with served.client(GET + LAST, tls=pair.client()) as (reader, _):
            for _ in range(2):
                assert (await read_response(reader))[1] == large
            assert await reader.read() == b""

    play(scene, Handler(lambda _: text(large)), tls=context)


def test_a_connection_is_used_again() -> None:
    async def scene(served: Served) -> None:
        async with served.client() as (reader, writer):
            for _ in range(3):
                writer.write(GET)
                head, body = await read_response(reader)
                assert (b"connection" in head, body) == (False, b"GET /a  HTTP/1.1 ")

    play(scene)


def test_who_expects_a_100_gets_it_before_the_body() -> None:
    async def scene(served: Served) -> None:
        head = b"POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        async with served.client(head) as (reader, writer):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"abc")
            assert (await read_response(reader))[1] == b"POST /a  HTTP/1.1 abc"

    play(scene)


def test_a_100_does_not_come_into_the_middle_of_a_response() -> None:
    handler = Handler(lambda request: None if request.path == "/a" else text(request.body))

    async def scene(served: Served) -> None:
        head = b"POST /b HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
        async with served.client(GET + head) as (reader, writer):
            await until_async(lambda: handler.waiting)
            stream = BodyStream(Producer())
            handler.waiting[0](Response(200, TEXT, stream=stream))
            stream.feed(b"x")
            stream.finish()
            assert without_date(await reader.readuntil(b"0\r\n\r\n")) == CHUNKED_HEAD + b"\r\n1\r\nx\r\n0\r\n\r\n"
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"abc")
            assert (await read_response(reader))[1] == b"abc"

    play(scene, handler)


class TestBodiesThatAreTooLarge:
    """Clients that send them nevertheless."""

    def posted(self, size: int) -> bytes:
        return b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size

    async def send(self, writer: asyncio.StreamWriter, size: int) -> None:
        for _ in range(size // 100_000):
            writer.write(b"x" * 100_000)
            await writer.drain()

    def test_who_sends_everything_before_it_reads_gets_the_response(self) -> None:
        async def scene(served: Served) -> None:
            for scheme in (
                self.posted(12_000_000),
                b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nB71B00\r\n",
            ):
                async with served.client(scheme) as (reader, writer):
                    await self.send(writer, 12_000_000)
                    assert (await read_response(reader))[1] == b"too large"
                    assert await reader.read() == b""

        play(scene)

    def test_who_goes_on_and_on_is_cut_off(self) -> None:
        async def scene(served: Served) -> None:
            async with served.client(self.posted(10**12)) as (_, writer):
                with pytest.raises(ConnectionError):
                    await self.send(writer, 10**12)
            await until_async(lambda: not served.listener.connections)

        play(scene)

    def test_who_only_waits_is_closed_after_a_while(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("esb_wire.http.connection._LINGER_SECONDS", 0.1)

        async def scene(served: Served) -> None:
            async with served.client(self.posted(10**12)) as (reader, _):
                assert (await read_response(reader))[1] == b"too large"
                await until_async(lambda: not served.listener.connections)

        play(scene)

    def test_no_drain_waits_for_one(self) -> None:
        async def scene(served: Served) -> None:
            async with served.client(self.posted(10**12)) as (reader, _):
                assert (await read_response(reader))[1] == b"too large"
                assert not served.listener.is_busy
                await asyncio.wait_for(served.listener.stop(0), 3)

        play(scene)


def test_thousands_of_pipelined_requests_are_all_answered() -> None:
    async def scene(served: Served) -> None:
        assert (await served.tell(GET * 5000 + LAST)).count(b"HTTP/1.1 200 OK") == 5001

    play(scene)


def test_what_is_pipelined_beyond_a_bound_is_not_read() -> None:
    handler = Handler(no_answer)

    async def scene(served: Served) -> None:
        async with served.client(GET) as (reader, writer):
            await until_async(lambda: handler.waiting)
            writer.write(GET * 1_000_000)  # more than fits into the kernel's buffers
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(writer.drain(), 1)
            writer.transport.abort()
            assert len(handler.requests) == 1
            assert await reader.read() == b""

    play(scene, handler)


class TestStreams:
    """Bodies that are made while they are sent."""

    def streamed(
        self, sent: bytes, *parts: bytes, status: int = 200, is_broken: bool = False
    ) -> tuple[bytes, list[str]]:
        """The response with a body of these parts, and the calls of its producer."""
        producer, received = Producer(), []

        def answer(_: Request) -> Response:
            return Response(status, TEXT, stream=stream)

        async def scene(served: Served) -> None:
            received.append(await served.tell(sent))

        stream = BodyStream(producer)
        for part in parts:
            stream.feed(part)
        if is_broken:
            stream.fail()
        else:
            stream.finish()
        play(scene, Handler(answer))
        return received[0], producer.told

    def test_in_chunks(self) -> None:
        received, _ = self.streamed(LAST, b"one", b"", b"two")
        assert received == CHUNKED_HEAD + b"connection: close\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"

    def test_until_the_end_of_the_connection(self) -> None:
        received, _ = self.streamed(b"GET /a HTTP/1.0\r\n\r\n", b"one", b"two")
        assert received == b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nconnection: close\r\n\r\nonetwo"

    def test_one_that_breaks_off_ends_without_its_last_chunk(self) -> None:
        received, _ = self.streamed(LAST, b"one", is_broken=True)
        assert received == CHUNKED_HEAD + b"connection: close\r\n\r\n3\r\none\r\n"

    @pytest.mark.parametrize(("method", "status"), [(b"HEAD", 200), (b"GET", 204), (b"GET", 304)])
    def test_where_no_body_may_be_nothing_is_sent(self, method: bytes, status: int) -> None:
        received, told = self.streamed(LAST.replace(b"GET", method), b"one", status=status)
        assert received.endswith(b"connection: close\r\n\r\n")
        assert (b"chunked" in received) is (status == 200)
        assert told[-1] == "resume"

    def test_the_producer_waits_while_the_client_does_not_read(self) -> None:
        handler, producer = Handler(no_answer), Producer()

        async def scene(served: Served) -> None:
            with socket.socket() as client:
                client.connect(served.address)
                client.sendall(LAST)
                await until_async(lambda: handler.waiting)
                stream = BodyStream(producer)
                handler.waiting[0](Response(200, TEXT, stream=stream))
                while "pause" not in producer.told:
                    stream.feed(b"x" * 100_000)
                    await asyncio.sleep(0)
                assert "resume" not in producer.told
                client.setblocking(False)
                received = 0
                while "resume" not in producer.told:
                    received += len(await asyncio.get_running_loop().sock_recv(client, 1 << 20))
                assert received > 0

        play(scene, handler)

    def test_the_producer_runs_on_when_its_client_leaves(self) -> None:
        handler, producer = Handler(no_answer), Producer()

        async def scene(served: Served) -> None:
            stream = BodyStream(producer)
            async with served.client(GET) as (reader, _):
                await until_async(lambda: handler.waiting)
                handler.waiting[0](Response(200, TEXT, stream=stream))
                stream.feed(b"one")
                await reader.readuntil(b"one\r\n")
            while served.listener.connections:  # it is seen by what cannot be sent any more
                stream.feed(b"two")
                await asyncio.sleep(0.001)
            stream.feed(b"three")
            stream.finish()
            assert producer.told[-1] == "resume"

        play(scene, handler)


def test_a_second_response_is_dropped() -> None:
    handler = Handler(no_answer)

    async def scene(served: Served) -> None:
        async with served.client(GET * 2) as (reader, _):
            await until_async(lambda: handler.waiting)
            handler.waiting[0](text(b"first"))
            handler.waiting[0](text(b"again"))
            await until_async(lambda: len(handler.waiting) == 2)
            handler.waiting[0](text(b"and again"))
            handler.waiting[1](text(b"second"))
            assert [(await read_response(reader))[1] for _ in range(2)] == [b"first", b"second"]

    play(scene, handler)


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "a\rb"])
def test_a_header_of_two_lines_is_not_sent(value: str) -> None:
    """The handler hears of it, and can answer with something else."""

    def handle(_: Request, respond: Any) -> None:
        with pytest.raises(ValueError, match="line break"):
            respond(Response(200, (("X", value),)))
        respond(text(b"instead"))

    async def scene(served: Served) -> None:
        assert (await served.tell(LAST)).endswith(b"instead")

    play(scene, handle)  # type: ignore[arg-type]
