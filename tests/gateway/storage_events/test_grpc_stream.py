"""A call of gRPC to a server that speaks HTTP/2, with certificates on both sides."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest

from esb_gateway.storage_events.grpc_stream import StreamEnded, call, client_context
from tests.certificates import Pair

pytestmark = pytest.mark.server

Headers = list[tuple[str, str]]
OK: Headers = [(":status", "200"), ("content-type", "application/grpc")]


def framed(content: bytes, *, compressed: bool = False) -> bytes:
    return bytes((compressed,)) + len(content).to_bytes(4, "big") + content


class GrpcServer:
    """Answers one call with headers, and then pieces of data if there are any."""

    def __init__(self, headers: Headers, pieces: Sequence[bytes]) -> None:
        self._headers = headers
        self._pieces = pieces
        self.asked = b""
        self.path = b""
        self.disconnected = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while received := await reader.read(65536):
            for event in connection.receive_data(received):
                if isinstance(event, h2.events.RequestReceived):
                    self.path = dict(event.headers)[b":path"]
                elif isinstance(event, h2.events.DataReceived):
                    self.asked += event.data
                elif isinstance(event, h2.events.StreamEnded):
                    self._answer(connection, event.stream_id)
            writer.write(connection.data_to_send())
            await writer.drain()
        writer.close()
        self.disconnected.set()

    def _answer(self, connection: h2.connection.H2Connection, stream: int) -> None:
        connection.send_headers(stream, self._headers, end_stream=not self._pieces)
        for piece in self._pieces:
            connection.send_data(stream, piece)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a certificate and its key, as the storage and its readers have."""
    certificate, key = Pair.contents(1)
    file = tmp_path / "storage.pem"
    file.write_bytes(certificate + key)
    return file


@pytest.fixture
def answered(certificate: Path) -> Callable[..., list[bytes]]:
    return partial(_answered, certificate)


def _answered(certificate: Path, server: GrpcServer, wanted: int) -> list[bytes]:
    """The first messages of the answer of a server."""

    async def main(address: tuple[str, int]) -> list[bytes]:
        async with aclosing(call(address, "/log.Log/Read", b"since", client_context(certificate))) as messages:
            return [await anext(messages) for _ in range(wanted)]

    return asyncio.run(asyncio.wait_for(_with_server(certificate, server, main), 60))


async def _with_server(
    certificate: Path, server: GrpcServer, use: Callable[[tuple[str, int]], Awaitable[list[bytes]]]
) -> list[bytes]:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificate))
    tls.load_cert_chain(certificate)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.set_alpn_protocols(["h2"])
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls) as listening:
        found = await use(("localhost", listening.sockets[0].getsockname()[1]))
        await server.disconnected.wait()
        return found


def test_messages_are_whole_however_they_arrive(answered: Callable[..., list[bytes]]) -> None:
    sent = framed(b"one") + framed(b"") + framed(b"x" * 20_000)
    server = GrpcServer(OK, [sent[:3], sent[3:10], sent[10:15_000], sent[15_000:]])
    assert answered(server, 3) == [b"one", b"", b"x" * 20_000]
    assert (server.path, server.asked) == (b"/log.Log/Read", framed(b"since"))


def test_a_call_that_is_refused_has_its_reason(answered: Callable[..., list[bytes]]) -> None:
    refused = GrpcServer([*OK, ("grpc-status", "7"), ("grpc-message", "not%20you")], [])
    with pytest.raises(StreamEnded, match=r"the server has ended the call \(not you\)"):
        answered(refused, 1)


def test_a_compressed_message_is_refused(answered: Callable[..., list[bytes]]) -> None:
    with pytest.raises(StreamEnded, match="compressed"):
        answered(GrpcServer(OK, [framed(b"x", compressed=True)]), 1)


def test_a_server_that_cannot_be_reached(certificate: Path) -> None:
    async def main() -> None:
        async with aclosing(call(("127.0.0.1", 9), "/", b"", client_context(certificate))) as messages:
            await anext(messages)

    with pytest.raises(StreamEnded, match="ConnectError"):
        asyncio.run(main())
