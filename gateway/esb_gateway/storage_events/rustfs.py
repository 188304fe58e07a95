"""The requests of RustFS to a webhook: one change of an object in each. Pure.

That these are the names, and what is in them when, was measured with RustFS 1.0.1. `requestParameters` has all headers
of the client's request, its signature too: nothing of it is read, kept or logged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote_plus

from esb_gateway.storage_events.object_event import ObjectEvent

_CREATED, _REMOVED = "ObjectCreated:", "ObjectRemoved:"
_FAMILIES: Final = (_CREATED, _REMOVED, "ObjectTagging:", "ObjectAcl:")


class InvalidDocument(Exception):
    """The document is not a change of an object."""


def object_events(document: Any) -> Iterator[ObjectEvent]:
    """The changes in the JSON of a request. Raises InvalidDocument."""
    try:
        for record in document["Records"]:
            name = str(record["eventName"]).removeprefix("s3:")
            if name.startswith(_FAMILIES):
                yield _event(name, record, record["s3"]["object"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidDocument(f"{type(error).__name__}: {error}") from None


def _event(name: str, record: Mapping[str, Any], described: Mapping[str, Any]) -> ObjectEvent:
    made = int(described["sequencer"], 16)  # nanoseconds
    etag = described.get("eTag") or None
    return ObjectEvent(
        name,
        str(record["s3"]["bucket"]["name"]),
        unquote_plus(described["key"]),
        # Of an object that was there before, the sequencer is the time of its content.
        made if name.startswith(_CREATED) else max(made, _nanoseconds(record["eventTime"])),
        size=described.get("size") if name.startswith(_CREATED) else None,
        etag=etag.strip('"') if etag else None,
        version_id=described.get("versionId") or None,
    )


def _nanoseconds(timestamp: str) -> int:
    """Of a time with milliseconds, such as 2026-11-30T10:00:00.123Z."""
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000) * 10**6
