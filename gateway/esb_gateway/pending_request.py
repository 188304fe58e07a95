"""Requests that are not answered yet, and the error boundary for the code that answers them.

An exception in the work for a request is answered with a 500 and logged. Three kinds of code do that work, and each has
its way to the one place that does so, `PendingRequest.fail`:

- what `ErrorBoundary.handle` calls directly;
- a coroutine, if `PendingRequest.run` started it;
- a callback of the hot path (a function has ended, a timer has run out), if it is a method that is `guarded`. Without
  that, its exception would reach the caller: the function's pool or the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

from esb_gateway.telemetry.logs import Log
from esb_wire.http.messages import Request, Respond, Response, json_response
from esb_wire.task_set import TaskSet

P = ParamSpec("P")

_INTERNAL_ERROR: Final = json_response(500, {"message": "Internal server error"})


class ErrorBoundary:
    """Hands requests to the code that answers them, and answers those for which that code fails."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.tasks = TaskSet()

    def handle(self, request: Request, respond: Respond, work: Callable[[PendingRequest], None]) -> None:
        """Do the work for a request. Never raises."""
        pending = PendingRequest(request, respond, self)
        try:
            work(pending)
        except Exception as error:
            pending.fail(error)

    def log(self, message: str) -> None:
        self._log("gateway", "ERROR", {"message": message})

    async def close(self) -> None:
        """Cancel the tasks that still run."""
        await self.tasks.cancel()


@dataclass(slots=True, eq=False)
class PendingRequest:
    """A request that gets one response, by `respond`."""

    request: Request
    send: Respond
    boundary: ErrorBoundary
    response: Response | None = None

    def respond(self, response: Response) -> None:
        self.send(response)
        self.response = response

    def fail(self, error: Exception) -> None:
        """Answer with a 500 and log the error; a streamed response that has begun is broken off."""
        self.boundary.log(f"{self.request.method} {self.request.path}: {error!r}")
        if self.response is None:
            self.respond(_INTERNAL_ERROR)
        elif self.response.stream is not None:
            self.response.stream.fail()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the rest of the work in a task."""
        self.boundary.tasks.start(self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self.fail(error)


class HasPendingRequest(Protocol):
    """An object that does work for a request."""

    @property
    def pending(self) -> PendingRequest:
        """The request."""


S = TypeVar("S", bound=HasPendingRequest)


def guarded(callback: Callable[Concatenate[S, P], None]) -> Callable[Concatenate[S, P], None]:
    """A method that is called back for `self.pending`, which fails if the method raises."""

    @wraps(callback)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(self, *args, **kwargs)
        except Exception as error:
            self.pending.fail(error)

    return call
