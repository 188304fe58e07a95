"""Requests as the benchmark sends them."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.load import post, signature
from esb_gateway.exchange import Request, lower
from esb_gateway.sigv4 import Credentials, Verifier

KEYS = ("AKIDEXAMPLE", "a-secret")
PATH = "/2015-03-31/functions/echo/invocations"


def test_a_post_is_whole() -> None:
    assert post("/p", b"{}", {"X-One": "1"}) == (
        b"POST /p HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"X-One: 1\r\nContent-Length: 2\r\n\r\n{}"
    )


def test_its_signature_is_one_that_the_gateway_takes() -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    headers = (("Host", "127.0.0.1"), *signature(KEYS, PATH, b"{}", now).items())
    request = Request("POST", PATH, "", headers, lower(headers), b"{}", "127.0.0.1")

    Verifier(Credentials(*KEYS), now.timestamp)(request)
