"""The log of SeaweedFS's filer: a change of a file as a change of an object. Pure.

The filer's files are the objects, below /buckets/<bucket>/; versions are files v_<id> in a folder <key>.versions. What
happens when, and that extended attributes have these names, was measured with SeaweedFS 4.48. The messages are
SubscribeMetadataRequest and SubscribeMetadataResponse of its filer.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from esb_gateway.storage_events.object_event import ObjectEvent
from esb_gateway.storage_events.protobuf import blob, blobs, decode, encode, number, text

SUBSCRIBE: Final = "/filer_pb.SeaweedFiler/SubscribeMetadata"

_ROOT: Final = "/buckets/"
_VERSIONS: Final = ".versions"
_VERSION_FILE: Final = "v_"
_UPLOADS: Final = ".uploads"
_ETAG, _VERSION_ID = "Seaweed-X-Amz-ETag", "Seaweed-X-Amz-Version-Id"
_DELETE_MARKER, _UPLOAD_ID, _ACL = "Seaweed-X-Amz-Delete-Marker", "X-Seaweedfs-Upload-Id", "Seaweed-X-Amz-Acl"
_TAG: Final = "X-Amz-Tagging-"


class _Entry(NamedTuple):
    """A file or a folder. `chunks` tell whether two have the same content."""

    name: str
    is_folder: bool
    size: int
    chunks: tuple[tuple[int, int, int], ...]
    extended: Mapping[str, bytes]

    def extension(self, name: str) -> str | None:
        value = self.extended.get(name)
        return None if value is None else value.decode("utf-8", "replace")

    @property
    def tags(self) -> Mapping[str, bytes]:
        return {name: value for name, value in self.extended.items() if name.startswith(_TAG)}


def subscription(since: int, client: int) -> bytes:
    """The request for all changes after a time, in nanoseconds since 1970; `client` is a number that no other has."""
    return encode({1: "esb", 2: _ROOT, 3: since, 7: client})


def time_of(message: bytes) -> int:
    """When the change happened, in nanoseconds since 1970. Raises InvalidMessage."""
    return number(decode(message), 3)


def object_events(message: bytes) -> Iterator[ObjectEvent]:
    """The change of an object that a message is about; none for what is no object. Raises InvalidMessage."""
    response = decode(message)
    change, moment = decode(blob(response, 2) or b""), number(response, 3)
    old, new = _entry(blob(change, 1)), _entry(blob(change, 2))
    entry, folder = new or old, text(change, 4) or text(response, 1)
    bucket, _, inside = f"{folder}/".removeprefix(_ROOT).partition("/")
    if entry is None or not folder.startswith(_ROOT) or bucket.startswith(".") or inside.startswith(f"{_UPLOADS}/"):
        return
    place = ObjectEvent("", bucket, inside + entry.name, moment)
    if inside.endswith(f"{_VERSIONS}/") and entry.name.startswith(_VERSION_FILE):
        yield from _of_version(place._replace(key=inside.removesuffix(f"{_VERSIONS}/")), old, new)
    elif entry.is_folder:
        if old is None and new is not None and _ETAG in new.extended:  # an object whose key ends in a slash
            yield _created(place._replace(key=f"{place.key}/"), new, "Put")
    elif old is None or new is None:
        yield place._replace(name="ObjectRemoved:Delete") if new is None else _created(place, new, _how(new))
    else:
        yield from _of_change(place, old, new)


def _of_version(place: ObjectEvent, old: _Entry | None, new: _Entry | None) -> Iterator[ObjectEvent]:
    entry = new or old
    versioned = place._replace(version_id=entry and entry.extension(_VERSION_ID))
    if new is None:
        yield versioned._replace(name="ObjectRemoved:Delete")
    elif old is not None:
        if old.tags != new.tags:
            yield _created(versioned, new, "")._replace(name=_tagging(new), size=None)
    elif _DELETE_MARKER in new.extended:
        yield versioned._replace(name="ObjectRemoved:DeleteMarkerCreated", etag=new.extension(_ETAG))
    else:
        yield _created(versioned, new, _how(new))


def _of_change(place: ObjectEvent, old: _Entry, new: _Entry) -> Iterator[ObjectEvent]:
    """Another content is a new object; the same content with other attributes is what has changed in them."""
    if old.chunks != new.chunks or not new.chunks:
        yield _created(place, new, _how(new))
    elif old.tags != new.tags:
        yield _created(place, new, "")._replace(name=_tagging(new), size=None)
    elif old.extended.get(_ACL) != new.extended.get(_ACL):
        yield _created(place, new, "")._replace(name="ObjectAcl:Put", size=None)
    else:
        yield _created(place, new, "Copy")  # onto itself


def _created(place: ObjectEvent, entry: _Entry, how: str) -> ObjectEvent:
    return place._replace(name=f"ObjectCreated:{how}", size=entry.size, etag=entry.extension(_ETAG))


def _how(entry: _Entry) -> str:
    return "CompleteMultipartUpload" if _UPLOAD_ID in entry.extended else "Put"


def _tagging(entry: _Entry) -> str:
    return "ObjectTagging:Put" if entry.tags else "ObjectTagging:Delete"


def _entry(message: bytes | None) -> _Entry | None:
    if message is None:
        return None
    fields = decode(message)
    chunks = (decode(chunk) for chunk in blobs(fields, 3))
    extended = (decode(pair) for pair in blobs(fields, 5))
    return _Entry(
        name=text(fields, 1),
        is_folder=bool(number(fields, 2)),
        size=number(decode(blob(fields, 4) or b""), 1),
        # The chunk's offset, size and time; ids are written in two ways.
        chunks=tuple((number(chunk, 2), number(chunk, 3), number(chunk, 4)) for chunk in chunks),
        extended={text(pair, 1): blob(pair, 2) or b"" for pair in extended},
    )
