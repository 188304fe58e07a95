"""Times as SNS writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(milliseconds: int) -> str:
    """`2012-05-02T00:54:06.655Z`, of milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
