"""An event of the log, as embedded mode writes it or as VictoriaLogs stores it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from esb_gateway.log_reader.terminal_text import terminal_text

# The order of the events of one request. What a function printed may have been read a moment after it ended.
_START, _PRINTED, _END, _REPORT, _ACCESS = range(5)
_GATEWAY = "gateway"
_PLATFORM = {
    "START RequestId: ": _START,
    "END RequestId: ": _END,
    "REPORT RequestId: ": _REPORT,
    '"platform.start"': _START,
    '"platform.runtimeDone"': _END,
    '"platform.report"': _REPORT,
}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """`time` is RFC 3339 in UTC, with milliseconds; `source` a function or a service; `request_id` may be empty."""

    time: str
    level: str
    source: str
    request_id: str
    message: str
    order: int = _PRINTED  # within its request

    def as_json(self) -> dict[str, str]:
        return {
            "time": self.time,
            "level": self.level,
            "source": self.source,
            "request_id": self.request_id,
            "message": self.message,
        }


def entry_of_line(fields: Mapping[str, Any]) -> LogEntry:
    """A line of the gateway's own log: see logs.py."""
    return _entry(fields, str(fields.get("time", "")), str(fields.get("message", "")), _GATEWAY)


def entry_of_row(row: Mapping[str, str]) -> LogEntry:
    """A row of VictoriaLogs."""
    message = "\n".join(filter(None, (row.get("_msg", ""), row.get("exc_info", ""))))
    source, time = row.get("container_name", ""), row.get("_time", "")
    if source == _GATEWAY:  # its lines have the time of the event; that of the row is later
        return _entry(row, row.get("time") or time, message, source)
    # The fields of a function's own JSON may have the same names, and mean something else.
    own = {"level": row.get("level", ""), "request_id": row.get("aws_request_id", "")}
    return _entry(own, time, message, source)


def _entry(fields: Mapping[str, Any], time: str, message: str, source: str) -> LogEntry:
    is_access = fields.get("type") == "access"
    if is_access:
        message = f"{message} ({_number(fields.get('duration_ms')):.0f} ms)"
    return LogEntry(
        time=_with_milliseconds(time),
        level=str(fields.get("level") or "INFO"),
        source=str(fields.get("function") or source),
        request_id=str(fields.get("request_id") or ""),
        message=message,
        order=_ACCESS if is_access else _order(message),
    )


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0


def _order(message: str) -> int:
    """The rank of an event within its request, by its text."""
    start = message[:120]
    return next((order for mark, order in _PLATFORM.items() if mark in start), _PRINTED)


def _with_milliseconds(time: str) -> str:
    whole, _, fraction = time.removesuffix("Z").partition(".")
    return f"{whole}.{fraction[:3]:0<3}Z"


def by_request(entries: Iterable[LogEntry]) -> list[LogEntry]:
    """Sorted by time, the events of one request together: START, what was printed, END, REPORT, the access line."""
    in_order = sorted(entries, key=lambda entry: entry.time)
    begun: dict[str, str] = {}
    for entry in in_order:
        begun.setdefault(entry.request_id, entry.time)

    def place(entry: LogEntry) -> tuple[str, str, int]:
        return begun[entry.request_id] if entry.request_id else entry.time, entry.request_id, entry.order

    return sorted(in_order, key=place)


def line_of(entry: LogEntry) -> str:
    """An event as one line for a person. The further lines of a traceback follow, indented."""
    first, *others = entry.message.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").split("\n")
    head = f"{entry.time} {entry.source} {entry.request_id[:8] or '-'} {entry.level} {first}".rstrip()
    return "\n".join(map(terminal_text, (head, *(f"    {line}" for line in others if line))))
