"""Log lines for a person at a terminal: the same lines, without what is for machines."""

from __future__ import annotations

import json
from typing import Any

from esb_gateway.log_reader.terminal_text import terminal_text


def readable(lines: str) -> str:
    """Whole lines of the log. A line that is not a JSON object stays as it is."""
    return "".join(f"{_readable(line)}\n" for line in lines.splitlines())


def _readable(line: str) -> str:
    if not line.startswith("{"):
        return line
    entry: dict[str, Any] = json.loads(line)
    time = entry["time"][11:23]
    match entry["type"]:
        case "access":
            function = entry["function"] and f"  {entry['function']}"
            error = entry["error_type"] and f"  {entry['error_type']}"
            request = f"{entry['method']} {entry['path']}"
            return terminal_text(f"{time} {entry['status']} {request} ({entry['duration_ms']:.0f} ms){function}{error}")
        case "function":
            head = f"{time}     {entry['function']} | "
            return "\n".join(f"{head}{each}" for each in shown_lines(entry["message"]))
        case _:
            return "\n".join(shown_lines(f"{time} {entry['level']} {entry['message']}"))


def shown_lines(message: str) -> list[str]:
    """The lines of a message. It may have carriage returns, at which each line would overwrite the one before."""
    return [terminal_text(line) for line in message.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
