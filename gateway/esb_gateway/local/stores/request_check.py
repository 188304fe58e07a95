"""The check of requests to the embedded database and storage: they are signed with the stack's credentials.

Their port is open to every program of the machine, web pages in its browsers included. A signature covers the Host, so
a page whose name leads to this machine has none. S3's preflight requests pass, as they read and write nothing: the CORS
configuration of the bucket answers them. The database answers no website that ESB_ALLOWED_ORIGINS does not name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeAlias

from esb_gateway.clocks import Clock
from esb_gateway.engine_proxy.origins import check_origin
from esb_gateway.errors import ConfigurationError
from esb_gateway.storage_events.object_event import SIGNING_NAME
from esb_wire.errors import AwsError, AwsProtocol, error_body
from esb_wire.http.messages import Request
from esb_wire.s3_signature import S3Verifier
from esb_wire.sigv4 import Credentials, Verifier, for_operators

Refusal: TypeAlias = tuple[str, list[tuple[str, str]], bytes]
ORIGINAL_NAMES: Final = "moto.preserved_header_names"
_STATUS: Final = {400: "400 Bad Request", 403: "403 Forbidden", 500: "500 Internal Server Error"}


class RequestCheck:
    """`credentials` gives those of the stack; without `signatures`, only origins are checked (ESB_AUTH=off)."""

    def __init__(
        self,
        credentials: Callable[[], Credentials],
        clock: Clock,
        origins: Collection[str] = (),
        *,
        signatures: bool = True,
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._origins = origins
        self._signatures = signatures

    def __call__(self, environ: Mapping[str, Any], service: str, body: bytes) -> Refusal | None:
        """Status, headers and body of a refusal; None for a request that may be answered."""
        request = request_of(environ, body)
        try:
            if service == "s3":
                self._check_storage(request)
            elif service == SIGNING_NAME:
                self._check_feed(request)
            else:
                self._check_database(request)
        except AwsError as error:
            return refusal(error, service)
        except ConfigurationError as error:
            return refusal(AwsError("UnrecognizedClientException", str(error), 403), service)
        return None

    def _check_storage(self, request: Request) -> None:
        if self._signatures and request.method != "OPTIONS":
            S3Verifier(self._credentials(), self._clock)(request)

    def _check_feed(self, request: Request) -> None:
        """The gateway's own requests."""
        verifier = Verifier(self._credentials(), self._clock, service=SIGNING_NAME) if self._signatures else None
        for_operators(verifier)(request)

    def _check_database(self, request: Request) -> None:
        check_origin(request, self._origins)
        if self._signatures:
            Verifier(self._credentials(), self._clock, service="dynamodb")(request)


def request_of(environ: Mapping[str, Any], body: bytes) -> Request:
    """The request that WSGI's variables describe; its path and query are as they were sent."""
    spelled = environ.get(ORIGINAL_NAMES, {})  # of headers with an underscore, which CGI's names cannot tell
    lowered = {
        str(spelled.get(name, name[5:].replace("_", "-"))).lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("content-type", "content-length"):  # CGI has names of its own for these
        if value := environ.get(name.upper().replace("-", "_")):
            lowered[name] = value
    target = str(environ.get("REQUEST_URI", environ.get("PATH_INFO", "/")))
    path, _, query = target.partition("?")
    return Request(environ["REQUEST_METHOD"], path, query, tuple(lowered.items()), lowered, body, "")


def refusal(error: AwsError, service: str) -> Refusal:
    """In the shape of the service."""
    if service == "s3":
        content = error_body(error, AwsProtocol.REST_XML).removeprefix(b"<ErrorResponse>")
        body, kind = content.removesuffix(b"</ErrorResponse>"), "application/xml"
    else:
        body, kind = error_body(error, AwsProtocol.JSON), "application/x-amz-json-1.0"
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("x-amzn-ErrorType", error.code)]
    return _STATUS.get(error.status, f"{error.status} Refused"), headers, body
