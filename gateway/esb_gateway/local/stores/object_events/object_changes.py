"""The changes of objects by a request to the embedded storage, as events of S3: from it, and moto before and after.

moto has notifications of its own; they say a copy and a finished upload twice, and call nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeDeleteMarker, s3_backends

from esb_gateway.local.stores.journal.effects import is_path_style
from esb_gateway.storage_events.object_event import ObjectEvent

_PARTITION: Final = "aws"
_FORM_KEY: Final = re.compile(rb'name="key"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)\r\n')


@dataclass(frozen=True, slots=True)
class ObjectRequest:
    """A request about one object, which exists before it or not; `name` is that of the event if it succeeds.

    A deletion has the version that it names.
    """

    name: str
    bucket: str
    key: str
    existed: bool
    version_id: str | None = None


def object_requests(variables: Mapping[str, Any], body: bytes) -> list[ObjectRequest]:
    """The objects that a request is about, before it is carried out; none for one that changes no object."""
    return [
        ObjectRequest(name, bucket, key, _exists(bucket, key, version), version)
        for name, bucket, key, version in _subjects(variables, body)
    ]


def object_events(requests: list[ObjectRequest], time_ns: int, trace_id: str | None = None) -> Iterator[ObjectEvent]:
    """The events of a request that has succeeded, with its X-Ray header; S3 says nothing of a deletion of what was not
    there.
    """
    for number, request in enumerate(requests):
        place = ObjectEvent(request.name, request.bucket, request.key, time_ns + number, trace_id=trace_id)
        if request.name == "ObjectRemoved:Delete":
            yield from _deletion(place, request)
        else:
            yield from _change(place)


def _deletion(place: ObjectEvent, request: ObjectRequest) -> Iterator[ObjectEvent]:
    newest = _newest(request.bucket, request.key)
    if request.version_id is None and isinstance(newest, FakeDeleteMarker):
        yield place._replace(name="ObjectRemoved:DeleteMarkerCreated", version_id=str(newest.version_id))
    elif request.existed:
        yield place._replace(version_id=request.version_id)


def _change(place: ObjectEvent) -> Iterator[ObjectEvent]:
    newest = _newest(place.bucket, place.key)
    if newest is None or isinstance(newest, FakeDeleteMarker):
        return
    found = place._replace(
        etag=str(newest.etag).strip('"'),
        version_id=str(newest.version_id) if _bucket(place.bucket).is_versioned else None,
    )
    yield found._replace(size=newest.size) if place.name.startswith("ObjectCreated") else found


def _subjects(variables: Mapping[str, Any], body: bytes) -> Iterator[tuple[str, str, str, str | None]]:
    """The name of the event, bucket and key, and the version that is named."""
    bucket, key = _address(variables)
    query = dict(parse_qsl(variables.get("QUERY_STRING", ""), keep_blank_values=True))
    asked = {name for name in query if not name.lower().startswith("x-")}  # x-id, X-Amz-Signature, …
    version = query.get("versionId")
    match variables["REQUEST_METHOD"]:
        case "PUT" if key and not asked:
            how = "Copy" if "HTTP_X_AMZ_COPY_SOURCE" in variables else "Put"
            yield f"ObjectCreated:{how}", bucket, key, None
        case "POST" if key and asked == {"uploadId"}:
            yield "ObjectCreated:CompleteMultipartUpload", bucket, key, None
        case "POST" if not key and not asked and (found := _FORM_KEY.search(body)):
            yield "ObjectCreated:Post", bucket, found[1].decode("utf-8", "replace"), None
        case "POST" if not key and asked == {"delete"}:
            yield from (("ObjectRemoved:Delete", bucket, each, version) for each, version in _deleted(body))
        case "DELETE" if key and asked <= {"versionId"}:
            yield "ObjectRemoved:Delete", bucket, key, version
        case "PUT" | "DELETE" as method if key and "tagging" in asked:
            yield f"ObjectTagging:{method.capitalize()}", bucket, key, None
        case "PUT" if key and "acl" in asked:
            yield "ObjectAcl:Put", bucket, key, None


def _address(variables: Mapping[str, Any]) -> tuple[str, str]:
    path = str(variables.get("PATH_INFO", "/")).encode("latin-1", "replace").decode("utf-8", "replace")[1:]
    host = str(variables.get("HTTP_HOST", ""))
    if not is_path_style(host):
        return host.partition(".")[0], path
    bucket, _, key = path.partition("/")
    return bucket, key


def _deleted(body: bytes) -> list[tuple[str, str | None]]:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - moto parses it as well
    except ElementTree.ParseError:
        return []
    entries = root.iterfind("{*}Object")
    return [(entry.findtext("{*}Key") or "", entry.findtext("{*}VersionId")) for entry in entries]


def _exists(bucket: str, key: str, version: str | None) -> bool:
    found = _bucket(bucket)
    versions = [] if found is None else found.keys.getlist(key, [])
    if version is not None:
        return any(str(each.version_id) == version for each in versions)
    return bool(versions) and not isinstance(versions[-1], FakeDeleteMarker)


def _newest(bucket: str, key: str) -> Any:
    found = _bucket(bucket)
    return None if found is None else found.keys.get(key)


def _bucket(name: str) -> Any:
    return s3_backends[DEFAULT_ACCOUNT_ID][_PARTITION].buckets.get(name)
