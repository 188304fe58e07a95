"""Signatures of S3's requests, with boto3's own client as the reference."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from esb_wire.http.messages import Request, lower
from esb_wire.s3_signature import S3Verifier
from esb_wire.sigv4 import Credentials, SignatureError

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
VERIFY = S3Verifier(CREDENTIALS, time.time)
KEYS = ["plain", "a b/ä+ü=&?#", "x//y", "/leading", "../up", "100%", "~tilde-_.", "日本.txt"]


def client(key: str = CREDENTIALS.access_key, secret: str = CREDENTIALS.secret_key, **config: Any) -> Any:
    return boto3.client(
        "s3",
        endpoint_url="http://localhost:9000",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


def sent(s3: Any, call: Callable[[Any], object]) -> Request:
    """The request that a call of the client would send."""
    requests: list[Any] = []

    def keep(request: Any, **_: Any) -> AWSResponse:
        requests.append(request)
        return AWSResponse(request.url, 200, {}, type("Raw", (), {"stream": lambda *_, **__: iter([b""])})())

    s3.meta.events.register("before-send.s3", keep)
    call(s3)
    (request,) = requests
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    return from_url(request.method, request.url, headers, body.encode() if isinstance(body, str) else body)


def from_url(method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Request:
    parts = urlsplit(url)
    pairs = (("Host", parts.netloc), *(headers or {}).items())
    return Request(method, parts.path, parts.query, pairs, lower(pairs), body, "")


def put(key: str) -> Callable[[Any], object]:
    return lambda s3: s3.put_object(Bucket="files", Key=key, Body=b"content", Metadata={"a": "b  c"})


CALLS: dict[str, Callable[[Any], object]] = {
    "list": lambda s3: s3.list_objects_v2(Bucket="files", Prefix="a b/+&=", Delimiter="/", MaxKeys=3),
    "buckets": lambda s3: s3.list_buckets(),
    "cors": lambda s3: s3.get_bucket_cors(Bucket="files"),
    "delete": lambda s3: s3.delete_objects(Bucket="files", Delete={"Objects": [{"Key": "a"}]}),
    "copy": lambda s3: s3.copy_object(Bucket="files", Key="to", CopySource={"Bucket": "files", "Key": "ä b"}),
    "part": lambda s3: s3.upload_part(Bucket="files", Key="a", UploadId="u/1", PartNumber=2, Body=b"x" * 100),
    "range": lambda s3: s3.get_object(Bucket="files", Key="a", Range="bytes=0-1", VersionId="v"),
    **{f"put {key}": put(key) for key in KEYS},
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_what_boto3_signs_is_accepted(call: str, style: str) -> None:
    VERIFY(sent(client(s3={"addressing_style": style}), CALLS[call]))


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("key", KEYS)
def test_a_presigned_url_is_accepted(version: str, style: str, key: str) -> None:
    s3 = client(signature_version=version, s3={"addressing_style": style})
    parameters = {"Bucket": "files", "Key": key, "ResponseContentType": "text/plain; charset=utf-8", "VersionId": "v"}

    VERIFY(from_url("GET", s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=60)))


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_is_for_one_request_and_one_time(version: str) -> None:
    s3 = client(signature_version=version, s3={"addressing_style": "path"})
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "a"}, ExpiresIn=60)
    later = S3Verifier(CREDENTIALS, lambda: time.time() + 61)

    for verify, request in (
        (later, from_url("GET", url)),
        (VERIFY, from_url("PUT", url)),
        (VERIFY, from_url("GET", url.replace("files/a", "files/b"))),
        (VERIFY, from_url("GET", url[:-1] + ("0" if url[-1] != "0" else "1"))),
    ):
        with pytest.raises(SignatureError):
            verify(request)


def form(version: str, expires: int = 60) -> Request:
    fields = client(signature_version=version).generate_presigned_post("files", "a", ExpiresIn=expires)["fields"]
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    file = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return from_url("POST", "http://localhost:9000/files", headers, "".join((*parts, file)).encode())


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_form_that_is_signed_is_accepted(version: str) -> None:
    VERIFY(form(version))


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_another_form_is_not(version: str) -> None:
    request = form(version)
    for wrong in (
        request._replace(body=request.body.replace(b'ignature"\r\n\r\n', b'ignature"\r\n\r\n0')),
        request._replace(body=request.body.replace(b'policy"\r\n\r\n', b'policy"\r\n\r\nx')),
        request._replace(body=b"--b--\r\n"),
    ):
        with pytest.raises(SignatureError):
            VERIFY(wrong)
    with pytest.raises(SignatureError, match="expired"):
        S3Verifier(CREDENTIALS, lambda: time.time() + 90)(request)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: from_url("GET", "http://localhost:9000/files/a"), "AccessDenied"),
        (lambda: from_url("POST", "http://localhost:9000/files"), "AccessDenied"),
        (lambda: sent(client(key="OTHER"), put("a")), "InvalidAccessKeyId"),
        (lambda: sent(client(secret="other"), put("a")), "SignatureDoesNotMatch"),
        (lambda: changed(sent(client(), put("a")), body=b"other"), "XAmzContentSHA256Mismatch"),
        (lambda: changed(sent(client(), put("a")), path="/files/b"), "SignatureDoesNotMatch"),
        (lambda: changed(sent(client(), put("a")), query="acl"), "SignatureDoesNotMatch"),
        (lambda: with_header(sent(client(), put("a")), "host", "rebound.example:9000"), "SignatureDoesNotMatch"),
        (lambda: with_header(sent(client(), put("a")), "authorization", "AWS AKIDEXAMPLE:x="), "InvalidRequest"),
        (lambda: with_header(sent(client(), put("a")), "x-amz-date", "20200101T000000Z"), "RequestTimeTooSkewed"),
        (lambda: with_header(sent(client(), put("a")), "x-amz-date", "today"), "AccessDenied"),
    ],
)
def test_nothing_else_is(make: Callable[[], Request], code: str) -> None:
    with pytest.raises(SignatureError) as refused:
        VERIFY(make())

    assert refused.value.code == code


def changed(request: Request, **changes: Any) -> Request:
    return request._replace(**changes)


def with_header(request: Request, name: str, value: str) -> Request:
    return request._replace(lowered={**request.lowered, name: value})
