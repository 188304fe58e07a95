"""Requests to the embedded database and storage, as WSGI variables: what they ask for, and what the journal keeps."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from esb_gateway.local.stores.request_check import ORIGINAL_NAMES
from esb_gateway.not_in_this_stack.answers import signed_service

Environ: TypeAlias = dict[str, Any]

_READS: Final = ("Get", "BatchGet", "TransactGet", "Query", "Scan", "List", "Describe")


def service_of(environ: Mapping[str, Any]) -> str:
    """The service that the signature names, in a header or in a presigned URL. An unsigned request is for DynamoDB if
    it has DynamoDB's header. DynamoDB's streams are signed as DynamoDB but are a service of their own.
    """
    target: str | None = environ.get("HTTP_X_AMZ_TARGET")
    if target is not None and target.startswith("DynamoDBStreams"):
        return "dynamodbstreams"
    signed = signed_service(environ.get("HTTP_AUTHORIZATION") or environ.get("QUERY_STRING", ""))
    return signed or ("s3" if target is None else "dynamodb")


def is_read(environ: Mapping[str, Any]) -> bool:
    """Whether the request certainly changes nothing."""
    target: str | None = environ.get("HTTP_X_AMZ_TARGET")
    if target is not None:
        return target.partition(".")[2].startswith(_READS)
    return environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS")


def read_body(environ: Environ) -> bytes | None:
    """The whole body, before the lock is taken; None if the client disconnected before its end."""
    if environ.pop("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        return bytes(environ["wsgi.input"].read())  # the server decodes the chunks
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(size)
    return body if len(body) == size else None


def trace_of(environ: Mapping[str, Any]) -> str | None:
    """The X-Ray header, which SDKs send in functions."""
    trace: str | None = environ.get("HTTP_X_AMZN_TRACE_ID")
    return trace


def kept_variables(environ: Environ) -> dict[str, Any]:
    """The variables that describe the request: those of CGI, without the signature."""
    variables = {name: value for name, value in environ.items() if name.isupper() and isinstance(value, str)}
    variables["HTTP_AUTHORIZATION"] = variables.get("HTTP_AUTHORIZATION", "").partition("Signature=")[0]
    return variables | {ORIGINAL_NAMES: environ.get(ORIGINAL_NAMES, {})}


def environ_of(variables: Mapping[str, Any]) -> Environ:
    return {
        **variables,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
