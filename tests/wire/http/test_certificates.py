"""The certificate of a listener: which pairs are taken, when, and which connections see them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import pytest

from esb_wire.http.certificates import Certificates
from esb_wire.http.messages import Request, Response
from esb_wire.http.sockets import ListenerError, bind, url_of
from tests.certificates import Pair
from tests.wire.http.serving import TEXT, Handler, Served, Streams, play, read_response

GET = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda pair: pair.key.unlink(),
            r"tls\.key: cannot be read \(No such file or directory\); TLS needs a PEM certificate",
        ),
        (lambda pair: pair.certificate.write_text("x"), r"tls\.key: not a certificate and its key"),
        (
            lambda pair: pair.key.write_bytes(pair.contents(2)[1]),
            r"not a certificate and its key \(KEY_VALUES_MISMATCH\)",
        ),
        (lambda pair: pair.make(1, b"secret"), r"not a certificate and its key \(the key has a passphrase\)"),
    ],
)
def test_an_invalid_pair(pair: Pair, spoil: Callable[[Pair], object], message: str) -> None:
    spoil(pair)
    with pytest.raises(ListenerError, match=message) as raised:
        Certificates(pair.certificate, pair.key)
    assert "\n" not in str(raised.value)


def test_a_change_is_taken_when_it_stands_still(pair: Pair) -> None:
    certificates = Certificates(pair.certificate, pair.key)
    assert certificates.poll() is None
    pair.make(2)
    assert certificates.poll() is None
    assert certificates.poll() == ("INFO", f"certificate taken: {pair.certificate}")
    assert certificates.poll() is None


def test_an_invalid_change_is_reported_once_and_a_good_one_taken_later(pair: Pair) -> None:
    certificates = Certificates(pair.certificate, pair.key)
    pair.key.write_bytes(pair.contents(2)[1])
    found = [certificates.poll() for _ in range(3)]
    assert found[0] is found[2] is None
    assert found[1] is not None
    assert found[1][0] == "ERROR"
    assert found[1][1].startswith("invalid certificate, the previous one stays in use: ")
    pair.make(3)
    assert [certificates.poll(), certificates.poll()][1] == ("INFO", f"certificate taken: {pair.certificate}")


def scheme(request: Request) -> Response:
    return Response(200, TEXT, request.scheme.encode())


def play_with_tls(pair: Pair, scene: Callable[[Served, Certificates], Awaitable[None]]) -> None:
    certificates = Certificates(pair.certificate, pair.key)
    play(lambda served: scene(served, certificates), Handler(scheme), tls=certificates.context)


async def get(streams: Streams) -> bytes:
    streams[1].write(GET)
    return (await read_response(streams[0]))[1]


def serial(streams: Streams) -> int:
    return int(streams[1].get_extra_info("peercert")["serialNumber"], 16)


@pytest.mark.server
def test_a_renewal_is_seen_by_new_connections_and_harms_no_old_one(pair: Pair) -> None:
    async def scene(served: Served, certificates: Certificates) -> None:
        async with served.client(tls=pair.client()) as old:
            assert (await get(old), serial(old)) == (b"https", 1)
            pair.make(2)
            certificates.poll()
            certificates.poll()
            async with served.client(tls=pair.client()) as new:
                assert (await get(new), serial(new)) == (b"https", 2)
            assert await get(old) == b"https"

    play_with_tls(pair, scene)


@pytest.mark.server
def test_a_plain_port_beside_it(pair: Pair) -> None:
    certificates, plain = Certificates(pair.certificate, pair.key), bind("127.0.0.1", 0)
    assert url_of("localhost", plain, "https") == f"https://localhost:{plain.getsockname()[1]}"
    address = plain.getsockname()

    async def scene(served: Served) -> None:
        async with served.client(tls=pair.client()) as outside:
            assert await get(outside) == b"https"
        served.address = address
        async with served.client() as inside:
            assert await get(inside) == b"http"

    play(scene, Handler(scheme), tls=certificates.context, plain=plain)


@pytest.mark.server
@pytest.mark.parametrize("sent", [GET, b"\x16\x03\x01\x00\x05hello", b"\x80" * 100])
def test_bytes_that_are_not_tls_end_their_own_connection_alone(pair: Pair, sent: bytes) -> None:
    async def scene(served: Served, _: Certificates) -> None:
        assert b"HTTP" not in await served.tell(sent)
        async with served.client(tls=pair.client()) as client:
            assert await get(client) == b"https"

    play_with_tls(pair, scene)


@pytest.mark.server
def test_tls_1_1_is_not_spoken(pair: Pair) -> None:
    async def scene(served: Served, certificates: Certificates) -> None:
        assert certificates.context.minimum_version is ssl.TLSVersion.TLSv1_2
        async with served.client(tls=pair.client()) as (_, writer):
            assert writer.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")

    play_with_tls(pair, scene)


@pytest.mark.server
def test_a_client_that_ends_its_side_closes_a_tls_connection(pair: Pair) -> None:
    """TLS cannot be half closed: there is no response to a request that runs."""
    handler = Handler(lambda _: None)
    certificates = Certificates(pair.certificate, pair.key)

    async def scene(served: Served) -> None:
        async with served.client(GET, tls=pair.client()):
            while not handler.waiting:
                await asyncio.sleep(0.005)
        while served.listener.connections:
            await asyncio.sleep(0.005)
        handler.waiting[0](Response(200, TEXT))

    play(scene, handler, tls=certificates.context)
