"""Media types: text and binary bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# HTTP APIs send these as text and every other media type as base64; a form is base64 there too.
_TEXT_TYPES: Final = frozenset({"application/json", "application/javascript", "application/xml"})
_TEXT_SUFFIXES: Final = ("+json", "+xml")


def media_type(header: str | None) -> str:
    """The media type of a Content-Type or of the first one of an Accept header, without parameters."""
    return (header or "").partition(",")[0].partition(";")[0].strip().lower()


def is_text(content_type: str | None) -> bool:
    """True if an HTTP API passes a body with this Content-Type as text."""
    kind = media_type(content_type)
    return kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(_TEXT_SUFFIXES)


def is_binary(content_type: str | None, binary_media_types: Sequence[str]) -> bool:
    """True if a REST API's binaryMediaTypes contain this type; `*/*` contains all types, and a missing one."""
    kind = media_type(content_type)
    return any(_covers(pattern.lower(), kind) for pattern in binary_media_types)


def _covers(pattern: str, kind: str) -> bool:
    if pattern == "*/*":
        return True
    if pattern.endswith("/*"):
        return kind.startswith(pattern[:-1])
    return kind == pattern
