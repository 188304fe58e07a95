"""The effect of a request to the embedded database or storage on the results of earlier ones. Pure.

The journal is shortened by it (live_lines.py), so whatever is not understood here is `KEEP_ALL`: from then on nothing
of that service, or of that bucket, is dropped.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

# A service, table, bucket, object or multipart upload; the subject of an object begins with that of its bucket.
Subject: TypeAlias = tuple[str, ...]


class Kind(Enum):
    """The effect of a request on its subjects."""

    ADD = auto()  # changes it
    REPLACE = auto()  # makes it anew: what was before does not matter
    END = auto()  # deletes it
    END_ALL = auto()  # deletes it with all of its parts
    END_TABLE = auto()  # deletes it with its items
    ITEMS = auto()  # changes items of tables, which can be read from the database
    KEEP_ALL = auto()  # may do anything to everything below its subjects


class ChangeEffect(NamedTuple):
    """`source` is what the request read, `absorbed` a multipart upload that is now part of the subject."""

    kind: Kind
    subjects: tuple[Subject, ...]
    source: Subject | None = None
    absorbed: Subject | None = None


DYNAMODB: Final[Subject] = ("dynamodb",)
S3: Final[Subject] = ("s3",)

_REGION: Final = re.compile(r"Credential=[^/,\s]+/\d+/([^/,\s]+)/dynamodb/aws4_request")
_ITEM_OPERATIONS: Final = frozenset(
    {
        "BatchExecuteStatement",
        "BatchWriteItem",
        "DeleteItem",
        "ExecuteStatement",
        "ExecuteTransaction",
        "PutItem",
        "TransactWriteItems",
        "UpdateItem",
    }
)
_TABLE_OPERATIONS: Final = frozenset(
    {
        "CreateTable",
        "DeleteResourcePolicy",
        "DeleteTable",
        "PutResourcePolicy",
        "TagResource",
        "UntagResource",
        "UpdateContinuousBackups",
        "UpdateTable",
        "UpdateTimeToLive",
    }
)
_CONDITIONS: Final = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")
_VERSIONS: Final = frozenset(["versioning", "object-lock"])
_UPLOAD: Final = frozenset(["uploadId"])
_PART: Final = frozenset(["uploadId", "partNumber"])


def effect_of(service: str, variables: Mapping[str, Any], body: bytes, upload: str | None) -> ChangeEffect:
    """The effect of a request that succeeded: WSGI variables, body, and the id of the multipart upload it began."""
    if "HTTP_X_MOTO_ACCOUNT_ID" in variables:
        return ChangeEffect(Kind.KEEP_ALL, ((service,),))
    if service == "dynamodb":
        return _dynamodb(variables, body)
    if service == "s3":
        return _s3(variables, body, upload)
    return ChangeEffect(Kind.KEEP_ALL, ((service,),))


def _dynamodb(variables: Mapping[str, Any], body: bytes) -> ChangeEffect:
    operation = variables.get("HTTP_X_AMZ_TARGET", "").partition(".")[2]
    region = _REGION.search(variables.get("HTTP_AUTHORIZATION", ""))
    if region is not None and operation in _ITEM_OPERATIONS:
        return ChangeEffect(Kind.ITEMS, (DYNAMODB,))
    table, streams = _table(body)
    if region is None or table is None or streams or operation not in _TABLE_OPERATIONS:
        return ChangeEffect(Kind.KEEP_ALL, (DYNAMODB,))
    return ChangeEffect(Kind.END_TABLE if operation == "DeleteTable" else Kind.ADD, ((*DYNAMODB, region[1], table),))


def _table(body: bytes) -> tuple[str | None, bool]:
    """The name of the table, and whether the request has to do with its stream, whose records nobody can write."""
    try:
        content = json.loads(body)
        name = content.get("TableName") or content["ResourceArn"]
        streams = content.get("StreamSpecification", {}).get("StreamEnabled", False)
        return name.rpartition(":table/")[2].partition("/")[0], bool(streams)
    except (ValueError, KeyError, AttributeError):
        return None, False


def _s3(variables: Mapping[str, Any], body: bytes, upload: str | None) -> ChangeEffect:
    path = variables.get("PATH_INFO", "")
    bucket, _, key = path[1:].partition("/")
    if not is_path_style(variables.get("HTTP_HOST", "")) or not bucket or "//" in path:
        return ChangeEffect(Kind.KEEP_ALL, (S3,))
    query = dict(parse_qsl(variables.get("QUERY_STRING", ""), keep_blank_values=True))
    asked = {name for name in query if not name.lower().startswith("x-")}  # x-id, X-Amz-Signature, …
    if not key:
        return _s3_bucket(variables, (*S3, bucket), asked, body)
    return _s3_object(variables, (*S3, bucket), key, asked, upload or query.get("uploadId"))


def _s3_bucket(variables: Mapping[str, Any], bucket: Subject, asked: set[str], body: bytes) -> ChangeEffect:
    keeps_versions = bool(asked & _VERSIONS) or "HTTP_X_AMZ_BUCKET_OBJECT_LOCK_ENABLED" in variables
    match variables["REQUEST_METHOD"]:
        case "POST" if asked == {"delete"} and (keys := _keys(body)):
            return ChangeEffect(Kind.END, tuple(_object(bucket, key) for key in keys))
        case "DELETE" if not asked:
            return ChangeEffect(Kind.END_ALL, (bucket,))
        case "PUT" | "DELETE" if not keeps_versions:
            return ChangeEffect(Kind.ADD, (bucket,))
        case _:
            return ChangeEffect(Kind.KEEP_ALL, (bucket,))


def _s3_object(
    variables: Mapping[str, Any], bucket: Subject, key: str, asked: set[str], upload: str | None
) -> ChangeEffect:
    source = _copied(variables.get("HTTP_X_AMZ_COPY_SOURCE"))
    replaces = Kind.ADD if any(name in variables for name in _CONDITIONS) else Kind.REPLACE
    item, part_of = _object(bucket, key), (*bucket, "upload", upload or "")
    match variables["REQUEST_METHOD"]:
        case "PUT" if not asked:
            return ChangeEffect(replaces if source is None else Kind.ADD, (item,), source)
        case "DELETE" if not asked and replaces is Kind.REPLACE:
            return ChangeEffect(Kind.END, (item,))
        case "POST" if asked == {"uploads"} and upload:
            return ChangeEffect(Kind.ADD, (part_of,))
        case "PUT" if asked == _PART:
            return ChangeEffect(Kind.ADD, (part_of,), source)
        case "POST" if asked == _UPLOAD:
            return ChangeEffect(replaces, (item,), absorbed=part_of)
        case "DELETE" if asked == _UPLOAD:
            return ChangeEffect(Kind.END, (part_of,))
        case "PUT" | "DELETE":
            return ChangeEffect(Kind.ADD, (item,))
        case _:
            return ChangeEffect(Kind.KEEP_ALL, (bucket,))


def is_path_style(host: str) -> bool:
    """Whether the bucket stands in the path of a request to a host, and not before the host's name."""
    name = host.partition(":")[0]
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return "." not in name


def _copied(header: str | None) -> Subject | None:
    if header is None:
        return None
    bucket, _, key = unquote(header.partition("?versionId=")[0]).removeprefix("/").partition("/")
    return _object((*S3, bucket), key)


def _object(bucket: Subject, key: str) -> Subject:
    return (*bucket, "object", key)


def _keys(body: bytes) -> tuple[str, ...]:
    """The keys that DeleteObjects names; none if it is not understood, or names versions."""
    try:
        found = tuple(_deleted(ElementTree.fromstring(body)))  # noqa: S314 - moto has parsed it
    except (ElementTree.ParseError, ValueError):
        return ()
    return found


def _deleted(root: ElementTree.Element) -> Iterator[str]:
    for entry in root.iterfind("{*}Object"):
        key = entry.findtext("{*}Key")
        if key is None or len(entry) > 1 or "//" in f"/{key}":
            raise ValueError
        yield key
