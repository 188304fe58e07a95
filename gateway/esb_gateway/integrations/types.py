"""What answers a route in place of a function: the gateway itself, or another server. Pure.

"Mock integrations for REST APIs", "HTTP integrations for REST APIs" and "HTTP proxy integrations for HTTP APIs" in API
Gateway's developer guide. A mapping template is never applied: the generator has left out what needs one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from esb_wire.http.messages import Headers, Request, Response

_PARAMETER = re.compile(r"\{([^{}]*)\}")
_SAFE = ":@!$&'()*+,;=~-._"  # what a segment of a path may have as it is (RFC 3986, 3.3)
# RFC 9110, 7.6.1: these concern one connection only. Length and host are those of the new request.
_OF_ONE_CONNECTION = frozenset(
    {
        "connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "transfer-encoding",
        "upgrade", "expect", "host", "content-length",
    }
)  # fmt: skip
_FORWARDED = frozenset({"x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"})
_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Mock:
    """The answer to every request."""

    response: Response


@dataclass(frozen=True, slots=True)
class HttpProxy:
    """Another server; `{name}` in `uri` is a parameter of the route's path, `headers` are set on each request."""

    uri: str
    method: str = "ANY"
    headers: Headers = ()


Integration: TypeAlias = Mock | HttpProxy


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to another server."""

    method: str
    url: str
    headers: Headers
    body: bytes


class BadPath(Exception):
    """The path would lead out of where the integration may lead."""


def outgoing(
    request: Request, integration: HttpProxy, path_parameters: Mapping[str, str], trace: str, rest: str = ""
) -> Outgoing:
    """The request that is sent on for one that has come; `rest` is the parameter that may have slashes.

    Raises BadPath.
    """
    method = request.method if integration.method == "ANY" else integration.method
    url = _url(request, integration.uri, path_parameters, rest)
    return Outgoing(method, url, _headers(request, integration, trace), request.body)


def _url(request: Request, uri: str, path_parameters: Mapping[str, str], rest: str) -> str:
    def value(match: re.Match[str]) -> str:
        return quote(path_parameters.get(match[1], ""), safe=f"/{_SAFE}" if match[1] == rest else _SAFE)

    base, _, fixed = uri.partition("?")
    found = _PARAMETER.sub(value, base)
    if found != base and not {".", ".."}.isdisjoint(found.split("/")[3:]):
        raise BadPath(found)
    query = "&".join(part for part in (fixed, request.query) if part)
    return f"{found}?{query}" if query else found


def _headers(request: Request, integration: HttpProxy, trace: str) -> Headers:
    named = {name.strip().lower() for name in request.lowered.get("connection", "").split(",")}
    own = {name.lower() for name, _ in integration.headers}
    dropped = _OF_ONE_CONNECTION | _FORWARDED | named | own | {"x-amzn-trace-id"}
    kept = tuple((name, value) for name, value in request.headers if name.lower() not in dropped)
    before = request.lowered.get("x-forwarded-for")
    host = request.lowered.get("host", "")
    port = host.rpartition(":")[2]
    return (
        *kept,
        ("X-Forwarded-For", f"{before}, {request.client}" if before else request.client),
        ("X-Forwarded-Host", host),
        ("X-Forwarded-Port", port if port.isdecimal() else _PORTS.get(request.scheme, "80")),
        ("X-Forwarded-Proto", request.scheme),
        ("X-Amzn-Trace-Id", trace),
        *integration.headers,
    )
