"""Times as AWS writes them in JSON, in UTC, of seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime


def to_second(seconds: float) -> str:
    """`2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_millisecond(seconds: float) -> str:
    """`2026-01-31T12:00:00.123Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
