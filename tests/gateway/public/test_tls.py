"""The certificate of the public listener: which pairs are taken, when, and by whom they are seen."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.server.app import bind, listening, url_of
from esb_gateway.server.certificates import Certificates

GET = b"GET /_esb/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda pair: pair.key.unlink(), r"tls\.key: cannot be read \(No such file or directory\); ESB_TLS_CERT and"),
        (lambda pair: pair.certificate.write_text("x"), r"tls\.key: no certificate and its key"),
        (lambda pair: pair.key.write_bytes(pair.contents(2)[1]), r"no certificate and its key \(KEY_VALUES_MISMATCH\)"),
        (lambda pair: pair.make(1, b"secret"), r"no certificate and its key \(the key has a passphrase\)"),
    ],
)
def test_a_pair_that_is_none(pair: Any, spoil: Callable[[Any], object], said: str) -> None:
    spoil(pair)
    with pytest.raises(ConfigurationError, match=said) as raised:
        Certificates(pair.certificate, pair.key)
    assert "\n" not in str(raised.value)


def test_a_change_is_taken_when_it_stands_still(pair: Any) -> None:
    certificates = Certificates(pair.certificate, pair.key)
    assert certificates.look() is None
    pair.make(2)
    assert certificates.look() is None
    assert certificates.look() == ("INFO", f"certificate taken: {pair.certificate}")
    assert certificates.look() is None


def test_a_bad_change_is_told_once_and_a_good_one_taken_later(pair: Any) -> None:
    certificates = Certificates(pair.certificate, pair.key)
    pair.key.write_bytes(pair.contents(2)[1])
    said = [certificates.look() for _ in range(3)]
    assert said[0] is said[2] is None
    assert said[1] is not None
    assert said[1][0] == "ERROR"
    assert said[1][1].startswith("certificate refused, the one before it stays: ")
    pair.make(3)
    assert [certificates.look(), certificates.look()][1] == ("INFO", f"certificate taken: {pair.certificate}")


def run(bench: Any, pair: Any, scene: Callable[..., Any], *, fast: bool) -> None:
    async def main() -> None:
        certificates = Certificates(pair.certificate, pair.key)
        listener, plain = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
        assert url_of("localhost", listener, "https").startswith("https://localhost:")
        ports = listener.getsockname()[1], plain.getsockname()[1]
        async with listening(bench.gateway(), listener, fast=fast, grace=1, tls=certificates.context, plain=plain):
            await asyncio.wait_for(scene(certificates, *ports), 20)

    asyncio.run(main())


class Client:
    """A connection that is kept."""

    async def open(self, port: int, context: ssl.SSLContext | None) -> Client:
        name = None if context is None else "localhost"
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
        return self

    async def get(self, sent: bytes = GET) -> bytes:
        self.writer.write(sent)
        head = await self.reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return await self.reader.readexactly(size)

    def serial(self) -> int:
        return int(self.writer.get_extra_info("peercert")["serialNumber"], 16)

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


@pytest.mark.server
@pytest.mark.parametrize("fast", [True, False], ids=["fast", "starlette"])
def test_a_renewal_is_seen_by_new_connections_and_harms_no_old_one(bench: Any, pair: Any, fast: bool) -> None:
    async def scene(certificates: Certificates, port: int, _: int) -> None:
        old = await Client().open(port, pair.client())
        assert (await old.get(), old.serial()) == (b'{"status":"alive"}', 1)
        pair.make(2)
        certificates.look()
        certificates.look()
        new = await Client().open(port, pair.client())
        assert (await new.get(), new.serial()) == (b'{"status":"alive"}', 2)
        assert await old.get() == b'{"status":"alive"}'
        await old.close()
        await new.close()

    run(bench, pair, scene, fast=fast)


@pytest.mark.server
@pytest.mark.parametrize("fast", [True, False], ids=["fast", "starlette"])
def test_the_event_says_https_and_the_plain_port_http(
    bench: Any, pair: Any, make_request: Any, done: Any, fast: bool
) -> None:
    async def scene(_: Certificates, port: int, plain: int) -> None:
        bench.invoker.later = asyncio.get_running_loop().call_soon
        bench.invoker.answer = lambda invocation: done(invocation.payload.decode())
        for where, context, scheme in ((port, pair.client(), b"https"), (plain, None, b"http")):
            client = await Client().open(where, context)
            assert b'"x-forwarded-proto":"' + scheme + b'"' in await client.get(GET.replace(b"/_esb/health", b"/hello"))
            await client.close()

    run(bench, pair, scene, fast=fast)


@pytest.mark.server
@pytest.mark.parametrize("sent", [GET, b"\x16\x03\x01\x00\x05hello", b"\x80" * 100])
def test_what_is_no_tls_ends_its_own_connection_alone(bench: Any, pair: Any, sent: bytes) -> None:
    async def scene(_: Certificates, port: int, __: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert b"HTTP" not in await reader.read()
        writer.close()
        client = await Client().open(port, pair.client())
        assert await client.get() == b'{"status":"alive"}'
        await client.close()

    run(bench, pair, scene, fast=True)


@pytest.mark.server
def test_tls_1_1_is_not_spoken(bench: Any, pair: Any) -> None:
    async def scene(certificates: Certificates, port: int, _: int) -> None:
        assert certificates.context.minimum_version is ssl.TLSVersion.TLSv1_2
        client = await Client().open(port, pair.client())
        assert client.writer.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
        await client.close()

    run(bench, pair, scene, fast=True)
