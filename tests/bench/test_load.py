"""Requests as the benchmark sends them."""

from __future__ import annotations

from bench.load import post


def test_a_post_is_whole() -> None:
    assert post("/p", b"{}", {"X-One": "1"}) == (
        b"POST /p HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"X-One: 1\r\nContent-Length: 2\r\n\r\n{}"
    )
