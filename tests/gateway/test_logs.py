"""Log lines."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from esb_gateway.execution.output import LineSource, LogLine
from esb_gateway.logs import JsonLines, timestamp
from esb_gateway.serving import function_lines

ROOT = "Root=1-65a7f3c0-0123456789abcdef01234567"


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


def test_a_functions_line_keeps_its_time_and_its_request() -> None:
    written: list[str] = []
    log = JsonLines(written.append, lambda: 0, lambda _, call: None)
    function_lines(log)(LogLine("hello", "id-1", ROOT, 'pr"inté\n', 1705505536.25, LineSource.FUNCTION))
    log.flush()
    assert json.loads("".join(written)) == {
        "type": "function",
        "level": "INFO",
        "time": "2024-01-17T15:32:16.250Z",
        "function": "hello",
        "request_id": "id-1",
        "trace_id": ROOT,
        "source": "function",
        "message": 'pr"inté\n',
    }


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
