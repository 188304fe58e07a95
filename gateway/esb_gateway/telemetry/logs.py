"""Log lines as JSON objects, one a line: output of functions, requests, and messages of the gateway itself.

Every line has `time` (RFC 3339, UTC), `level` and `type`: `function`, `access` or `gateway`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from json.encoder import encode_basestring as quoted
from typing import Any, Protocol

from esb_gateway.clocks import Clock

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_NUMBERS = (int, float)
_FLUSH_AFTER = 0.02  # seconds: under load many lines share one write
_FLUSH_AT = 256  # lines


class Log(Protocol):
    """Takes log lines."""

    def __call__(self, line_type: str, level: str, fields: dict[str, Any]) -> None:
        """Write one line; `fields` are its further members."""


class JsonLines:
    """Writes log lines in batches. `write` gets whole lines. Call `flush` at the end, or the last lines are lost.

    Lines are also formatted in batches, so that no response waits for its log.
    """

    def __init__(
        self, write: Callable[[str], object], clock: Clock, call_later: Callable[[float, Callable[[], object]], object]
    ) -> None:
        self._write = write
        self._clock = clock
        self._call_later = call_later
        self._lines: list[Callable[[], str]] = []

    def __call__(self, line_type: str, level: str, fields: dict[str, Any]) -> None:
        self.defer(partial(_line, self._clock(), line_type, level, fields))

    def defer(self, line: Callable[[], str]) -> None:
        """Write the line that `line` returns, without a line end; it is called later."""
        self._lines.append(line)
        if len(self._lines) >= _FLUSH_AT:
            self.flush()
        elif len(self._lines) == 1:
            self._call_later(_FLUSH_AFTER, self.flush)

    def flush(self) -> None:
        """Write the lines that have gathered."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._write("\n".join([line() for line in lines]) + "\n")


def _line(seconds: float, line_type: str, level: str, fields: dict[str, Any]) -> str:
    """By hand: most values are texts and numbers, and for these an encoder takes twice as long. The names of fields are
    plain words.
    """
    members = [f',"{name}":{quoted(value) if type(value) is str else _other(value)}' for name, value in fields.items()]
    return f'{{"time":"{timestamp(seconds)}","level":"{level}","type":"{line_type}"{"".join(members)}}}'


def _other(value: object) -> str:
    return repr(value) if type(value) in _NUMBERS else _ENCODER.encode(value)


def timestamp(seconds: float) -> str:
    """Seconds since the epoch as `2026-01-31T12:00:00.123Z`."""
    whole, milliseconds = divmod(int(seconds * 1000 + 0.0005), 1000)  # half a µs more: floats are not exact
    return f"{_to_the_second(whole)}.{milliseconds:03d}Z"


@lru_cache(maxsize=4)
def _to_the_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
