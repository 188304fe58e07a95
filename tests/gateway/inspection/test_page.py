"""`/_esb/testing/`: what counts as delivered, in which order a reset deletes, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.event_sources.running_sources import RunningSources
from esb_gateway.inspection.page import InspectionPage
from esb_gateway.inspection.recorder import Recorder
from esb_gateway.inspection.stack_state import StackState
from esb_gateway.invocation import Ending, Invocation, Outcome
from esb_wire.http.messages import Request
from esb_wire.sigv4 import SignatureError, for_operators
from tests.gateway.async_invoke.fakes import QueueFixture, function
from tests.gateway.event_sources.sqs.fakes import mapping

NOTHING: dict[str, Any] = {"queues": {}, "deliveries": {}}


class FakeServer:
    """ESB's own server, or the stores; `answers` are for one look after the other, the last one for all others."""

    def __init__(self, calls: list[str], name: str) -> None:
        self.calls, self.name = calls, name
        self.answers: list[dict[str, Any]] = [NOTHING]
        self.error: AwsCallError | None = None
        self.on_call: Callable[[], object] = lambda: None

    async def get(self, path: str, query: str) -> dict[str, Any]:
        self.on_call()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def post(self, path: str) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        self.calls.append(f"{self.name} {path}")
        return {"items": 3, "objects": 1}


class StackUnderTest:
    """A gateway's parts; time passes when the page waits, and then `on_sleep` is called."""

    def __init__(self) -> None:
        self.fixture = QueueFixture({"work": function("work")})
        self.recorder = Recorder(self.fixture.invoker, lambda: 0.0)
        self.calls: list[str] = []
        self.cloud, self.stores = FakeServer(self.calls, "cloud"), FakeServer(self.calls, "stores")
        self.tasks: set[asyncio.Task[None]] = set()
        self.mappings: list[Any] = [mapping()]
        self.cursor: str | None = "7"
        self.now = 0.0
        self.on_sleep: Callable[[], object] = lambda: None
        self.verify = for_operators(None)
        self.servers = {"sqs": self.cloud, "dynamodb": self.stores}

    def ask(self, method: str, path: str, query: str = "") -> tuple[int, Any]:
        state = StackState(
            self.recorder,
            self.fixture.queue,
            cast("RunningSources", self),
            self,
            lambda service: cast("AwsClient | None", self.servers.get(service)),
            self,
        )
        page = InspectionPage(state, self.verify, lambda: self.now, self._sleep)
        request = Request(method, f"/_esb/testing{path}", query, (), {}, b"", "192.0.2.1")

        async def main() -> Any:
            answer = asyncio.ensure_future(page.get(request))
            while not answer.done():
                self.fixture.settle()
                await asyncio.sleep(0)
            return answer.result()

        response = asyncio.run(main())
        return response.status, json.loads(response.body)

    async def load(self, name: str) -> str | None:
        assert name == "s3"
        return self.cursor

    async def save(self, name: str, position: str) -> None:
        raise NotImplementedError

    async def remove(self, prefix: str, kept: frozenset[str]) -> None:
        raise NotImplementedError

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self.on_sleep()
        await asyncio.sleep(0)

    def run(self, request_id: str = "sync") -> None:
        self.recorder.submit(Invocation("work", b"{}", request_id, "Root=1-0", "arn"), lambda _: None)

    def end(self, request_id: str = "sync") -> None:
        self.fixture.invoker.running.pop(request_id)(Outcome(Ending.DONE, b"null"))
        self.fixture.settle()


@pytest.fixture
def tested() -> StackUnderTest:
    return StackUnderTest()


def test_nothing_to_deliver(tested: StackUnderTest) -> None:
    assert tested.ask("GET", "/delivered") == (200, {"delivered": True, "waiting": []})
    del tested.servers["sqs"]  # a stack without queues
    assert tested.ask("GET", "/delivered")[1]["delivered"] is True


def test_what_the_gateway_has_to_do_is_waited_for(tested: StackUnderTest) -> None:
    tested.run()
    tested.fixture.accept()
    assert tested.ask("GET", "/delivered")[1] == {
        "delivered": False,
        "waiting": ["function work: 1 running", "asynchronous invocations: 1 queued or running"],
    }

    def later() -> None:
        if "sync" in tested.fixture.invoker.running:
            tested.end()
            tested.fixture.end("id-1")

    tested.on_sleep = later
    assert tested.ask("GET", "/delivered", "seconds=5")[1]["delivered"] is True


def test_what_other_servers_have_to_do_is_waited_for(tested: StackUnderTest) -> None:
    depth = {"visible": 1, "in_flight": 2, "delayed": 0}
    tested.cloud.answers = [{"queues": {"orders": depth, "dead": depth}, "deliveries": {"arn:function": 4}}]
    assert tested.ask("GET", "/delivered", "seconds=0.05")[1]["waiting"] == [
        "deliveries to arn:function: 4",
        "queue orders: 1 visible, 2 in_flight",  # nothing receives from `dead`
    ]
    tested.cloud.answers += [NOTHING]
    assert tested.ask("GET", "/delivered", "seconds=1")[1]["delivered"] is True


def test_what_moves_from_one_to_the_other_meanwhile_is_not_missed(tested: StackUnderTest) -> None:
    """A delivery that has left the server, and whose function has ended when the gateway is looked at again."""

    def moves() -> None:
        if not tested.recorder.begun:
            tested.run()
            tested.end()

    tested.cloud.on_call = moves
    assert tested.ask("GET", "/delivered")[1]["waiting"] == ["1 invocations have just begun"]
    assert tested.ask("GET", "/delivered")[1]["delivered"] is True


def test_a_reset_drops_what_waits_then_deletes_the_data(tested: StackUnderTest) -> None:
    tested.run()
    tested.end()
    for _ in range(3):
        tested.fixture.accept("gone")  # its function is not there
    assert tested.ask("POST", "/reset") == (200, {"deleted": {"items": 3, "objects": 1}})
    assert tested.calls == ["cloud /_esb/testing/reset", "stores /_esb/testing/reset"]
    assert tested.fixture.queue.numbers().queued == 0
    assert tested.ask("GET", "/invocations")[1] == {"invocations": []}


def test_what_runs_may_end_first_and_what_it_sends_is_dropped(tested: StackUnderTest) -> None:
    tested.run()

    def later() -> None:
        if "sync" in tested.fixture.invoker.running:
            tested.end()
            tested.fixture.accept("gone")

    tested.on_sleep = later
    assert tested.ask("POST", "/reset")[0] == 200
    assert tested.calls == ["cloud /_esb/testing/reset"] * 2 + ["stores /_esb/testing/reset"]
    assert tested.fixture.queue.numbers().queued == 0


def test_the_data_stays_while_a_function_runs(tested: StackUnderTest) -> None:
    tested.run()
    status, answer = tested.ask("POST", "/reset", "seconds=0.1")
    assert status == 409
    assert answer["message"] == (
        "work: still running after 0.1 s, so the data was not deleted; ask again with seconds=60."
    )
    assert "stores /_esb/testing/reset" not in tested.calls


def test_changes_of_objects_are_waited_for_until_they_are_read(tested: StackUnderTest) -> None:
    feed = FakeServer(tested.calls, "feed")
    change = {"name": "ObjectCreated:Put", "bucket": "files", "key": "a", "time_ns": 1}
    feed.answers = [{"cursor": "8", "events": [change]}, {"cursor": "8", "events": []}]
    tested.servers["storage-events"] = feed
    assert tested.ask("GET", "/delivered")[1]["delivered"] is True  # nobody reads them
    tested.mappings = [SimpleNamespace(type="s3")]
    assert tested.ask("GET", "/delivered")[1]["waiting"] == ["changes of objects: 1 not read"]
    assert tested.ask("GET", "/delivered")[1]["delivered"] is True
    tested.cursor = None
    assert tested.ask("GET", "/delivered")[1]["waiting"] == ["changes of objects: not read yet"]
    assert tested.ask("POST", "/reset", "seconds=0")[0] == 409


def test_records_of_streams_are_looked_for_once_more(tested: StackUnderTest) -> None:
    tested.mappings = [SimpleNamespace(type="dynamodb")]

    def arrives() -> None:
        if not tested.recorder.begun:
            tested.run()
            tested.end()

    tested.on_sleep = arrives
    assert tested.ask("GET", "/delivered")[1]["waiting"] == ["records of streams have just arrived"]
    assert tested.ask("GET", "/delivered")[1]["delivered"] is True
    assert tested.now == 5.0
    assert tested.ask("POST", "/reset")[0] == 200
    assert tested.now == 7.5


@pytest.mark.parametrize(
    ("request_line", "status", "text"),
    [
        ("GET /invocations?name=work", 400, "name: unknown; the only parameter is function."),
        ("GET /delivered?seconds=soon", 400, "seconds=soon: must be a number from 0 to 600."),
        ("GET /delivered?seconds=-1", 400, "must be a number"),
        ("POST /reset?seconds=nan", 400, "must be a number"),
        ("GET /reset", 404, "Not Found"),
        ("GET ", 404, "Not Found"),
    ],
)
def test_what_is_not_there(tested: StackUnderTest, request_line: str, status: int, text: str) -> None:
    method, _, target = request_line.partition(" ")
    answered, body = tested.ask(method, *target.split("?"))
    assert answered == status
    assert text in body["message"]


def test_a_server_that_does_not_answer_is_an_error(tested: StackUnderTest) -> None:
    tested.stores.error = AwsCallError("", "http://127.0.0.1:1 does not answer")
    assert tested.ask("POST", "/reset") == (502, {"message": "http://127.0.0.1:1 does not answer"})


def test_requests_are_signed(tested: StackUnderTest) -> None:
    def refuse(_: Request) -> None:
        raise SignatureError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)

    tested.verify = refuse
    for method, path in (("POST", "/reset"), ("GET", "/invocations"), ("GET", "/delivered")):
        assert tested.ask(method, path)[0] == 403
    assert tested.calls == []
