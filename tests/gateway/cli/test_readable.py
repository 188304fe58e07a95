"""Log lines for a person."""

from __future__ import annotations

import json

from esb_gateway.cli.readable import readable


def test_log_lines_for_a_person() -> None:
    time = {"time": "2026-11-23T12:00:00.123Z", "level": "INFO"}
    lines = [
        {**time, "type": "access", "method": "GET", "path": "/a", "status": 200, "duration_ms": 1.6, "function": "f"},
        {**time, "type": "access", "method": "GET", "path": "/b", "status": 404, "duration_ms": 0.1, "function": ""},
        {**time, "type": "function", "function": "f", "message": "hello"},
        {**time, "type": "gateway", "message": "ESB_AUTH=off"},
    ]
    assert readable("".join(json.dumps(line) + "\n" for line in lines) + "ready: x\n").splitlines() == [
        "12:00:00.123 200 GET /a (2 ms)  f",
        "12:00:00.123 404 GET /b (0 ms)",
        "12:00:00.123     f | hello",
        "12:00:00.123 INFO ESB_AUTH=off",
        "ready: x",
    ]
