"""How the gateway sends requests on to other servers; `server.http_forwarder` does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from esb_gateway.apis.responses import Failure
from esb_gateway.integrations.types import Outgoing
from esb_wire.http.messages import Headers


@dataclass(frozen=True, slots=True)
class Reply:
    """What another server has answered."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why there is no answer, and how it showed."""

    why: Failure
    reason: str


Replied: TypeAlias = Callable[[Reply | NoReply], None]


class Sending(Protocol):
    """A request on its way."""

    def cancel(self) -> object:
        """Give it up; nobody is called back any more."""


class Forwarder(Protocol):
    """Sends requests to other servers."""

    def send(self, outgoing: Outgoing, replied: Replied) -> Sending:
        """Call back once, later, unless it is given up before."""

    async def close(self) -> None:
        """Give up what is on its way, and close all connections."""


class Nowhere:
    """Reaches no other server."""

    def send(self, outgoing: Outgoing, replied: Replied) -> Sending:
        """See `Forwarder`."""
        raise NotImplementedError(outgoing.url)

    async def close(self) -> None:
        """See `Forwarder`."""


class Forwarding:
    """The one forwarder of a gateway, made when a configuration asks for it: what it needs is slow to import."""

    def __init__(self, make: Callable[[], Forwarder] = Nowhere) -> None:
        self._make = make
        self._made: Forwarder | None = None

    def get(self) -> Forwarder:
        """The same each time."""
        if self._made is None:
            self._made = self._make()
        return self._made

    async def close(self) -> None:
        """Close what was made."""
        if self._made is not None:
            await self._made.close()
