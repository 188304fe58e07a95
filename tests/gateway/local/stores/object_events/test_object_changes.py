"""The events of the embedded storage, as boto3 causes them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import botocore.awsrequest
import pytest
from botocore.config import Config

from esb_gateway.local.stores.application import Stores
from esb_gateway.storage_events.object_event import MAX_PAGE, ObjectEvent


class StoreClient:
    """boto3's client of stores in the test's own process."""

    def __init__(self) -> None:
        self.stores = Stores(None, print)
        self.s3 = boto3.client(
            "s3",
            endpoint_url="http://127.0.0.1:1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )
        self.s3.meta.events.register("before-send.s3", self._send)
        self._seen = "0"

    def events(self) -> list[ObjectEvent]:
        """What has happened since the last call."""
        page = self.stores._objects.read(int(self._seen), 0)
        self._seen = page.cursor
        return list(page.events)

    def _send(self, request: Any, **_: Any) -> botocore.awsrequest.AWSResponse:
        body = request.body or b""
        body = body if isinstance(body, bytes) else body.read() if hasattr(body, "read") else body.encode()
        url = urlsplit(request.url)
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        environ = {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": unquote(url.path).encode().decode("latin-1"),
            "QUERY_STRING": url.query,
            "REQUEST_URI": f"{url.path}?{url.query}",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": headers.pop("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "http",
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
            "HTTP_HOST": url.netloc,
        }
        answer: list[Any] = []
        content = b"".join(self.stores(environ, lambda *head: answer.extend(head)))
        status, sent = answer
        return botocore.awsrequest.AWSResponse(request.url, int(status[:3]), dict(sent), _Raw(content))


class _Raw(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def client() -> StoreClient:
    found = StoreClient()
    found.s3.create_bucket(Bucket="uploads")
    return found


def names(client: StoreClient) -> list[tuple[str, str]]:
    return [(event.name, event.key) for event in client.events()]


def test_each_way_to_make_an_object_is_one_event(client: StoreClient) -> None:
    s3 = client.s3
    s3.put_object(Bucket="uploads", Key="ü b", Body=b"hello")
    s3.copy_object(Bucket="uploads", Key="copy", CopySource="uploads/ü b")
    (put, copy) = client.events()
    assert (put.name, put.key, put.size, put.etag) == (
        "ObjectCreated:Put",
        "ü b",
        5,
        "5d41402abc4b2a76b9719d911017c592",
    )
    assert (copy.name, copy.key, copy.size) == ("ObjectCreated:Copy", "copy", 5)
    assert put.version_id is None
    upload = s3.create_multipart_upload(Bucket="uploads", Key="large")["UploadId"]
    part = s3.upload_part(Bucket="uploads", Key="large", UploadId=upload, PartNumber=1, Body=b"12345678")
    assert client.events() == [], "an upload that has not ended is no object"
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket="uploads", Key="large", UploadId=upload, MultipartUpload=parts)
    (completed,) = client.events()
    assert (completed.name, completed.size) == ("ObjectCreated:CompleteMultipartUpload", 8)


def test_what_is_deleted_was_there(client: StoreClient) -> None:
    s3 = client.s3
    for key in ("a", "b", "c"):
        s3.put_object(Bucket="uploads", Key=key, Body=b"")
    client.events()
    s3.delete_object(Bucket="uploads", Key="a")
    s3.delete_object(Bucket="uploads", Key="a")
    s3.delete_objects(Bucket="uploads", Delete={"Objects": [{"Key": "b"}, {"Key": "c"}, {"Key": "d"}]})
    assert names(client) == [
        ("ObjectRemoved:Delete", "a"),
        ("ObjectRemoved:Delete", "b"),
        ("ObjectRemoved:Delete", "c"),
    ]


def test_versions_have_their_ids(client: StoreClient) -> None:
    s3 = client.s3
    s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="uploads", Key="a", Body=b"1")["VersionId"]
    marker = s3.delete_object(Bucket="uploads", Key="a")["VersionId"]
    s3.delete_object(Bucket="uploads", Key="a", VersionId=version)
    put, marked, deleted = client.events()
    assert (put.name, put.version_id) == ("ObjectCreated:Put", version)
    assert (marked.name, marked.version_id) == ("ObjectRemoved:DeleteMarkerCreated", marker)
    assert (deleted.name, deleted.version_id) == ("ObjectRemoved:Delete", version)


def test_tags_and_lists_of_access_are_events_and_reading_is_none(client: StoreClient) -> None:
    s3 = client.s3
    s3.put_object(Bucket="uploads", Key="a", Body=b"1")
    client.events()
    s3.put_object_tagging(Bucket="uploads", Key="a", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_object_tagging(Bucket="uploads", Key="a")
    s3.put_object_acl(Bucket="uploads", Key="a", ACL="private")
    s3.get_object(Bucket="uploads", Key="a")
    s3.put_bucket_tagging(Bucket="uploads", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    assert names(client) == [("ObjectTagging:Put", "a"), ("ObjectTagging:Delete", "a"), ("ObjectAcl:Put", "a")]


def test_what_fails_is_no_event(client: StoreClient) -> None:
    with pytest.raises(client.s3.exceptions.NoSuchBucket):
        client.s3.put_object(Bucket="nowhere", Key="a", Body=b"1")
    assert client.events() == []


def test_pages_have_a_limit_and_begin_where_the_last_one_ended() -> None:
    log = StoreClient().stores._objects
    events = [ObjectEvent("ObjectCreated:Put", "uploads", str(number), number) for number in range(MAX_PAGE + 2)]
    assert log.read(None, 0).cursor == "0"
    for number, event in enumerate(events, 1):
        log.add(number, [event])
    first = log.read(0, 0)
    assert (len(first.events), first.cursor) == (MAX_PAGE, str(MAX_PAGE))
    assert [event.key for event in log.read(int(first.cursor), 0).events] == [str(MAX_PAGE), str(MAX_PAGE + 1)]
    assert log.read(10**9, 0).cursor == str(MAX_PAGE + 2), "the file of another storage"


def test_an_object_that_a_function_writes_belongs_to_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore sends X-Amzn-Trace-Id in a function."""
    trace = "Root=1-67a1b2c3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=8a3cf3e3:2"
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "work")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    client = StoreClient()
    client.s3.create_bucket(Bucket="files")
    client.s3.put_object(Bucket="files", Key="a", Body=b"x")
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    client.s3.put_object(Bucket="files", Key="b", Body=b"x")
    assert [event.trace_id for event in client.events()] == [trace, None]
