"""What SeaweedFS writes into its log is what S3 tells of."""

from __future__ import annotations

import pytest

from esb_gateway.storage_events.filer import object_events, subscription, time_of
from esb_gateway.storage_events.object_event import ObjectEvent, Page, page_document, read_page
from esb_gateway.storage_events.protobuf import decode, number, text
from tests.gateway.storage_events.messages import TIME, entry, message

ETAG, VERSION = "Seaweed-X-Amz-ETag", "Seaweed-X-Amz-Version-Id"
FILE = entry("a b.txt", 5, chunk=1, extended={ETAG: "e1"})
OTHER = entry("a b.txt", 6, chunk=2, extended={ETAG: "e2"})
TAGGED = entry("a b.txt", 5, chunk=1, extended={ETAG: "e1", "X-Amz-Tagging-k": "v"})
UPLOADED = entry("large", 8, chunk=3, extended={ETAG: "e3-1", "X-Seaweedfs-Upload-Id": "u"})
EMPTY = entry("a b.txt", extended={ETAG: "e0"})
KEPT = entry("v_1", 1, chunk=1, extended={ETAG: "e", VERSION: "1"})
OLDER = entry("v_1", 1, chunk=1, extended={ETAG: "e", VERSION: "1", "Seaweed-X-Amz-Noncurrent-Since-Ns": "1"})
MARKER = entry("v_2", extended={VERSION: "2", "Seaweed-X-Amz-Delete-Marker": "true"})
FOLDER = "/buckets/uploads/in"
VERSIONS = "/buckets/uploads/in/a.versions"


@pytest.mark.parametrize(
    ("folder", "old", "new", "expected"),
    [
        (FOLDER, None, FILE, ("ObjectCreated:Put", "in/a b.txt", 5, "e1", None)),
        (FOLDER, FILE, OTHER, ("ObjectCreated:Put", "in/a b.txt", 6, "e2", None)),
        (FOLDER, FILE, FILE, ("ObjectCreated:Copy", "in/a b.txt", 5, "e1", None)),
        (FOLDER, EMPTY, EMPTY, ("ObjectCreated:Put", "in/a b.txt", 0, "e0", None)),
        (FOLDER, FILE, None, ("ObjectRemoved:Delete", "in/a b.txt", None, None, None)),
        (FOLDER, FILE, TAGGED, ("ObjectTagging:Put", "in/a b.txt", None, "e1", None)),
        (FOLDER, TAGGED, FILE, ("ObjectTagging:Delete", "in/a b.txt", None, "e1", None)),
        ("/buckets/uploads", None, UPLOADED, ("ObjectCreated:CompleteMultipartUpload", "large", 8, "e3-1", None)),
        (VERSIONS, None, KEPT, ("ObjectCreated:Put", "in/a", 1, "e", "1")),
        (VERSIONS, None, MARKER, ("ObjectRemoved:DeleteMarkerCreated", "in/a", None, None, "2")),
        (VERSIONS, KEPT, None, ("ObjectRemoved:Delete", "in/a", None, None, "1")),
        (
            "/buckets/uploads",
            None,
            entry("dir", folder=True, extended={ETAG: "e0"}),
            ("ObjectCreated:Put", "dir/", 0, "e0", None),
        ),
    ],
)
def test_a_change_of_an_object(
    folder: str, old: bytes | None, new: bytes | None, expected: tuple[str, str, int | None, str | None, str | None]
) -> None:
    (event,) = object_events(message(folder, old, new))
    assert (event.bucket, event.time_ns) == ("uploads", TIME)
    assert (event.name, event.key, event.size, event.etag, event.version_id) == expected


@pytest.mark.parametrize(
    ("folder", "old", "new"),
    [
        ("/buckets", None, entry("uploads", folder=True)),
        ("/buckets/.system/owners", None, entry("uploads")),
        ("/buckets/uploads", None, entry("in", folder=True)),
        ("/buckets/uploads", entry("in", folder=True), None),
        ("/buckets/uploads/.uploads/u", None, entry("0001.part", 5, chunk=1)),
        (VERSIONS, KEPT, OLDER),
        ("/buckets/uploads/in", None, entry("a.versions", folder=True)),
        ("/etc/iam", None, entry("identities")),
    ],
)
def test_what_is_no_object_is_no_event(folder: str, old: bytes | None, new: bytes | None) -> None:
    assert list(object_events(message(folder, old, new))) == []


def test_a_subscription_begins_after_a_time() -> None:
    fields = decode(subscription(TIME, 7))
    assert (text(fields, 2), number(fields, 3), number(fields, 7)) == ("/buckets/", TIME, 7)
    assert time_of(message(FOLDER, None, FILE)) == TIME


def test_a_page_is_the_same_after_its_journey() -> None:
    page = Page("5", (ObjectEvent("ObjectCreated:Put", "uploads", "a", TIME, 5, "e"),))
    assert read_page(page_document(page)) == page
