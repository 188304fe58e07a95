"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable

from esb_schemas.near_miss import near_miss as nearest


def near_miss(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or an empty text if no known name is close."""
    near = nearest(name, known)
    return f"; did you mean {near}?" if near else ""
