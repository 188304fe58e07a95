"""Bytes that are sent to a listener, and the bytes that come back."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.wire.http.serving import Handler, Served, play

pytestmark = pytest.mark.server

HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n"


def request(line: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    """The last request of its connection."""
    return b"".join([line, b" HTTP/1.1\r\n", HOST, *(header + b"\r\n" for header in headers), CLOSE, b"\r\n", body])


def keep(line: bytes) -> bytes:
    """A request after which there are more."""
    return line + b" HTTP/1.1\r\n" + HOST + b"\r\n"


def chunked(*parts: bytes) -> bytes:
    return request(b"POST /a", b"Transfer-Encoding: chunked", body=b"".join(parts))


def ok(body: bytes, last: bool = True) -> bytes:
    """The response to a request that the handler echoes."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: %d\r\n" % len(body)
    return head + (b"connection: close\r\n" if last else b"") + b"\r\n" + body


def refused(status: bytes, message: bytes) -> bytes:
    body = b'{"message":"%b"}' % message
    head = b"HTTP/1.1 %b %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
    return head % (status, message, len(body)) + body


BAD = refused(b"400", b"Bad Request")
TOO_LONG = refused(b"431", b"Request Header Fields Too Large")


POST_11_MB = b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 11000000\r\n"


class Exchange(NamedTuple):
    sent: bytes
    received: bytes


EXCHANGES = {
    # requests
    "get": Exchange(request(b"GET /a?b=1&c=%20"), ok(b"GET /a b=1&c=%20 HTTP/1.1 ")),
    "post": Exchange(request(b"POST /a", b"Content-Length: 3", body=b"abc"), ok(b"POST /a  HTTP/1.1 abc")),
    "odd method": Exchange(request(b"PROPFIND /a"), ok(b"PROPFIND /a  HTTP/1.1 ")),
    "head": Exchange(
        request(b"HEAD /a"),
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 18\r\nconnection: close\r\n\r\n",
    ),
    "http/1.0": Exchange(b"GET /a HTTP/1.0\r\n\r\n", ok(b"GET /a  HTTP/1.0 ")),
    "http/1.0 is not kept": Exchange(
        b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n", ok(b"GET /a  HTTP/1.0 ")
    ),
    "three at once": Exchange(
        keep(b"GET /1") + keep(b"GET /2") + request(b"GET /3"),
        ok(b"GET /1  HTTP/1.1 ", last=False) + ok(b"GET /2  HTTP/1.1 ", last=False) + ok(b"GET /3  HTTP/1.1 "),
    ),
    "after the last one": Exchange(request(b"GET /1") + request(b"GET /2"), ok(b"GET /1  HTTP/1.1 ")),
    "empty lines before": Exchange(b"\r\n\r\n" + request(b"GET /a"), ok(b"GET /a  HTTP/1.1 ")),
    # targets
    "absolute target": Exchange(request(b"GET http://h:80/a?b#c"), ok(b"GET /a b HTTP/1.1 ")),
    "absolute target without path": Exchange(request(b"GET http://h?b"), ok(b"GET / b HTTP/1.1 ")),
    "asterisk": Exchange(
        keep(b"OPTIONS *") + request(b"GET /a"), ok(b"OPTIONS *  HTTP/1.1 ", last=False) + ok(b"GET /a  HTTP/1.1 ")
    ),
    "double slash": Exchange(request(b"GET //a"), ok(b"GET //a  HTTP/1.1 ")),
    "dots": Exchange(request(b"GET /x/../a"), ok(b"GET /x/../a  HTTP/1.1 ")),
    "encoded path": Exchange(request(b"GET /%41%2f"), ok(b"GET /%41%2f  HTTP/1.1 ")),
    "empty query": Exchange(request(b"GET /a?"), ok(b"GET /a  HTTP/1.1 ")),
    "question mark in the query": Exchange(request(b"GET /a?b=?c"), ok(b"GET /a b=?c HTTP/1.1 ")),
    "fragment": Exchange(request(b"GET /a?b#c"), ok(b"GET /a b HTTP/1.1 ")),
    "target without slash": Exchange(request(b"GET a"), BAD),
    "target not ascii": Exchange(request(b"GET /\xc3\xa9"), BAD),
    "query not ascii": Exchange(request(b"GET /?\xff"), BAD),
    "space in the target": Exchange(request(b"GET /a b"), BAD),
    "connect": Exchange(request(b"CONNECT localhost:443"), BAD),
    # bodies
    "chunks": Exchange(chunked(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), ok(b"POST /a  HTTP/1.1 abcde")),
    "extension of a chunk": Exchange(chunked(b"1;a=b\r\na\r\n0\r\n\r\n"), ok(b"POST /a  HTTP/1.1 a")),
    "trailers": Exchange(chunked(b"1\r\na\r\n0\r\nHost: b\r\n\r\n"), ok(b"POST /a  HTTP/1.1 a")),
    "broken chunk": Exchange(chunked(b"zz\r\n"), BAD),
    "broken second chunk": Exchange(chunked(b"1\r\na\r\nzz\r\n"), BAD),
    "broken chunk after a request": Exchange(
        keep(b"GET /1") + chunked(b"zz\r\n"), ok(b"GET /1  HTTP/1.1 ", last=False) + BAD
    ),
    # smuggling
    "length and chunks": Exchange(
        request(b"POST /a", b"Content-Length: 3", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), BAD
    ),
    "two lengths": Exchange(request(b"POST /a", b"Content-Length: 3", b"Content-Length: 3", body=b"abc"), BAD),
    "list of lengths": Exchange(request(b"POST /a", b"Content-Length: 3, 3", body=b"abc"), BAD),
    "length with a sign": Exchange(request(b"POST /a", b"Content-Length: +3", body=b"abc"), BAD),
    "length that is no number": Exchange(request(b"POST /a", b"Content-Length: x"), BAD),
    "chunked twice": Exchange(
        request(b"POST /a", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), BAD
    ),
    "another transfer coding": Exchange(
        request(b"POST /a", b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), refused(b"501", b"Not Implemented")
    ),
    "folded header": Exchange(request(b"GET /a", b"X: a\r\n b"), BAD),
    "space before the colon": Exchange(request(b"GET /a", b"X : a"), BAD),
    "header without a name": Exchange(request(b"GET /a", b": a"), BAD),
    "line feeds alone": Exchange(b"GET /a HTTP/1.1\nHost: h\n\n", BAD),
    "carriage return in a value": Exchange(request(b"GET /a", b"X: a\rb"), BAD),
    "NUL in a value": Exchange(request(b"GET /a", b"X: a\0b"), BAD),
    # hosts and versions
    "no host": Exchange(b"GET /a HTTP/1.1\r\n\r\n", BAD),
    "no host after a request": Exchange(
        keep(b"GET /1") + b"GET /2 HTTP/1.1\r\n\r\n", ok(b"GET /1  HTTP/1.1 ", last=False) + BAD
    ),
    "two hosts": Exchange(request(b"GET /a", b"Host: b"), BAD),
    "two hosts in http/1.0": Exchange(b"GET /a HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", BAD),
    "empty host": Exchange(b"GET /a HTTP/1.1\r\nHost:\r\n" + CLOSE + b"\r\n", ok(b"GET /a  HTTP/1.1 ")),
    "another version": Exchange(
        b"GET /a HTTP/2.0\r\n" + HOST + b"\r\n", refused(b"505", b"HTTP Version Not Supported")
    ),
    "preface of HTTP/2": Exchange(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BAD),
    "TLS": Exchange(b"\x16\x03\x01\x00\x05hello", BAD),
    "lower-case method": Exchange(request(b"get /a"), BAD),
    "garbage after a request": Exchange(
        keep(b"GET /1") + b"\x00\r\n\r\n", ok(b"GET /1  HTTP/1.1 ", last=False) + BAD
    ),
    # heads that are too large
    "endless header": Exchange(b"GET /a HTTP/1.1\r\nX: " + b"x" * 50_000, TOO_LONG),
    "large header": Exchange(request(b"GET /a", b"X: " + b"x" * 33_000), TOO_LONG),
    "large target": Exchange(request(b"GET /" + b"x" * 33_000), TOO_LONG),
    "many headers": Exchange(request(b"GET /a", *[b"X:"] * 999), TOO_LONG),
    "headers within the limit": Exchange(request(b"GET /a", *[b"X:"] * 998), ok(b"GET /a  HTTP/1.1 ")),
    "header within the limit": Exchange(request(b"GET /a", b"X: " + b"x" * 32_000), ok(b"GET /a  HTTP/1.1 ")),
    # other protocols, which are not spoken
    "upgrade": Exchange(
        request(b"GET /a", b"Upgrade: websocket", b"Connection: Upgrade"), ok(b"GET /a  HTTP/1.1 ")
    ),
    "requests after an upgrade": Exchange(
        b"GET /1 HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n" * 2 + request(b"GET /3"),
        ok(b"GET /1  HTTP/1.1 ", last=False) * 2 + ok(b"GET /3  HTTP/1.1 "),
    ),
    "body of an upgrade": Exchange(
        request(b"POST /a", b"Upgrade: h2c", b"Connection: Upgrade", b"Content-Length: 3", body=b"abc"),
        ok(b"POST /a  HTTP/1.1 abc"),
    ),
    "chunks of an upgrade": Exchange(
        request(b"POST /a", b"Upgrade: h2c", b"Connection: Upgrade", b"transfer-encoding: chunked")
        + b"3\r\nabc\r\n0\r\n\r\n",
        ok(b"POST /a  HTTP/1.1 abc"),
    ),
    # bodies that are too large; nobody waits for them
    "length over the limit": Exchange(POST_11_MB + b"\r\n", ok(b"too large")),
    "length over the limit, and a 100 expected": Exchange(
        POST_11_MB + b"Expect: 100-continue\r\n\r\n", ok(b"too large")
    ),
    "length over the limit, in the pipeline": Exchange(
        keep(b"GET /1") + POST_11_MB + b"\r\n" + keep(b"GET /3"),
        ok(b"GET /1  HTTP/1.1 ", last=False) + ok(b"too large"),
    ),
    # expectations
    "expected and sent": Exchange(
        request(b"POST /a", b"Expect: 100-continue", b"Content-Length: 3", body=b"abc"), ok(b"POST /a  HTTP/1.1 abc")
    ),
    "another expectation": Exchange(request(b"GET /a", b"Expect: b"), ok(b"GET /a  HTTP/1.1 ")),
}  # fmt: skip


@pytest.mark.parametrize("is_late", [False, True], ids=["at once", "later"])
def test_an_exchange(is_late: bool) -> None:
    async def scene(served: Served) -> None:
        for name, exchange in EXCHANGES.items():
            assert await served.tell(exchange.sent) == exchange.received, name

    play(scene, Handler(is_late=is_late))
