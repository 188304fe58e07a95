"""Log lines for a person."""

from __future__ import annotations

import json

from esb_gateway.cli.readable import readable
from tests.terminal import shown


def test_log_lines_for_a_person() -> None:
    time = {"time": "2026-11-23T12:00:00.123Z", "level": "INFO"}
    access = {**time, "type": "access", "method": "GET", "error_type": ""}
    lines = [
        {**access, "path": "/a", "status": 200, "duration_ms": 1.6, "function": "f"},
        {**access, "path": "/b", "status": 404, "duration_ms": 0.1, "function": ""},
        {**access, "path": "/c", "status": 500, "duration_ms": 2, "function": "f", "error_type": "KeyError"},
        {**time, "type": "function", "function": "f", "message": "hello"},
        {**time, "type": "gateway", "message": "ESB_AUTH=off"},
    ]
    assert readable("".join(json.dumps(line) + "\n" for line in lines) + "ready: x\n").splitlines() == [
        "12:00:00.123 200 GET /a (2 ms)  f",
        "12:00:00.123 404 GET /b (0 ms)",
        "12:00:00.123 500 GET /c (2 ms)  f  KeyError",
        "12:00:00.123     f | hello",
        "12:00:00.123 INFO ESB_AUTH=off",
        "ready: x",
    ]


def test_a_terminal_shows_every_line_of_a_traceback() -> None:
    message = "[ERROR] KeyError: 'a'\rTraceback (most recent call last):\r\xa0\xa0File app.py"
    line = {"time": "2026-11-23T12:00:00.123Z", "type": "function", "function": "f", "message": message}
    assert [row.split("| ")[1] for row in shown(readable(json.dumps(line)))] == [
        "[ERROR] KeyError: 'a'",
        "Traceback (most recent call last):",
        "\xa0\xa0File app.py",
    ]
