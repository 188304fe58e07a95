"""Another HTTP server answers: "HTTP integrations for REST APIs" and "HTTP proxy integrations for HTTP APIs" in API
Gateway's guide.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import quote, unquote

from esb_gateway.apis.api import Integration
from esb_gateway.apis.api_call import ApiCall
from esb_gateway.apis.api_types import Failure
from esb_gateway.apis.responses import InvalidResponse, build_proxied_response
from esb_gateway.forwarding.forwarder import Forwarder, Outgoing, ProxyError
from esb_gateway.invocation import Function
from esb_gateway.telemetry.logs import Log
from esb_schemas import contract
from esb_wire.http.limits import MAX_BODY
from esb_wire.http.messages import Headers

_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_SAFE: Final = ":@!$&'()*+,;=~-._"  # what a segment of a path may contain unescaped (RFC 3986, 3.3)
# RFC 9110, 7.6.1: these concern one connection only. Length and host are those of the new request.
_OF_ONE_CONNECTION: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "transfer-encoding",
        "upgrade", "expect", "host", "content-length",
    }
)  # fmt: skip
_NEVER_SET: Final = frozenset({"content-length", "transfer-encoding"})  # every request is 500: recorded on AWS
_FORWARDED: Final = frozenset({"x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"})
_PORTS: Final = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class HttpProxy(Integration):
    """Another server. `{name}` in `uri` is a parameter of the route's path; `headers` are set on each request."""

    uri: str
    method: str = "ANY"
    headers: Headers = ()

    @classmethod
    def compile(cls, entry: contract.HttpProxy, _functions: Mapping[str, Function]) -> HttpProxy:
        return cls(entry.uri, entry.method, tuple(entry.headers.items()))


@dataclass(frozen=True, slots=True)
class HttpProxyHandler:
    """See `IntegrationHandler`."""

    max_body: ClassVar = MAX_BODY

    forwarder: Forwarder
    log: Log

    async def handle(self, integration: HttpProxy, call: ApiCall) -> None:
        route = call.match.route
        try:
            out = outgoing(call, integration)
        except ProxyError as error:
            self._fail(call, f"{call.request.method} {integration.uri}", error)
            return
        try:
            async with asyncio.timeout(route.timeout):
                reply = await self.forwarder.send(out)
            call.send(build_proxied_response(reply.status, reply.headers, reply.body, route.api))
        except TimeoutError:
            self._fail(call, str(out), ProxyError(Failure.TIMED_OUT, f"no answer within {route.timeout:g} s"))
        except InvalidResponse as error:
            self._fail(call, str(out), ProxyError(error.why, str(error)))
        except ProxyError as error:
            self._fail(call, str(out), error)

    def _fail(self, call: ApiCall, request: str, error: ProxyError) -> None:
        self.log("gateway", "ERROR", {"message": f"{request}: {error}"})
        call.fail(error.why)


def outgoing(call: ApiCall, integration: HttpProxy) -> Outgoing:
    """The request to the other server. Raises ProxyError if its path would lead out of the integration's URI, and if
    the integration sets a header that it must not set.
    """
    request = call.request
    method = request.method if integration.method == "ANY" else integration.method
    return Outgoing(method, _url(call, integration.uri), _headers(call, integration), request.body)


def _url(call: ApiCall, uri: str) -> str:
    route, parameters = call.match.route, call.match.path_parameters

    def value(match: re.Match[str]) -> str:
        found = parameters.get(match[1], "")
        decoded = found if route.api.type.decodes_parameters else unquote(found)
        return quote(decoded, safe=f"/{_SAFE}" if match[1] == route.greedy_parameter else _SAFE)

    base, _, fixed = uri.partition("?")
    found = _PARAMETER.sub(value, base)
    if found != base and not {".", ".."}.isdisjoint(found.split("/")[3:]):
        raise ProxyError(Failure.BAD_PATH, found)
    query = "&".join(part for part in (fixed, call.request.query) if part)
    return f"{found}?{query}" if query else found


def _headers(call: ApiCall, integration: HttpProxy) -> Headers:
    request, api = call.request, call.match.route.api
    named = {name.strip().lower() for name in request.lowered.get("connection", "").split(",")}
    own = {name.lower() for name, _ in integration.headers}
    if not own.isdisjoint(_NEVER_SET):
        raise ProxyError(Failure.INVALID_MAPPING, f"the integration sets {', '.join(sorted(own & _NEVER_SET))}")
    dropped = _OF_ONE_CONNECTION | _FORWARDED | api.type.proxy_drops | named | own | {"x-amzn-trace-id"}
    kept = tuple((name, value) for name, value in request.headers if name.lower() not in dropped)
    before = request.lowered.get("x-forwarded-for")
    host = request.lowered.get("host", "")
    port = host.rpartition(":")[2]
    if api.type.names_api_to_proxy:
        length = () if request.body else (("Content-Length", "0"),)  # of a GET, too; the forwarder adds any other
        added = (("X-Amzn-Apigateway-Api-Id", api.id), *length)
    else:
        added = (("X-Forwarded-Host", host),)
    return (
        *kept,
        *added,
        ("X-Forwarded-For", f"{before}, {request.client}" if before else request.client),
        ("X-Forwarded-Port", port if port.isdecimal() else _PORTS.get(request.scheme, "80")),
        ("X-Forwarded-Proto", request.scheme),
        ("X-Amzn-Trace-Id", call.context.trace),
        *integration.headers,
    )
