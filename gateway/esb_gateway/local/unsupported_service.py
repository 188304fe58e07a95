"""The answer to an SDK that calls a service which the stack lacks, in the protocol that the SDK speaks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

CODE: Final = "NotInThisStack"
_REST_XML: Final = ("cloudfront", "route53")

Refusal = tuple[str, list[tuple[str, str]], bytes]


def refusal(service: str, environ: Mapping[str, Any], body: bytes) -> Refusal:
    """Status, headers and body. 501, because no SDK tries that again."""
    text = (
        f"{_operation(service, environ, body)}: this stack has no {service}, and nothing is sent to AWS; "
        "where another server has it, name that one in the function's environment as AWS_ENDPOINT_URL_<SERVICE>."
    )
    content_type, content = _content(service, environ, text)
    headers = [("Content-Type", content_type), ("Content-Length", str(len(content))), ("X-Amzn-ErrorType", CODE)]
    return "501 Not Implemented", [*headers, *_protocol(environ)], content


def _operation(service: str, environ: Mapping[str, Any], body: bytes) -> str:
    """`sqs.SendMessage` where the protocol names the operation."""
    name: str = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    path: str = environ.get("PATH_INFO", "")
    if not name and "/operation/" in path:
        name = path.rpartition("/")[2]
    if not name and "form-urlencoded" in environ.get("CONTENT_TYPE", ""):
        name = parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    return f"{service}.{name}" if name else service


def _content(service: str, environ: Mapping[str, Any], text: str) -> tuple[str, bytes]:
    kind = environ.get("CONTENT_TYPE", "")
    if "cbor" in kind or "cbor" in environ.get("HTTP_SMITHY_PROTOCOL", ""):
        return "application/cbor", b"\xa2" + b"".join(map(_cbor_text, ("__type", CODE, "message", text)))
    if "form-urlencoded" in kind or service in _REST_XML:
        error = f"<Error><Type>Sender</Type><Code>{CODE}</Code><Message>{escape(text)}</Message></Error>"
        return "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode()
    return "application/json", json.dumps({"__type": CODE, "message": text}).encode()


def _protocol(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    protocol = environ.get("HTTP_SMITHY_PROTOCOL")
    return [("Smithy-Protocol", protocol)] if protocol else []


def _cbor_text(text: str) -> bytes:
    """RFC 8949: major type 3 with a length of two bytes."""
    content = text.encode()
    return b"\x79" + len(content).to_bytes(2, "big") + content
