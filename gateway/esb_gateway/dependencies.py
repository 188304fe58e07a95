"""What a gateway is composed of besides its configuration: time, randomness, signatures, telemetry, connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from esb_gateway.apis.auth.auth_context import AuthContext
from esb_gateway.clocks import CallLater
from esb_gateway.identifiers import Identifiers
from esb_gateway.integrations.http_proxy import Forwarder
from esb_gateway.telemetry import Telemetry
from esb_wire.http.messages import Request


@dataclass(slots=True)
class Readiness:
    """What the gateway waits for before it can serve. `refusal` is why it keeps its old configuration.

    `draining`: it is about to stop, and accepts no more connections.
    """

    waiting_for: set[str] = field(default_factory=set)
    refusal: str | None = None
    draining: bool = False


def http_forwarder() -> Forwarder:
    """Sends requests to other servers; needs a running event loop."""
    # httpx: 0.1 s of CPU and 2 MB, only for a gateway that has a route to another server.
    from esb_gateway.integrations.http_forwarder import HttpForwarder  # noqa: PLC0415

    return HttpForwarder()


@dataclass(frozen=True, slots=True)
class Dependencies:
    """If `verify` is None, the Invoke API requires no signature."""

    call_later: CallLater
    identifiers: Identifiers
    verify: Callable[[Request], None] | None
    telemetry: Telemetry
    readiness: Readiness
    auth: AuthContext = field(default_factory=AuthContext)
    open_forwarder: Callable[[], Forwarder] = http_forwarder
