"""Requests as the benchmark sends them, and what is made of the answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.errors import Unavailable
from bench.load import Target, burst, post


def test_a_post_is_whole() -> None:
    assert post("/p", b"{}", {"X-One": "1"}) == (
        b"POST /p HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"X-One: 1\r\nContent-Length: 2\r\n\r\n{}"
    )


@pytest.mark.parametrize(
    ("requests", "errors", "reason"),
    [
        (0, 0, "no request was answered within 2 s with 4 at a time"),
        (0, 3, "3 of 0 requests failed with 4 at a time"),
        (100, 5, "5 of 100 requests failed with 4 at a time"),
    ],
)
def test_a_burst_without_enough_answers_is_unavailable(tmp_path: Path, requests: int, errors: int, reason: str) -> None:
    found = {"requests": requests, "errors": errors, "seconds": 2.0, "p50_us": 1.0, "p99_us": 1.0}
    program = tmp_path / "load"
    program.write_text(f"#!/bin/sh\ncat > /dev/null\necho '{json.dumps(found)}'\n")
    program.chmod(0o700)
    with pytest.raises(Unavailable, match=reason):
        burst(program, Target(1, b""), 4, 2.0)
