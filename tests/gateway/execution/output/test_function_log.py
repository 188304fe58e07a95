"""The lines of functions in the gateway's log."""

from __future__ import annotations

import json

from esb_gateway.execution.output.function_log import function_lines
from esb_gateway.execution.output.slot_output import LineSource, LogLine
from esb_gateway.telemetry.logs import JsonLines

ROOT = "Root=1-65a7f3c0-0123456789abcdef01234567"


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


def test_an_error_has_its_level_and_lambda_s_own_lines_are_information() -> None:
    written: list[str] = []
    log = JsonLines(written.append, lambda: 0, lambda _, call: None)
    for source in LineSource:
        function_lines(log)(LogLine("hello", "id-1", ROOT, "[ERROR] KeyError: 'a'", 0.0, source))
    log.flush()
    assert [json.loads(line)["level"] for line in "".join(written).splitlines()] == ["ERROR", "INFO"]
