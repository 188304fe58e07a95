"""Converts printed text to rows of VictoriaLogs. Pure."""

from __future__ import annotations

import json
import re
import time

LEVELS = {"WARN": "WARNING", "FATAL": "CRITICAL"}
LEVEL_AT_START = re.compile(r"\[?(DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)\b")

# The names of our fields in JSON loggers: awslambdaric, Powertools for AWS Lambda, and common ones of Node.js.
NAMES = {
    "msg": "message",
    "requestId": "aws_request_id",
    "function_request_id": "aws_request_id",
    "xray_trace_id": "trace_id",
    "exception": "exc_info",
    "stackTrace": "exc_info",
}
TRACEBACK = "Traceback (most recent call last):"
MAX_TEXT = 100_000  # bytes; VictoriaLogs drops rows of 256 KiB, and escaping may double a text
LABELS = {"container_name", "job"}  # of the stream


def row_of_line(line: str, level: str) -> dict[str, str]:
    """The row of a printed line: the fields of JSON with a message, message and exc_info of awslambdaric's errors."""
    if line.startswith("{"):
        row = row_of_json(line)
        if row is not None:
            return {"level": level, **row}
    found = LEVEL_AT_START.match(line)
    if found:
        level = LEVELS.get(found[1], found[1])
    # awslambdaric prints an error as one line: its parts end with \r, and are indented with no-break spaces.
    message, has_trace, trace = line.partition(f"\r{TRACEBACK}")
    row = {"level": level, "message": message}
    if has_trace:
        row["exc_info"] = TRACEBACK + trace.replace("\r", "\n").replace("\u00a0", " ")
    return row


def pieces(line: bytes) -> list[str]:
    """A line as text, split into pieces of at most MAX_TEXT; a blank line has none."""
    parts = (line[start : start + MAX_TEXT] for start in range(0, len(line), MAX_TEXT))
    return [text for part in parts if (text := part.decode("utf-8", "replace").rstrip("\r\n")).strip()]


def row_of_json(line: str) -> dict[str, str] | None:
    """The fields of a JSON object with a message; None for any other text."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not ({"message", "msg"} & fields.keys()):
        return None
    row: dict[str, str] = {}
    for key, value in fields.items():
        name = str(NAMES.get(key, key))
        if name in LABELS or name in row or key.startswith("_"):
            name = f"field.{key}"
        row[name] = text_of(value)
    row["level"] = LEVELS.get(row.get("level", "").upper(), row.get("level", "").upper())
    return {name: value for name, value in row.items() if value}


def text_of(value: object) -> str:
    """A JSON value as text, the only type of VictoriaLogs; the lines of a stack trace are joined."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list) and value and all(isinstance(part, str) and part.endswith("\n") for part in value):
        return "".join(value)
    return json.dumps(value, ensure_ascii=False)


def encode(row: dict[str, str], labels: dict[str, str], at: float) -> bytes:
    """One line of VictoriaLogs' JSON stream API; `at` is seconds since the epoch, stored in milliseconds, UTC."""
    return json.dumps({"_time": utc(at), **row, **labels}).encode() + b"\n"


def utc(at: float) -> str:
    """RFC 3339 with milliseconds."""
    milliseconds = round(at * 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000)) + f".{milliseconds % 1000:03d}Z"
