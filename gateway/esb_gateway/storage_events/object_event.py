"""A change of an object, whatever storage says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from esb_schemas.agreements import storage_events
from esb_schemas.endpoints import STACK, Endpoint

PATH: Final = storage_events.PATH
ENDPOINT: Final = Endpoint(
    "GET",
    PATH,
    STACK,
    "what has changed in buckets after a cursor, as soon as there is something or after that time",
    "after=CURSOR&seconds=S",
)
SIGNING_NAME: Final = storage_events.SIGNING_NAME
MAX_PAGE: Final = 500  # events
MAX_WAIT: Final = 20.0  # seconds


class ObjectEvent(NamedTuple):
    """`name` is S3's, such as `ObjectCreated:Put`; `time_ns` since 1970, which also orders the events of a key.

    What S3 would not say of such an event is None: a deletion has no `size` and no `etag`, an unversioned bucket no
    `version_id`. `trace_id` is the X-Ray header of the request, None where the storage does not tell of it.
    """

    name: str
    bucket: str
    key: str
    time_ns: int
    size: int | None = None
    etag: str | None = None
    version_id: str | None = None
    trace_id: str | None = None


class Page(NamedTuple):
    """Events in order, and the cursor after them."""

    cursor: str
    events: Sequence[ObjectEvent] = ()


def page_document(page: Page) -> dict[str, Any]:
    """A page as JSON."""
    return {"cursor": page.cursor, "events": [event._asdict() for event in page.events]}


def read_page(document: Mapping[str, Any]) -> Page:
    """The page of a document. Raises KeyError and TypeError for another one."""
    return Page(str(document["cursor"]), tuple(ObjectEvent(**entry) for entry in document["events"]))
