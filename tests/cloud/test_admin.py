"""Pages for those who watch the server; anybody may ask for them as often as they like."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from esb_cloud.admin import Admin
from esb_wire.errors import AwsError
from esb_wire.http.messages import Request, Response

METRICS = Request("GET", "/_esb/metrics", "", (), {}, b"", "127.0.0.1")


class Store:
    """Counts how often it is asked to count."""

    size, commits, problem = (1, 2), 3, None

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None

    async def do(self, work: Callable[[Any], Any]) -> Any:
        self.asked += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return work(None)


def ask(store: Store, times: int) -> list[Response]:
    async def scene() -> list[Response]:
        dispatcher: Any = SimpleNamespace(store=store, counts={}, waiters=[], defect=lambda *_: AwsError("A", "b", 500))
        admin, answers = Admin(dispatcher, ()), cast("list[Response]", [])
        for _ in range(times):
            admin.handle(METRICS, answers.append)
        async with asyncio.timeout(60):
            while len(answers) < times:
                await asyncio.sleep(0)
        return answers

    return asyncio.run(scene())


@pytest.mark.server  # an event loop opens sockets
def test_metrics_that_are_asked_for_at_once_are_counted_once_or_twice() -> None:
    store = Store()
    answers = ask(store, 50)
    assert {answer.status for answer in answers} == {200}
    assert b"esb_cloud_commits_total 3.0" in answers[0].body
    assert store.asked <= 2


@pytest.mark.server
def test_metrics_that_cannot_be_counted_are_an_error_for_each() -> None:
    store = Store()
    store.error = AwsError("ServiceUnavailable", "The file is full.", 503)
    assert [answer.status for answer in ask(store, 3)] == [503, 503, 503]
