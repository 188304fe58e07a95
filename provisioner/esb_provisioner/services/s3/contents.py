"""The objects of a bucket, in their current version."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from esb_provisioner.resources.bodies import chunks
from esb_provisioner.resources.contents import Blobs, Comparison, Page, Record
from esb_provisioner.resources.reading import UNKNOWN, unless_unsupported
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.s3.calls import api_call
from esb_provisioner.services.s3.listing import keys, list_page
from esb_provisioner.steps import Answer, Api

PAGE: Final = 200  # objects
EXAMPLES: Final = 3
_ATTEMPTS: Final = 4
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# Members of GetObject's response that are parameters of PutObject with the same name.
_HEADERS: Final = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "WebsiteRedirectLocation",
)


class Objects:
    """The contents of a bucket."""

    noun = "object"

    def definition(self, api: Api, name: str) -> Record:
        found = unless_unsupported(partial(api, api_call("get_bucket_versioning", name)))
        status = None if found is UNKNOWN else found.get("Status")
        return {"BucketName": name, **({"VersioningConfiguration": {"Status": status}} if status else {})}

    def page(self, api: Api, name: str, after: Any, blobs: Blobs, pool: Executor) -> Page:
        found, following = list_page(api, name, after, MaxKeys=PAGE)
        return Page(list(pool.map(lambda key: self._download(api, name, key, blobs), found)), following)

    def count(self, api: Api, name: str) -> int:
        return sum(1 for _ in keys(api, name))

    def is_empty(self, api: Api, name: str) -> bool:
        return next(keys(api, name), None) is None

    def write(self, api: Api, name: str, records: Sequence[Record], blobs: Blobs, pool: Executor) -> None:
        list(pool.map(lambda record: _upload(api, name, record, blobs), records))

    def compare(self, api: Api, name: str, records: Iterable[Record], pool: Executor) -> Comparison:
        missing, examples, known, rest = 0, [], 0, iter(records)
        while group := list(islice(rest, PAGE)):
            known += len(group)
            for record, difference in zip(group, pool.map(partial(self._differs, api, name), group), strict=True):
                if difference:
                    missing += 1
                    examples.append(f"{record['Key']} ({difference})")
                    del examples[EXAMPLES:]
        return Comparison(missing, max(self.count(api, name) - known, 0), tuple(examples))

    def _download(self, api: Api, bucket: str, key: str, blobs: Blobs) -> Record:
        for attempt in range(_ATTEMPTS):
            try:
                answer = api(api_call("get_object", bucket, Key=key))
                with blobs.writing() as writer:
                    for chunk in chunks(answer):
                        writer.write(chunk)
                    blob = writer.finish()
                break
            except ServerError as error:
                if error.kind is not ErrorKind.UNREACHABLE or attempt == _ATTEMPTS - 1:
                    raise
        tags = _tags(api, bucket, key, answer)
        return {
            "Key": key,
            "SHA256": blob.sha256,
            "MD5": blob.md5,
            "Size": blob.size,
            **_metadata(answer),
            **({"Tags": tags} if tags else {}),
        }

    def _differs(self, api: Api, bucket: str, record: Record) -> str:
        """The difference between an object and its record; "" if there is none."""
        try:
            answer = api(api_call("head_object", bucket, Key=record["Key"]))
        except ServerError as error:
            if error.kind is ErrorKind.MISSING:
                return "not there"
            raise
        expected = {key: value for key, value in record.items() if key not in ("Key", "SHA256", "MD5", "Size", "Tags")}
        found = _metadata(answer)
        if different := [key for key in {**expected, **found} if expected.get(key) != found.get(key)]:
            return f"other {min(different)}"
        if answer["ContentLength"] != record["Size"] or not self._same_content(api, bucket, record, answer):
            return "other content"
        if record.get("Tags", {}) != _tags(api, bucket, record["Key"], answer):
            return "other tags"
        return ""

    def _same_content(self, api: Api, bucket: str, record: Record, head: Answer) -> bool:
        """Compares the ETag if it is the MD5 of the content, else reads the content."""
        if str(head.get("ETag")).strip('"') == record["MD5"]:
            return True
        digest = hashlib.sha256()
        for chunk in chunks(api(api_call("get_object", bucket, Key=record["Key"]))):
            digest.update(chunk)
        return digest.hexdigest() == str(record["SHA256"])


def _metadata(answer: Answer) -> dict[str, Any]:
    found = {key: answer[key] for key in _HEADERS if answer.get(key)}
    if expires := answer.get("ExpiresString"):
        found["Expires"] = expires
    if metadata := answer.get("Metadata"):
        found["Metadata"] = {name.lower(): value for name, value in metadata.items()}  # S3 has them in lower case
    return found


def _tags(api: Api, bucket: str, key: str, answer: Answer) -> Mapping[str, str]:
    """The tags of an object that `answer` is about; a server without tags has none."""
    try:
        found = unless_unsupported(partial(api, api_call("get_object_tagging", bucket, Key=key)))
    except ServerError as error:
        if error.kind is ErrorKind.MISSING and error.code != "NoSuchKey":
            return {}
        # rclone returns the object itself, which boto3 cannot parse.
        if error.kind is ErrorKind.FAILED and not answer.get("TagCount"):
            return {}
        raise
    return {} if found is UNKNOWN else {tag["Key"]: tag["Value"] for tag in found.get("TagSet", ())}


def _upload(api: Api, bucket: str, record: Record, blobs: Blobs) -> None:
    if not _SHA256.fullmatch(record["SHA256"]):
        raise ServerError(ErrorKind.FAILED, "NoContent", f"{record['SHA256']!r} is no SHA-256; export again")
    path = blobs.path(record["SHA256"])
    try:
        with path.open("rb") as file:
            if _sha256(path) != record["SHA256"]:
                raise ServerError(ErrorKind.FAILED, "OtherContent", f"{path} is not as it was exported; copy it again")
            api(api_call("upload_fileobj", bucket, Key=record["Key"], Fileobj=file, ExtraArgs=_extra(record)))
    except FileNotFoundError:
        text = f"{path}, the content of {record['Key']}, is missing; copy it again"
        raise ServerError(ErrorKind.FAILED, "NoContent", text) from None


def _extra(record: Record) -> dict[str, Any]:
    extra = {key: record[key] for key in (*_HEADERS, "Metadata") if key in record}
    if expires := record.get("Expires"):
        extra["Expires"] = parsedate_to_datetime(expires)
    if tags := record.get("Tags"):
        extra["Tagging"] = urlencode(tags)
    return extra


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
