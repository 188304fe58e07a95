"""What the gateway takes from outside: time, timers, ids, the check of signatures, the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from esb_gateway.apis.auth.auth_context import Trust
from esb_gateway.clocks import CallLater, Clock
from esb_gateway.counts import RequestCounts
from esb_gateway.identifiers import Identifiers
from esb_gateway.integrations.forwarding import Forwarding
from esb_gateway.invocation import Invocation
from esb_gateway.logs import Log
from esb_wire.http.messages import Request, Response


@dataclass(slots=True)
class Readiness:
    """What the gateway still waits for before it is ready to serve; `refusal` is why it keeps its old configuration.

    `draining`: it is about to stop, and takes no more connections.
    """

    waiting_for: set[str] = field(default_factory=set)
    refusal: str | None = None
    draining: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything outside, as values and functions. `clock` gives seconds since the epoch; without `verify`, the
    Invoke API asks for no signature. `trust` is for the routes that are guarded, `forwarding` for those that lead to
    another server.
    """

    clock: Clock
    call_later: CallLater
    identifiers: Identifiers
    verify: Callable[[Request], None] | None
    log: Log
    readiness: Readiness
    access_log: bool = True
    counts: RequestCounts = field(default_factory=RequestCounts)
    trust: Trust = field(default_factory=Trust)
    forwarding: Forwarding = field(default_factory=Forwarding)

    def note(self, request: Request, response: Response, started: float, invocation: Invocation | None = None) -> None:
        """Write a request's line in the access log; for a streamed answer, when it has ended."""
        if self.access_log:
            fields = {
                "client": request.client,
                "method": request.method,
                "path": request.path,
                "status": response.status,
                "bytes": len(response.body) if response.stream is None else response.stream.size,
                "duration_ms": round((self.clock() - started) * 1000, 3),
                "request_id": "" if invocation is None else invocation.request_id,
                "function": "" if invocation is None else invocation.function,
            }
            self.log("access", "INFO", fields)

    def complain(self, invocation: Invocation, message: str) -> None:
        """Log what went wrong with an invocation that the caller cannot see."""
        fields = {"message": message, "function": invocation.function, "request_id": invocation.request_id}
        self.log("gateway", "ERROR", fields)
