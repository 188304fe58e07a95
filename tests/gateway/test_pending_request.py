"""The error boundary: whatever fails in the work for a request becomes one 500 and one log line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from esb_gateway.pending_request import ErrorBoundary, PendingRequest, guarded
from esb_wire.http.body_stream import BodyStream
from esb_wire.http.messages import Request, Response

OK = Response(200, ())


@dataclass
class Boundary:
    """A boundary whose log and responses a test looks at."""

    lines: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.boundary = ErrorBoundary(lambda _kind, _level, fields: self.lines.append(fields["message"]))

    def handle(self, work: Callable[[PendingRequest], None]) -> None:
        request = Request("GET", "/a", "", (), {}, b"", "192.0.2.1")
        self.boundary.handle(request, self.responses.append, work)

    @property
    def statuses(self) -> list[int]:
        return [response.status for response in self.responses]


@dataclass
class Waiting:
    pending: PendingRequest

    @guarded
    def done(self, answer: Response | None) -> None:
        if answer is None:
            raise ValueError("no answer")
        self.pending.respond(answer)


class Producer:
    def pause(self) -> None:
        raise NotImplementedError

    def resume(self) -> None:
        """Nothing was paused."""


class Writer:
    def __init__(self) -> None:
        self.aborted = False

    def write(self, data: bytes) -> None:
        raise NotImplementedError

    def end(self) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        self.aborted = True


def broken(_: PendingRequest) -> None:
    raise ZeroDivisionError("it is broken")


def test_work_that_fails_at_once() -> None:
    boundary = Boundary()
    boundary.handle(broken)
    assert boundary.statuses == [500]
    assert boundary.lines == ["GET /a: ZeroDivisionError('it is broken')"]


@pytest.mark.parametrize(("answer", "status", "lines"), [(OK, 200, 0), (None, 500, 1)])
def test_a_callback_that_is_guarded(answer: Response | None, status: int, lines: int) -> None:
    boundary, waiting = Boundary(), []
    boundary.handle(lambda pending: waiting.append(Waiting(pending)))
    waiting[0].done(answer)
    assert (boundary.statuses, len(boundary.lines)) == ([status], lines)


def test_after_the_response_a_failure_is_only_logged() -> None:
    boundary, waiting = Boundary(), []
    boundary.handle(lambda pending: waiting.append(Waiting(pending)))
    waiting[0].done(OK)
    waiting[0].done(None)
    assert (boundary.statuses, len(boundary.lines)) == ([200], 1)


def test_a_streamed_response_breaks_off() -> None:
    boundary, writer, stream = Boundary(), Writer(), BodyStream(Producer())

    def work(pending: PendingRequest) -> None:
        pending.respond(Response(200, (), stream=stream))
        stream.attach(writer)
        broken(pending)

    boundary.handle(work)
    assert (boundary.statuses, writer.aborted) == ([200], True)


def test_a_coroutine_that_fails_answers_its_request() -> None:
    boundary = Boundary()

    async def fail(pending: PendingRequest) -> None:
        await asyncio.sleep(0)
        broken(pending)

    async def succeed(pending: PendingRequest) -> None:
        await asyncio.sleep(0)
        pending.respond(OK)

    async def main() -> None:
        for work in (fail, succeed):
            boundary.handle(lambda pending, work=work: pending.run(work(pending)))  # type: ignore[misc]
        for _ in range(5):
            await asyncio.sleep(0)

    asyncio.run(main())
    assert (boundary.statuses, len(boundary.lines)) == ([500, 200], 1)


def test_closing_cancels_what_still_runs() -> None:
    boundary, ended = Boundary(), []

    async def wait() -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def main() -> None:
        boundary.handle(lambda pending: pending.run(wait()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await boundary.boundary.close()

    asyncio.run(main())
    assert (ended, boundary.responses, boundary.lines) == ([True], [], [])
