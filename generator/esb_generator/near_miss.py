"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable

from esb_schemas import messages


def near_miss(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or an empty text if no known name is close."""
    near = messages.near_miss(name, known)
    return f"; did you mean {near}?" if near else ""
