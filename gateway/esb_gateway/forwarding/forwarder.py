"""A request to another server, and who sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from esb_gateway.apis.api_types import Failure
from esb_wire.http.client import HangUp
from esb_wire.http.messages import Headers, Response


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to another server. `hang_up` ends the wait for its response, if the server speaks plain HTTP."""

    method: str
    url: str
    headers: Headers
    body: bytes
    hang_up: HangUp | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.url.partition('?')[0]}"


class ProxyError(Exception):
    """There is no valid response. `why` is for the client, the text for the log."""

    def __init__(self, why: Failure, reason: str) -> None:
        self.why = why
        super().__init__(reason)


class Forwarder(Protocol):
    """Sends requests to other servers."""

    async def send(self, outgoing: Outgoing) -> Response:
        """The response, unchanged. Raises ProxyError."""

    async def close(self) -> None:
        """Close all connections."""
