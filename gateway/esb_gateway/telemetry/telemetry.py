"""The gateway's records of requests: the access log, the errors of invocations, and counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from esb_gateway.clocks import Clock
from esb_gateway.invocation import Invocation
from esb_gateway.telemetry.counts import RequestCounts
from esb_gateway.telemetry.logs import Log
from esb_wire.http.messages import Request, Response


@dataclass(frozen=True, slots=True)
class Telemetry:
    """`clock` gives seconds since the epoch. Without `access_log`, requests are counted but not logged."""

    log: Log
    clock: Clock
    access_log: bool = True
    counts: RequestCounts = field(default_factory=RequestCounts)

    def log_access(
        self,
        request: Request,
        response: Response,
        started: float,
        invocation: Invocation | None = None,
        error_type: str = "",
    ) -> None:
        """Write a request's line in the access log. For a streamed response: when the stream has ended.

        `error_type` is that of the function, if it failed. `caller` is in the line if a function called with
        credentials of its own.
        """
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
                "error_type": error_type,
                **({"caller": invocation.caller} if invocation and invocation.caller else {}),
                # Log servers index it, and without it they would keep the line as a text.
                "message": f"{request.method} {request.path} {response.status}{error_type and f' {error_type}'}",
            }
            self.log("access", "INFO", fields)

    def log_error(self, invocation: Invocation, message: str) -> None:
        """Log a problem of an invocation that its caller does not see."""
        fields = {"message": message, "function": invocation.function, "request_id": invocation.request_id}
        self.log("gateway", "ERROR", fields)
