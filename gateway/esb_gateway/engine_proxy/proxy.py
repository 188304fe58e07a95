"""Passes requests to an engine that checks nothing, after they were checked here.

A request needs the stack's signature (which contains its Host) and, if it comes from a website, an origin that is
allowed. Functions do not come this way: they reach the engine directly, on the internal network.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from esb_gateway.engine_proxy.origins import check_origin, cors_headers, is_preflight, preflight
from esb_gateway.pending_request import ErrorBoundary, PendingRequest
from esb_gateway.telemetry.counts import RequestCounts
from esb_gateway.telemetry.logs import Log
from esb_wire.errors import AwsError, AwsProtocol, error_response
from esb_wire.function_credentials import function_of
from esb_wire.http.client import RequestSender, UnreachableError
from esb_wire.http.limits import SMALL_BODY
from esb_wire.http.messages import Request, Respond, Response
from esb_wire.sigv4 import Verify, access_key_of

MAX_BODY: Final = 17 * 1024 * 1024  # bytes; DynamoDB takes 16 MB, and JSON around it
# RFC 9110, 7.6.1: these concern one connection only; host, length and origin are not the engine's business.
_DROPPED: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect",
        "host", "content-length", "origin",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EngineProxy:
    """The port of one engine. `host` is what it sees as Host, `label` what people call it."""

    service: str
    label: str
    host: str
    client: RequestSender
    access_key: str
    verify: Verify
    origins: Collection[str]
    counts: RequestCounts
    log: Log
    boundary: ErrorBoundary = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "boundary", ErrorBoundary(self.log))

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer a request by calling `respond` once. Never raises."""

        def counted(response: Response) -> None:
            self.counts.engines[self.service, response.status] += 1
            respond(response)

        self.boundary.handle(request, counted, self._check)

    def body_limit(self, request: Request) -> int:
        """The maximum size of a request's body in bytes, by its head: a large one names a key of the stack.

        Only the body shows whether the signature is right. What is held meanwhile is bounded by `HeldBodies`.
        """
        key = access_key_of(request) or ""
        return MAX_BODY if key == self.access_key or function_of(key) else SMALL_BODY

    async def close(self) -> None:
        """Cancel requests that are not answered yet."""
        await self.boundary.close()

    def _check(self, pending: PendingRequest) -> None:
        request = pending.request
        try:
            if request.too_large:
                raise AwsError("RequestEntityTooLarge", "The request is larger than 16 MB.", 413)
            check_origin(request, self.origins)
            if is_preflight(request):
                pending.respond(preflight(request))
                return
            self.verify(request)
        except AwsError as error:
            pending.respond(error_response(error, AwsProtocol.JSON))
        else:
            pending.run(self._pass_on(pending))

    async def _pass_on(self, pending: PendingRequest) -> None:
        request = pending.request
        headers = tuple(each for each in request.headers if each[0].lower() not in _DROPPED)
        target = f"{request.path}?{request.query}" if request.query else request.path
        try:
            found = await self.client.send(request.method, target, (("Host", self.host), *headers), request.body)
        except UnreachableError as error:
            # SDKs try a 500 again; the engine may be starting.
            failed = AwsError("InternalServerError", f"{self.label} at {self.host} does not answer: {error}.", 500)
            found = error_response(failed, AwsProtocol.JSON)
        kept = tuple(each for each in found.headers if _is_kept(each[0].lower()))
        pending.respond(found._replace(headers=(*kept, *cors_headers(request))))


def _is_kept(name: str) -> bool:
    """Whether a header of the engine's response is for the client: not those of the connection, not its own CORS."""
    return name not in _DROPPED and name not in {"date", "vary"} and not name.startswith("access-control-")
