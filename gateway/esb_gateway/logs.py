"""Log lines as JSON objects, one a line: what functions print, each request, and what the gateway itself has to say.

Every line has `time` (RFC 3339, UTC), `level` and `type`: `function`, `access` or `gateway`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

CallLater: TypeAlias = Callable[[float, Callable[[], object]], object]

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_FLUSH_AFTER = 0.02  # seconds: under load many lines share one write
_FLUSH_AT = 256  # lines


class Log(Protocol):
    """Takes log lines."""

    def __call__(self, line_type: str, level: str, fields: dict[str, Any]) -> None:
        """Write one line; `fields` are its further members."""


class JsonLines:
    """Writes log lines in batches. `write` gets whole lines; `flush` at the end, or the last few are lost."""

    def __init__(self, write: Callable[[str], object], clock: Callable[[], float], call_later: CallLater) -> None:
        self._write = write
        self._clock = clock
        self._call_later = call_later
        self._lines: list[str] = []

    def __call__(self, line_type: str, level: str, fields: dict[str, Any]) -> None:
        line = {"time": timestamp(self._clock()), "level": level, "type": line_type, **fields}
        self._lines.append(_ENCODER.encode(line))
        if len(self._lines) >= _FLUSH_AT:
            self.flush()
        elif len(self._lines) == 1:
            self._call_later(_FLUSH_AFTER, self.flush)

    def flush(self) -> None:
        """Write what has gathered."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._write("\n".join(lines) + "\n")


def timestamp(seconds: float) -> str:
    """Seconds since the epoch as `2026-01-31T12:00:00.123Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
