"""Signatures, with botocore's own signer as the reference."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esb_wire.http.messages import Request, lower
from esb_wire.sigv4 import Credentials, SignatureError, Verifier, sign

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
URL = "http://localhost:8080/2015-03-31/functions/hello/invocations"


def request_of(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Request:
    path, _, query = target.partition("?")
    return Request(method, path, query, tuple(headers), lower(tuple(headers)), body, "192.0.2.1")


def changed(request: Request, **changes: Any) -> Request:
    return request._replace(**changes)


def signed(
    *,
    url: str = URL,
    headers: Mapping[str, str] | None = None,
    body: bytes = b'{"a": 1}',
    secret: str = CREDENTIALS.secret_key,
    region: str = "us-east-1",
    service: str = "lambda",
) -> Request:
    """A request signed by botocore, now."""
    request = botocore.awsrequest.AWSRequest("POST", url, dict(headers or {}), body)
    keys = botocore.credentials.Credentials(CREDENTIALS.access_key, secret)
    botocore.auth.SigV4Auth(keys, service, region).add_auth(request)
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return request_of("POST", target, [("Host", parts.netloc), *request.headers.items()], body)


def signing_time(request: Request) -> float:
    return datetime.strptime(request.lowered["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def verify(request: Request, skew: float = 0) -> None:
    now = signing_time(request) + skew
    Verifier(CREDENTIALS, lambda: now)(request)


def refusal(request: Request, skew: float = 0) -> SignatureError:
    with pytest.raises(SignatureError) as refused:
        verify(request, skew)
    return refused.value


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"body": b""},
        {"headers": {"X-Amz-Invocation-Type": "Event", "X-Amz-Client-Context": "e30="}},
        {"headers": {"X-Spaces": "  a   b  "}},
        {"url": URL + "?Qualifier=live"},
        {"url": URL + "?b=2&a=1&a=0&empty="},
        {"url": URL + "?Qualifier=%24LATEST"},
        {"url": URL.replace("hello", "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Ahello")},
        {"url": URL.replace("hello", "hello%3A%24LATEST")},
        {"region": "eu-central-1"},
    ],
)
def test_what_botocore_signs_is_accepted(change: dict[str, Any]) -> None:
    verify(signed(**change))


@given(
    path=st.text(
        st.characters(codec="ascii", categories=["L", "N", "P", "S"], exclude_characters="?#%\\"), max_size=12
    ),
    query=st.lists(st.from_regex(r"[A-Za-z0-9_.~-]{1,5}=[A-Za-z0-9_.~%-]{0,5}", fullmatch=True), max_size=4),
    body=st.binary(max_size=64),
)
def test_any_path_query_and_body_is_canonical_as_botocore_has_it(path: str, query: list[str], body: bytes) -> None:
    verify(signed(url=f"http://h/{path}?{'&'.join(query)}", body=body))


def test_a_hash_that_the_listener_made_is_not_made_again() -> None:
    request = signed(body=b"a")
    verify(changed(request, body=b"", body_sha256=hashlib.sha256(b"a").hexdigest()))
    with pytest.raises(SignatureError):
        verify(changed(request, body_sha256=hashlib.sha256(b"b").hexdigest()))


def test_what_we_sign_is_accepted() -> None:
    now = 1705505536.5
    request = request_of("GET", "/_esb/events?limit=1&function=a%20b", [("Host", "localhost:8080")])
    headers = lower(tuple(sign(request, CREDENTIALS, now).items()))
    Verifier(CREDENTIALS, lambda: now)(changed(request, lowered={**request.lowered, **headers}))


def test_no_signature() -> None:
    with pytest.raises(SignatureError) as refused:
        Verifier(CREDENTIALS, lambda: 0)(request_of("POST", "/", []))
    assert (refused.value.code, refused.value.status) == ("MissingAuthenticationTokenException", 403)


def test_a_wrong_secret() -> None:
    refused = refusal(signed(secret="guess"))
    assert (refused.code, refused.status) == ("InvalidSignatureException", 403)
    assert str(refused).startswith("The request signature we calculated does not match")


def test_another_access_key() -> None:
    request = signed()
    now = signing_time(request)
    with pytest.raises(SignatureError) as refused:
        Verifier(Credentials("AKIDOTHER", CREDENTIALS.secret_key), lambda: now)(request)
    assert refused.value.code == "UnrecognizedClientException"


@pytest.mark.parametrize(
    "change",
    [
        lambda request: {"body": b'{"a": 2}'},
        lambda request: {"path": request.path.replace("hello", "other")},
        lambda request: {"query": "Qualifier=live"},
        lambda request: {"method": "PUT"},
        lambda request: {"lowered": {**request.lowered, "host": "elsewhere"}},
    ],
    ids=["body", "path", "query", "method", "host"],
)
def test_anything_changed_after_signing(
    change: Callable[[Request], dict[str, Any]],
) -> None:
    request = signed()
    assert refusal(changed(request, **change(request))).code == "InvalidSignatureException"


def test_five_minutes_of_skew() -> None:
    request = signed()
    verify(request, skew=299)
    verify(request, skew=-299)
    assert "Signature expired" in str(refusal(request, skew=301))
    assert "Signature not yet current" in str(refusal(request, skew=-301))


def test_a_signature_for_another_service() -> None:
    assert "'lambda'" in str(refusal(signed(service="s3")))


@pytest.mark.parametrize(
    "header",
    [
        "Basic YTpi",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=a/20240101/r/lambda/aws4_request, SignedHeaders=host, Signature=short",
    ],
)
def test_a_header_that_is_no_signature(header: str) -> None:
    with pytest.raises(SignatureError) as refused:
        Verifier(CREDENTIALS, lambda: 0)(request_of("POST", "/", [("Host", "h"), ("Authorization", header)]))
    assert (refused.value.code, refused.value.status) == ("IncompleteSignatureException", 400)


def test_the_host_must_be_signed() -> None:
    request = signed()
    header = request.lowered["authorization"].replace("SignedHeaders=host;", "SignedHeaders=")
    tampered = changed(request, lowered={**request.lowered, "authorization": header})
    assert "'Host'" in str(refusal(tampered))


def test_the_day_of_the_scope_is_the_day_of_the_date() -> None:
    request = signed()
    day = request.lowered["x-amz-date"][:8]
    header = request.lowered["authorization"].replace(f"/{day}/", "/20010101/")
    tampered = changed(request, lowered={**request.lowered, "authorization": header})
    assert "Credential scope" in str(refusal(tampered))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Amz-Invocation-Type", "Event"),
        ("X-Amz-Client-Context", "e30="),
        ("x-amz-content-sha256", "0" * 64),
        ("X-AMZ-Security-Token", "token"),
        ("X-Amz-Target", "DynamoDB_20120810.PutItem"),
    ],
)
def test_an_unsigned_header_of_aws_is_refused(name: str, value: str) -> None:
    request = signed()
    headers = (*request.headers, (name, value))
    refused = refusal(changed(request, headers=headers, lowered=lower(headers)))
    message = f"'{name.lower()}' must be a 'SignedHeader' in the AWS Authorization."
    assert (refused.code, str(refused), refused.status) == ("InvalidSignatureException", message, 403)


def test_the_date_must_be_signed() -> None:
    request = signed()
    authorization = request.lowered["authorization"].replace(";x-amz-date", "")
    refused = refusal(changed(request, lowered={**request.lowered, "authorization": authorization}))
    assert str(refused) == "'x-amz-date' must be a 'SignedHeader' in the AWS Authorization."


@pytest.mark.parametrize("name", ["X-Amzn-Trace-Id", "User-Agent", "X-Forwarded-For", "Amz-Sdk-Request"])
def test_what_sdks_and_proxies_add_after_signing_is_accepted(name: str) -> None:
    request = signed()
    headers = (*request.headers, (name, "1"))
    verify(changed(request, headers=headers, lowered=lower(headers)))
