"""Bytes to requests, without a socket."""

from __future__ import annotations

import hashlib

import pytest

from esb_wire.http.limits import SMALL_BODY, ConnectionLimits
from esb_wire.http.messages import BodyLimit, Request, any_body
from esb_wire.http.request_parser import RequestParser
from tests.wire.http.test_exchanges import EXCHANGES

LIMITS = ConnectionLimits(max_head=1000, max_body=10)
POST = b"POST /a HTTP/1.1\r\nHost: h\r\n"


def parsed(*pieces: bytes, limits: ConnectionLimits = LIMITS, body_limit: BodyLimit = any_body) -> RequestParser:
    parser = RequestParser(limits, body_limit, "192.0.2.1", "https")
    for piece in pieces:
        parser.feed(piece)
    return parser


def test_a_request_is_what_was_sent() -> None:
    sent = b"GET /%41?b=%20 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: \xe9\r\nCookie: a=1\r\ncookie: b=2\r\n\r\n"
    ((request, keep_alive),) = parsed(sent).requests
    assert request == Request(
        method="GET",
        path="/%41",
        query="b=%20",
        headers=(("Host", "h"), ("X-A", "1"), ("x-a", "é"), ("Cookie", "a=1"), ("cookie", "b=2")),
        lowered={"host": "h", "x-a": "1,é", "cookie": "a=1; b=2"},
        body=b"",
        client="192.0.2.1",
        protocol="HTTP/1.1",
        scheme="https",
    )
    assert keep_alive


@pytest.mark.parametrize("name", EXCHANGES)
def test_where_a_read_ends_makes_no_difference(name: str) -> None:
    sent, limits = EXCHANGES[name].sent, ConnectionLimits()
    whole, cut = parsed(sent, limits=limits), parsed(*(sent[at : at + 1] for at in range(len(sent))), limits=limits)
    assert (cut.requests, cut.refusal) == (whole.requests, whole.refusal)


@pytest.mark.parametrize(
    ("sent", "keep_alive"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_whether_the_connection_may_be_kept(sent: bytes, keep_alive: bool) -> None:
    parser = parsed(sent, sent)
    assert [keep for _, keep in parser.requests] == ([True, True] if keep_alive else [False])
    assert parser.refusal is None


CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 10\r\n\r\n" + b"x" * 10,
        POST + b"Content-Length: %b10\r\n\r\n" % (b"0" * 500) + b"x" * 10,
        CHUNKED + b"6\r\nxxxxxx\r\n4\r\nxxxx\r\n0\r\n\r\n",
    ],
)
def test_a_body_within_the_limit(sent: bytes) -> None:
    parser = parsed(sent * 2)
    assert [(request.body, keep, request.too_large) for request, keep in parser.requests] == [
        (b"x" * 10, True, False)
    ] * 2


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 11\r\n\r\n",
        POST + b"Content-Length: 18446744073709551615\r\n\r\n",
        POST + b"Content-Length: %b11\r\n\r\n" % (b"0" * 500),
        POST + b"Content-Length: 11\r\nExpect: 100-continue\r\n\r\n",
        POST + b"Content-Length: 11\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        CHUNKED + b"b\r\nxxxxxxxxxxx",
        CHUNKED + b"9\r\nxxxxxxxxx\r\n9\r\nxx",
    ],
)
def test_a_body_over_the_limit_ends_the_requests_before_it_has_come(sent: bytes) -> None:
    parser = parsed(sent)
    ((request, keep_alive),) = parser.requests
    assert (request.too_large, request.body, keep_alive) == (True, b"", False)
    assert (parser.continue_due, parser.head_begun, parser.refusal) == (False, False, None)
    parser.feed(b"x" * 100 + b"\r\n0\r\n\r\n" + POST + b"\r\n")
    assert len(parser.requests) == 1


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 300_000])
def test_a_signed_body_is_hashed_while_it_arrives(size: int, is_chunked: bool) -> None:
    body = bytes(range(250)) * (size // 250) + b"x" * (size % 250)
    framed = b"%x\r\n%b\r\n" % (size, body) if size else b""
    head = CHUNKED[:-2] if is_chunked else POST + b"Content-Length: %d\r\n" % size
    head, end = head + b"Authorization: ", b"\r\n\r\n" + (framed + b"0\r\n\r\n" if is_chunked else body)
    sent = head + b"AWS4-HMAC-SHA256 a" + end + head + b"Basic a" + end
    pieces = [sent[at : at + 50_000] for at in range(0, len(sent), 50_000)]
    (signed, _), (other, _) = parsed(*pieces, limits=ConnectionLimits()).requests
    assert (signed.body, other.body, other.body_sha256) == (body, body, "")
    expected = hashlib.sha256(body).hexdigest() if is_chunked or size > 65536 else ""
    assert signed.body_sha256 == expected


def test_the_target_decides_about_bodies_that_are_not_small() -> None:
    asked = []

    def body_limit(request: Request) -> int:
        asked.append((request.path, request.body))
        return SMALL_BODY + 1

    limits = ConnectionLimits()
    for size, too_large in ((SMALL_BODY, False), (SMALL_BODY + 1, False), (SMALL_BODY + 2, True)):
        whole = POST + b"Content-Length: %d\r\n\r\n" % size + b"x" * size
        chunks = CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"x" * size)
        for sent in (whole, chunks):
            ((request, _),) = parsed(sent, limits=limits, body_limit=body_limit).requests
            assert (request.too_large, len(request.body)) == (too_large, 0 if too_large else size)
    assert asked == [("/a", b"")] * 4


@pytest.mark.parametrize(
    ("head", "is_due"),
    [
        (POST + b"Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n", True),
        (POST + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx", False),
        (POST + b"Expect: 100-continue\r\n\r\n", False),
        (POST + b"Expect: other\r\nContent-Length: 1\r\n\r\n", False),
        (POST.replace(b"1.1", b"1.0") + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\n", False),
    ],
)
def test_who_waits_for_a_100(head: bytes, is_due: bool) -> None:
    assert parsed(head).continue_due is is_due


def test_a_head_is_counted_by_its_own_size() -> None:
    """Not by the requests that arrive together with it."""
    small = POST + b"X: " + b"x" * 700 + b"\r\n\r\n"
    assert len(parsed(small * 5).requests) == 5
    assert parsed(POST + b"X: " + b"x" * 1000 + b"\r\n\r\n").refusal == 431


@pytest.mark.parametrize(
    "tail", [b"1;" + b"x" * 600_000, b"0\r\nX: " + b"x" * 600_000, b"0\r\n" + b"X: y\r\n" * 90_000]
)
def test_a_body_that_says_nothing_for_long_is_refused(tail: bytes) -> None:
    pieces = [tail[at : at + 65536] for at in range(0, len(tail), 65536)]
    assert parsed(POST + b"Transfer-Encoding: chunked\r\n\r\n", *pieces).refusal == 431


def test_the_parts_are_counted() -> None:
    parser = parsed(b"")
    seen = []
    for piece in (b"\r\n", b"P", POST[1:], b"Content-Length: 2\r\n\r\n", b"x", b"x"):
        parser.feed(piece)
        seen.append((parser.in_head, parser.head_begun, parser.parts))
    assert seen == [
        (True, False, 0),
        (True, False, 0),
        (True, True, 0),
        (False, False, 1),
        (False, False, 1),
        (True, False, 2),
    ]


def test_many_upgrades_in_one_read_take_no_longer_than_as_many_requests() -> None:
    upgrade = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
    assert len(parsed(upgrade * 4000).requests) == 4000
