"""Responses as bytes."""

from __future__ import annotations

import pytest

from esb_wire.http.messages import Request, Response, json_response
from esb_wire.http.responses import FirstLines, encode_response
from tests.wire.http.serving import without_date

GET = Request("GET", "/", "", (), {}, b"", "")


@pytest.mark.parametrize(
    ("response", "keep_alive", "sent"),
    [
        (
            json_response(200, {"a": 1}, (("X-CaSe", "Kept"),)),
            True,
            b"Content-Type: application/json\r\nX-CaSe: Kept\r\ncontent-length: 7\r\n\r\n" + b'{"a":1}',
        ),
        (Response(200, (), b""), True, b"content-length: 0\r\n\r\n"),
        (Response(200, (), b"a"), False, b"content-length: 1\r\nconnection: close\r\n\r\na"),
        (Response(204, (("X", "1"),), b"none"), True, b"X: 1\r\n\r\n"),
        (Response(304, (), b"none"), True, b"\r\n"),
        (Response(200, (("Set-Cookie", "a"), ("Set-Cookie", "b")), b""), True,
         b"Set-Cookie: a\r\nSet-Cookie: b\r\ncontent-length: 0\r\n\r\n"),
        (Response(200, (("X", "é€"),), b""), True, b"X: \xe9?\r\ncontent-length: 0\r\n\r\n"),
    ],
)  # fmt: skip
def test_a_response(response: Response, keep_alive: bool, sent: bytes) -> None:
    assert b"".join(encode_response(GET, response, b"", keep_alive=keep_alive)) == sent


def test_the_first_lines_are_status_and_date() -> None:
    lines = FirstLines()
    assert without_date(lines[404]) == b"HTTP/1.1 404 Not Found\r\n"
    assert without_date(lines[418]) == b"HTTP/1.1 418 I'm a Teapot\r\n"
    assert without_date(lines[599]) == b"HTTP/1.1 599 \r\n"
    assert lines[404] is lines[404]
    assert lines[404].count(b"\r\n") == 2
