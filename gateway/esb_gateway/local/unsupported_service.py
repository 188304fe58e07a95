"""The response to an SDK that calls a service which the stack lacks, in the protocol of that service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

from esb_wire.errors import AwsError, AwsProtocol, error_response, protocol_of

CODE: Final = "NotInThisStack"
_REST_XML: Final = ("cloudfront", "route53")

Refusal: TypeAlias = tuple[str, list[tuple[str, str]], bytes]  # status, headers, body


def unsupported_service(service: str, environ: Mapping[str, Any], body: bytes) -> Refusal:
    """The response. Its status is 501, which no SDK retries."""
    text = (
        f"{_operation(service, environ, body)}: this stack has no {service}, and nothing is sent to AWS; "
        "if another server has it, set AWS_ENDPOINT_URL_<SERVICE> in the function's environment to its address."
    )
    response = error_response(AwsError(CODE, text, 501), _protocol(service, environ))
    smithy = environ.get("HTTP_SMITHY_PROTOCOL")
    own = [("Smithy-Protocol", smithy)] if smithy else []
    return "501 Not Implemented", [*response.headers, ("Content-Length", str(len(response.body))), *own], response.body


def _protocol(service: str, environ: Mapping[str, Any]) -> AwsProtocol:
    names = {"content-type": "CONTENT_TYPE", "smithy-protocol": "HTTP_SMITHY_PROTOCOL"}
    found = protocol_of({name: environ.get(variable, "") for name, variable in names.items()})
    if found is AwsProtocol.REST_JSON:  # of which JSON is a superset
        return AwsProtocol.REST_XML if service in _REST_XML else AwsProtocol.JSON
    return found


def _operation(service: str, environ: Mapping[str, Any], body: bytes) -> str:
    """`sqs.SendMessage` where the protocol names the operation."""
    name: str = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    path: str = environ.get("PATH_INFO", "")
    if not name and "/operation/" in path:
        name = path.rpartition("/")[2]
    if not name and "form-urlencoded" in environ.get("CONTENT_TYPE", ""):
        name = parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    return f"{service}.{name}" if name else service
