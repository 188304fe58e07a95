"""Log lines for a person at a terminal: the same lines, without what is for machines."""

from __future__ import annotations

import json
from typing import Any


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
            request = f"{entry['method']} {entry['path']}"
            return f"{time} {entry['status']} {request} ({entry['duration_ms']:.0f} ms){function}"
        case "function":
            return f"{time}     {entry['function']} | {entry['message']}"
        case _:
            return f"{time} {entry['level']} {entry['message']}"
