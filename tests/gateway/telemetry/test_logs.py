"""Log lines."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from esb_gateway.telemetry.logs import JsonLines, timestamp


def test_lines_gather_and_go_out_whole() -> None:
    written: list[str] = []
    timers: list[Callable[[], object]] = []
    log = JsonLines(written.append, lambda: 1705505536.5, lambda _, call: timers.append(call))
    log("access", "INFO", {"path": "/é"})
    log("gateway", "WARN", {"message": "a\nb"})
    assert (written, len(timers)) == ([], 1)
    timers[0]()
    timers[0]()
    assert len(written) == 1
    first, second = map(json.loads, written[0].splitlines())
    assert first == {"time": "2024-01-17T15:32:16.500Z", "level": "INFO", "type": "access", "path": "/é"}
    assert (second["type"], second["message"]) == ("gateway", "a\nb")


def test_many_lines_do_not_wait() -> None:
    written: list[str] = []
    log = JsonLines(written.append, lambda: 0, lambda _, call: None)
    for number in range(256):
        log("access", "INFO", {"number": number})
    assert [json.loads(line)["number"] for line in "".join(written).splitlines()] == list(range(256))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1705505536.9994, "2024-01-17T15:32:16.999Z"),
        (1705505536.9999999, "2024-01-17T15:32:17.000Z"),
        (1705505536.001, "2024-01-17T15:32:16.001Z"),
    ],
)
def test_times_are_cut_to_milliseconds(seconds: float, expected: str) -> None:
    assert timestamp(seconds) == expected
