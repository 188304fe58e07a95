"""The websites that may use an engine's port: none, unless somebody named them.

A browser says by `Origin` which website a request is for. The rules are those of the Fetch standard, "HTTP
extensions": a preflight is an OPTIONS request with `Access-Control-Request-Method`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from esb_wire.errors import AwsError
from esb_wire.http.messages import Headers, Request, Response

_EXPOSED: Final = "x-amzn-RequestId, x-amz-crc32, x-amzn-ErrorType"
_MAX_AGE: Final = "600"  # seconds


def check_origin(request: Request, allowed: Collection[str]) -> None:
    """Raise AwsError for a request of a website that is not allowed."""
    origin = request.lowered.get("origin")
    if origin is not None and origin not in allowed:
        raise AwsError(
            "AccessDeniedException", f"Origin {origin} is not allowed; ESB_ALLOWED_ORIGINS names those that are.", 403
        )


def cors_headers(request: Request) -> Headers:
    """Headers that let the website, whose origin was checked, read the response."""
    origin = request.lowered.get("origin")
    if origin is None:
        return ()
    headers = ("Access-Control-Allow-Origin", origin), ("Vary", "Origin")
    return (*headers, ("Access-Control-Expose-Headers", _EXPOSED))


def is_preflight(request: Request) -> bool:
    """Whether a browser asks what a website may send."""
    return request.method == "OPTIONS" and "access-control-request-method" in request.lowered


def preflight(request: Request) -> Response:
    """The answer to a website whose origin was checked."""
    wanted = request.lowered.get("access-control-request-headers", "")
    headers = ("Access-Control-Allow-Methods", "POST"), ("Access-Control-Allow-Headers", wanted)
    return Response(204, (*cors_headers(request), *headers, ("Access-Control-Max-Age", _MAX_AGE)))
