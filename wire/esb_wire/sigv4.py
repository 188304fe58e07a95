"""AWS Signature Version 4 in the Authorization header: verifying requests, and signing them.

The rules are "Create a signed AWS API request" in AWS's IAM user guide; the tests compare with botocore's signer. A
verification costs a hash of the body, one of the canonical request and one HMAC: the signing key of a day, region and
service is cached.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import quote

from esb_wire.errors import AwsError
from esb_wire.function_credentials import function_of, secret_access_key
from esb_wire.http.messages import Request

MAX_SKEW = 300  # seconds

Verify: TypeAlias = Callable[[Request], None]  # raises an AwsError unless the request is signed

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/aws4_request\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


class SignatureError(AwsError):
    """The request is not signed with these credentials; `status` is 403 or 400."""

    def __init__(self, code: str, message: str, status: int = 403) -> None:
        super().__init__(code, message, status)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A pair of keys: the stack's, or a function's own, which is derived from the stack's."""

    access_key: str
    secret_key: str

    def secret_of(self, access_key: str) -> str | None:
        """The secret of a key id: of these credentials, or of those of a function; None for any other."""
        if hmac.compare_digest(access_key.encode(), self.access_key.encode()):
            return self.secret_key
        function = function_of(access_key)
        return secret_access_key(self.secret_key, function) if function and self.secret_key else None


class Verifier:
    """Verifies signatures. `clock` gives seconds since the epoch; any region is accepted."""

    def __init__(self, credentials: Credentials, clock: Callable[[], float], service: str = "lambda") -> None:
        self._credentials = credentials
        self._clock = clock
        self._service = service

    def __call__(self, request: Request) -> None:
        """Raises SignatureError unless the request is signed for this service, now.

        That is with these credentials, or with those of a function.
        """
        header = request.lowered.get("authorization")
        if header is None:
            raise SignatureError("MissingAuthenticationTokenException", "Missing Authentication Token")
        parts = _AUTHORIZATION.fullmatch(header.strip())
        if parts is None:
            raise SignatureError(
                "IncompleteSignatureException", f"Authorization header is not well formed: '{header}'.", 400
            )
        timestamp = request.lowered.get("x-amz-date", "")
        secret = self._check_scope(parts, timestamp)
        self._check_time(timestamp)
        names = parts["headers"].split(";")
        if "host" not in names:
            raise SignatureError(
                "InvalidSignatureException", "'Host' must be a 'SignedHeader' in the AWS Authorization."
            )
        unsigned = next((name for name in request.lowered if name.startswith("x-amz-") and name not in names), None)
        if unsigned is not None:  # it changes the operation, and could have been added on the way
            raise SignatureError(
                "InvalidSignatureException", f"'{unsigned}' must be a 'SignedHeader' in the AWS Authorization."
            )
        key = signing_key(secret, parts["day"], parts["region"], self._service)
        scope = f"{parts['day']}/{parts['region']}/{self._service}/aws4_request"
        expected = signature(key, scope, timestamp, canonical_request(request, names))
        if not hmac.compare_digest(expected, parts["signature"]):
            raise SignatureError("InvalidSignatureException", _MISMATCH)

    def _check_scope(self, parts: re.Match[str], timestamp: str) -> str:
        """The secret of the key that the header names."""
        secret = self._credentials.secret_of(parts["key"])
        if secret is None:
            raise SignatureError(
                "UnrecognizedClientException", "The security token included in the request is invalid."
            )
        if parts["service"] != self._service:
            raise SignatureError(
                "InvalidSignatureException", f"Credential should be scoped to correct service: '{self._service}'."
            )
        if not timestamp.startswith(parts["day"]):
            message = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date."
            raise SignatureError("InvalidSignatureException", message)
        return secret

    def _check_time(self, timestamp: str) -> None:
        try:
            signed = timestamp_seconds(timestamp)
        except ValueError:
            message = f"Date must be in ISO-8601 'basic format'. Got '{timestamp}'."
            raise SignatureError("IncompleteSignatureException", message, 400) from None
        now = self._clock()
        if signed < now - MAX_SKEW:
            message = f"Signature expired: {timestamp} is now earlier than {_ago(now)}."
            raise SignatureError("InvalidSignatureException", message)
        if signed > now + MAX_SKEW:
            message = f"Signature not yet current: {timestamp} is still later than {_ahead(now)}."
            raise SignatureError("InvalidSignatureException", message)


def for_operators(verify: Verify | None) -> Verify:
    """A verifier that also refuses requests that a function has signed with its own credentials.

    Without `verify`, requests need no signature.
    """

    def check(request: Request) -> None:
        if verify is None:
            return
        verify(request)
        if function := function_of(access_key_of(request) or ""):
            raise SignatureError("AccessDeniedException", f"{function} is a function; operators alone may do this.")

    return check


def access_key_of(request: Request) -> str | None:
    """The access key that the request names; None if it is not signed."""
    parts = _AUTHORIZATION.fullmatch(request.lowered.get("authorization", "").strip())
    return parts["key"] if parts is not None else None


def service_of(request: Request) -> str | None:
    """The service that the request is signed for; None if it is not signed."""
    parts = _AUTHORIZATION.fullmatch(request.lowered.get("authorization", "").strip())
    return parts["service"] if parts is not None else None


def sign(request: Request, credentials: Credentials, now: float, service: str = "lambda") -> dict[str, str]:
    """The headers to add so that a Verifier with these credentials accepts the request, which has a Host header.

    Host and every `x-amz-*` header are signed.
    """
    timestamp = _stamp(int(now))
    scope = f"{timestamp[:8]}/us-east-1/{service}/aws4_request"
    signed = {name: value for name, value in request.lowered.items() if name == "host" or name.startswith("x-amz-")}
    dated = request._replace(lowered={**signed, "x-amz-date": timestamp})
    names = sorted(dated.lowered)
    key = signing_key(credentials.secret_key, timestamp[:8], "us-east-1", service)
    made = signature(key, scope, timestamp, canonical_request(dated, names))
    value = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={made}"
    )
    return {"X-Amz-Date": timestamp, "Authorization": value}


def canonical_request(request: Request, signed_headers: list[str]) -> str:
    """The canonical request. A missing header of `signed_headers` counts as empty."""
    lowered = request.lowered
    headers = "".join(f"{name}:{' '.join(lowered.get(name, '').split())}\n" for name in signed_headers)
    return "\n".join(
        (
            request.method,
            _canonical_path(request.path),
            _canonical_query(request.query),
            headers,
            ";".join(signed_headers),
            request.body_sha256 or hashlib.sha256(request.body).hexdigest(),
        )
    )


def _canonical_query(query: str) -> str:
    """The parameters sorted by name, then by value; the client has percent-encoded them already."""
    if not query:
        return ""
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&"))
    return "&".join(f"{name}={value}" for name, value in pairs)


@lru_cache(maxsize=1024)
def _canonical_path(path: str) -> str:
    """The path without empty and dot segments, percent-encoded a second time: the rule of all services but S3."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            segments[-1:] = []
        elif segment not in ("", "."):
            segments.append(segment)
    trailing = "/" if path.endswith("/") and segments else ""
    return quote("/" + "/".join(segments) + trailing, safe="/~")


@lru_cache(maxsize=64)
def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(key: bytes, scope: str, timestamp: str, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
    return hmac.digest(key, f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{digest}".encode(), "sha256").hex()


@lru_cache(maxsize=64)
def timestamp_seconds(timestamp: str) -> float:
    return datetime.strptime(timestamp, _TIMESTAMP).replace(tzinfo=UTC).timestamp()


@lru_cache(maxsize=16)
def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(_TIMESTAMP)


def _ago(now: float) -> str:
    return f"{_stamp(now - MAX_SKEW)} ({_stamp(now)} - 5 min.)"


def _ahead(now: float) -> str:
    return f"{_stamp(now + MAX_SKEW)} ({_stamp(now)} + 5 min.)"
