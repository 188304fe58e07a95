"""AWS Signature Version 4 of S3's requests: in a header, in a presigned URL, or in a form.

The rules are "Authenticating Requests (AWS Signature Version 4)" in the API reference of S3: paths are encoded once,
and a header has the hash of the body. Presigned URLs and forms of version 2, which boto3 still makes for us-east-1,
are verified too: "Signing and authenticating REST requests (AWS signature version 2)". The tests compare with boto3's
client. Signatures of the chunks of a body are not verified; the one before them is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from esb_wire.http.messages import Request
from esb_wire.sigv4 import MAX_SKEW, Credentials, SignatureError, signature, signing_key, timestamp_seconds

_HEADER: Final = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<credential>[^,\s]+)\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)"
    r"\s*,\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_FIELD: Final = re.compile(rb'name="([^"]{1,100})"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)\r\n')
_UNSIGNED: Final = "UNSIGNED-PAYLOAD"
_MAX_EXPIRES: Final = 604800  # seconds: seven days
_HASH: Final = re.compile(r"[0-9a-f]{64}")
# The parameters that are part of the signed resource in version 2.
_SUBRESOURCES: Final = frozenset(
    {
        "accelerate", "acl", "analytics", "cors", "delete", "encryption", "inventory", "lifecycle", "location",
        "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "policyStatus",
        "publicAccessBlock", "replication", "requestPayment", "response-cache-control", "response-content-disposition",
        "response-content-encoding", "response-content-language", "response-content-type", "response-expires",
        "restore", "retention", "select", "select-type", "tagging", "torrent", "uploadId", "uploads",
        "versionId", "versioning", "versions", "website", "x-amz-security-token",
    }
)  # fmt: skip


class _Signed(NamedTuple):
    """The signature of a request and its parts; `payload` is the hash of the body, or a constant for it."""

    credential: str
    timestamp: str
    headers: str
    payload: str
    signature: str


class S3Verifier:
    """Verifies signatures. `clock` gives seconds since 1970; any region is accepted."""

    def __init__(self, credentials: Credentials, clock: Callable[[], float]) -> None:
        self._credentials = credentials
        self._clock = clock

    def __call__(self, request: Request) -> None:
        """Raises SignatureError unless the request is signed now, with these credentials or those of a function."""
        parameters = dict(parse_qsl(request.query, keep_blank_values=True))
        if "authorization" in request.lowered:
            self._verify_header(request)
        elif "X-Amz-Signature" in parameters:
            self._verify_url(request, parameters)
        elif "Signature" in parameters and "AWSAccessKeyId" in parameters:
            self._verify_old_url(request, parameters)
        elif request.method == "POST" and "multipart/form-data" in request.lowered.get("content-type", ""):
            self._verify_form(request)
        else:
            raise SignatureError("AccessDenied", "Access Denied")

    def _verify_header(self, request: Request) -> None:
        parts = _HEADER.fullmatch(request.lowered["authorization"].strip())
        if parts is None:
            message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
            raise SignatureError("InvalidRequest", message, 400)
        timestamp = request.lowered.get("x-amz-date", "")
        if abs(self._seconds(timestamp) - self._clock()) > MAX_SKEW:
            message = "The difference between the request time and the current time is too large."
            raise SignatureError("RequestTimeTooSkewed", message)
        payload = request.lowered.get("x-amz-content-sha256", _UNSIGNED)
        signed = _Signed(parts["credential"], timestamp, parts["headers"], payload, parts["signature"])
        self._compare(request, signed)
        if _HASH.fullmatch(payload) and payload != hashlib.sha256(request.body).hexdigest():
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            raise SignatureError("XAmzContentSHA256Mismatch", message, 400)

    def _verify_url(self, request: Request, parameters: Mapping[str, str]) -> None:
        timestamp = parameters.get("X-Amz-Date", "")
        expires, signed = parameters.get("X-Amz-Expires", ""), self._seconds(timestamp)
        if not (expires.isascii() and expires.isdigit() and int(expires) <= _MAX_EXPIRES):
            raise SignatureError("AuthorizationQueryParametersError", "X-Amz-Expires must be up to a week", 400)
        now = self._clock()
        if not signed - MAX_SKEW <= now <= signed + int(expires):
            raise SignatureError("AccessDenied", "Request has expired")
        query = "&".join(pair for pair in request.query.split("&") if not pair.startswith("X-Amz-Signature="))
        headers = parameters.get("X-Amz-SignedHeaders", "")
        found = _Signed(
            parameters.get("X-Amz-Credential", ""), timestamp, headers, _UNSIGNED, parameters["X-Amz-Signature"]
        )
        self._compare(request._replace(query=query), found)

    def _verify_form(self, request: Request) -> None:
        """Forms sign their policy: "Browser-based uploads using POST"."""
        fields = {name.decode().lower(): value.decode("latin-1") for name, value in _FIELD.findall(request.body)}
        policy = fields.get("policy", "")
        if "x-amz-signature" in fields:
            scope = self._scope(fields.get("x-amz-credential", ""), fields.get("x-amz-date", ""))
            key = signing_key(scope[0], scope[1], scope[2], scope[3])
            expected, given = hmac.digest(key, policy.encode(), "sha256").hex(), fields["x-amz-signature"]
        else:
            secret = self._secret_of(fields.get("awsaccesskeyid", ""))
            expected, given = _old_signature(secret, policy), fields.get("signature", "")
        _check(expected, given)
        if not policy or self._clock() > _expiration(policy):
            raise SignatureError("AccessDenied", "Invalid according to Policy: Policy expired.")

    def _verify_old_url(self, request: Request, parameters: Mapping[str, str]) -> None:
        secret = self._secret_of(parameters["AWSAccessKeyId"])
        expires = parameters.get("Expires", "")
        if not (expires.isascii() and expires.isdigit() and self._clock() <= int(expires)):
            raise SignatureError("AccessDenied", "Request has expired")
        lowered = request.lowered
        amazon = "".join(f"{name}:{lowered[name]}\n" for name in sorted(lowered) if name.startswith("x-amz-"))
        content = f"{lowered.get('content-md5', '')}\n{lowered.get('content-type', '')}"
        text = f"{request.method}\n{content}\n{expires}\n{amazon}{_old_resource(request, parameters)}"
        _check(_old_signature(secret, text), parameters["Signature"])

    def _compare(self, request: Request, signed: _Signed) -> None:
        names = signed.headers.split(";")
        if "host" not in names:
            raise SignatureError("AccessDenied", "'Host' must be a 'SignedHeader' in the AWS Authorization.")
        secret, day, region, service = self._scope(signed.credential, signed.timestamp)
        key = signing_key(secret, day, region, service)
        scope = f"{day}/{region}/{service}/aws4_request"
        canonical = canonical_request(request, names, signed.payload)
        _check(signature(key, scope, signed.timestamp, canonical), signed.signature)

    def _scope(self, credential: str, timestamp: str) -> tuple[str, str, str, str]:
        """The secret of the access key, day, region and service."""
        parts = credential.rsplit("/", 4)
        if len(parts) != 5 or parts[3:] != ["s3", "aws4_request"] or not timestamp.startswith(parts[1]):
            message = "Credential should be KEY/DATE/REGION/s3/aws4_request, with the date of the request."
            raise SignatureError("AuthorizationHeaderMalformed", message, 400)
        return self._secret_of(parts[0]), parts[1], parts[2], parts[3]

    def _secret_of(self, key: str) -> str:
        secret = self._credentials.secret_of(key)
        if secret is None:
            message = "The AWS Access Key Id you provided does not exist in our records."
            raise SignatureError("InvalidAccessKeyId", message)
        return secret

    @staticmethod
    def _seconds(timestamp: str) -> float:
        try:
            return timestamp_seconds(timestamp)
        except ValueError:
            message = "AWS authentication requires a valid Date or x-amz-date header"
            raise SignatureError("AccessDenied", message) from None


def _old_signature(secret: str, text: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()  # as version 2 is


def canonical_request(request: Request, signed_headers: list[str], payload: str) -> str:
    """The canonical request; `payload` is the hash of the body, or a constant such as UNSIGNED-PAYLOAD."""
    lowered = request.lowered
    pairs = (pair.partition("=")[::2] for pair in request.query.split("&") if pair)
    query = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    return "\n".join(
        (
            request.method,
            quote(unquote(request.path), safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in query),
            "".join(f"{name}:{' '.join(lowered.get(name, '').split())}\n" for name in signed_headers),
            ";".join(signed_headers),
            payload,
        )
    )


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def _old_resource(request: Request, parameters: Mapping[str, str]) -> str:
    """The resource in version 2: the bucket of a virtual-hosted URL, the path, and the subresource parameters."""
    host = request.lowered.get("host", "").partition(":")[0]
    bucket = host.removesuffix(".localhost") if host.endswith(".localhost") else ""
    chosen = sorted(name for name in parameters if name in _SUBRESOURCES)
    query = "&".join(f"{name}={parameters[name]}" if parameters[name] else name for name in chosen)
    return (f"/{bucket}" if bucket else "") + request.path + (f"?{query}" if query else "")


def _expiration(policy: str) -> float:
    """When the policy of a form expires, in seconds since 1970; 0 if it has no expiration."""
    try:
        text = json.loads(base64.b64decode(policy))["expiration"]
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0


def _check(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        message = (
            "The request signature we calculated does not match the signature you provided. Check your key and signing "
            "method."
        )
        raise SignatureError("SignatureDoesNotMatch", message)
