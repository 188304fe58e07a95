"""Expired items are found and deleted, and nothing else is; the pace leaves the database to others."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from esb_gateway.expiry.database import CallError, Database
from esb_gateway.expiry.pace import CALL_TIME, FEWEST, Amount
from esb_gateway.expiry.requests import MAX_DELETES, MAX_SCANNED, unaffected
from esb_gateway.expiry.sweeper import Sweeper
from esb_gateway.expiry.ttl_removals import TtlRemovals, key_text
from esb_gateway.telemetry.counts import RequestCounts
from esb_wire.http.client import UnreachableError
from esb_wire.http.messages import Headers, Request, Response, lower
from esb_wire.sigv4 import Credentials, Verifier
from tests.gateway.fakes import ACCESS_KEY, NOW, SECRET_KEY

YEAR = 365 * 86400
PAST, FUTURE = int(NOW) - 1, int(NOW) + 1
ENABLED = {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}


class FakeDatabase:
    """Tables in memory, of which each understands the two expressions of the sweeper."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Any]] = {}
        self.time_to_live: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, Any]] = []
        self.before_delete: Callable[[], None] = lambda: None
        self.is_down = False

    def add(self, table: str, items: dict[str, Any], time_to_live: dict[str, Any] | None = None) -> None:
        self.tables[table] = items
        self.time_to_live[table] = time_to_live or ENABLED

    async def call(self, operation: str, parameters: Any) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        if self.is_down:
            raise UnreachableError("Connection refused")
        answer: dict[str, Any] = getattr(self, re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower())(parameters)
        return answer

    def list_tables(self, parameters: Any) -> dict[str, Any]:
        """One table a page."""
        names = sorted(self.tables)
        start = parameters.get("ExclusiveStartTableName")
        left = [name for name in names if start is None or name > start]
        return {"TableNames": left[:1], **({"LastEvaluatedTableName": left[0]} if len(left) > 1 else {})}

    def describe_time_to_live(self, parameters: Any) -> dict[str, Any]:
        return {"TimeToLiveDescription": self.time_to_live[parameters["TableName"]]}

    def describe_table(self, parameters: Any) -> dict[str, Any]:
        return {"Table": {"TableName": parameters["TableName"], "KeySchema": [{"AttributeName": "id"}]}}

    def scan(self, parameters: Any) -> dict[str, Any]:
        items = self.tables[parameters["TableName"]]
        start = parameters.get("ExclusiveStartKey", {"id": {"S": ""}})["id"]["S"]
        page = [key for key in sorted(items) if key > start]
        evaluated = page[: parameters["Limit"]]
        more = {"LastEvaluatedKey": {"id": {"S": evaluated[-1]}}} if len(page) > len(evaluated) else {}
        if parameters.get("Select") == "COUNT":
            return {"Count": len(evaluated), **more}
        found = [{"id": {"S": key}} for key in evaluated if is_expired(items[key], parameters)]
        return {"Items": found, **more}

    def transact_write_items(self, parameters: Any) -> dict[str, Any]:
        self.before_delete()
        each = [item["Delete"] for item in parameters["TransactItems"]]
        assert 0 < len(each) <= MAX_DELETES
        reasons = ["None" if is_expired(self._item(delete), delete) else "ConditionalCheckFailed" for delete in each]
        if set(reasons) != {"None"}:
            document = {"CancellationReasons": [{"Code": reason} for reason in reasons]}
            raise CallError("TransactionCanceledException", "canceled", document)
        for delete in each:
            del self.tables[delete["TableName"]][delete["Key"]["id"]["S"]]
        return {}

    def _item(self, delete: Any) -> Any:
        return self.tables[delete["TableName"]].get(delete["Key"]["id"]["S"])


def is_expired(value: Any, parameters: Any) -> bool:
    condition = parameters.get("FilterExpression") or parameters["ConditionExpression"]
    assert condition == "#ttl < :now AND #ttl > :oldest"
    assert parameters["ExpressionAttributeNames"]["#ttl"] == "until"
    times = {name: int(each["N"]) for name, each in parameters["ExpressionAttributeValues"].items()}
    return isinstance(value, int) and times[":oldest"] < value < times[":now"]


class Harness:
    def __init__(self) -> None:
        self.database = FakeDatabase()
        self.counts = RequestCounts()
        self.removals = TtlRemovals()
        self.logged: list[str] = []
        self.slept: list[float] = []
        self.call_time = 0.001  # seconds
        self.steady = (looks * self.call_time for looks in count())
        self.sweeper = Sweeper(
            database=self.database,
            clock=lambda: NOW,
            monotonic=lambda: next(self.steady),
            sleep=self.sleep,
            counts=self.counts,
            removals=self.removals,
            log=lambda _job, level, fields: self.logged.append(f"{level} {fields['message']}"),
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def sweep(self) -> None:
        asyncio.run(self.sweeper.sweep())


@pytest.fixture
def harness() -> Harness:
    return Harness()


def test_expired_items_go_and_all_others_stay(harness: Harness) -> None:
    items = {
        "expired": PAST,
        "almost five years ago": PAST - 5 * YEAR + 86400,
        "six years ago": PAST - 6 * YEAR,
        "now": int(NOW),
        "later": FUTURE,
        "text": "1",
        "none": None,
    }
    harness.database.add("Sessions", items)
    harness.sweep()

    assert set(items) == {"six years ago", "now", "later", "text", "none"}
    assert harness.counts.expired == {"Sessions": 2}
    assert harness.logged == []


def test_every_table_with_a_time_to_live_is_swept(harness: Harness) -> None:
    for name in ("A", "B", "C"):
        harness.database.add(name, {"x": PAST}, {"TimeToLiveStatus": "DISABLED"} if name == "B" else ENABLED)
    harness.sweep()

    assert harness.database.tables == {"A": {}, "B": {"x": PAST}, "C": {}}


def scans(harness: Harness) -> list[int]:
    """How many items each page was to have."""
    calls = [parameters for operation, parameters in harness.database.calls if operation == "Scan"]
    return [each["Limit"] for each in calls if "FilterExpression" in each]


def transactions(harness: Harness) -> list[int]:
    calls = [parameters for operation, parameters in harness.database.calls if operation == "TransactWriteItems"]
    return [len(each["TransactItems"]) for each in calls]


def test_pages_and_transactions_grow_while_calls_are_short(harness: Harness) -> None:
    harness.database.add("Sessions", {f"{n:05}": PAST if n % 2 else FUTURE for n in range(2000)})
    harness.sweep()

    assert scans(harness)[:9] == [5, 10, 20, 40, 80, 160, 320, MAX_SCANNED, MAX_SCANNED]
    assert transactions(harness)[:6] == [5, 10, 20, 40, 80, MAX_DELETES]
    assert harness.counts.expired == {"Sessions": 1000}


def test_pages_and_transactions_stay_small_while_calls_are_long(harness: Harness) -> None:
    harness.call_time = 0.05
    harness.database.add("Sessions", {f"{n:05}": PAST for n in range(100)})
    harness.sweep()

    assert set(scans(harness)) == set(transactions(harness)) == {FEWEST}
    assert harness.database.tables["Sessions"] == {}


def test_the_amount_follows_what_the_last_call_took() -> None:
    amount = Amount(MAX_SCANNED)
    for seconds in (0.0, CALL_TIME / 2, CALL_TIME, CALL_TIME * 1.25, 10.0, CALL_TIME / 1.5):
        amount.adapt(seconds)
    assert amount.items == 12  # 10, 20, 20, 16, 8, 12


def test_items_of_several_pages_go_in_one_transaction(harness: Harness) -> None:
    harness.database.add("Sessions", {f"{n:05}": FUTURE if n % 32 else PAST for n in range(4000)})
    harness.sweep()

    assert transactions(harness) == [5, 10, 20, 40, 50]
    assert harness.counts.expired == {"Sessions": 125}


@pytest.mark.parametrize(("items", "described"), [(0, 1), (1, 1), (2, 0)])
def test_a_table_with_items_is_not_described_because_that_counts_them_all(
    harness: Harness, items: int, described: int
) -> None:
    harness.database.add("Sessions", {f"{n}": PAST for n in range(items)})
    harness.sweep()

    assert [operation for operation, _ in harness.database.calls].count("DescribeTable") == described
    assert harness.database.tables["Sessions"] == {}


def test_an_item_that_is_renewed_meanwhile_stays_and_the_others_go(harness: Harness) -> None:
    items = {f"{n:03}": PAST for n in range(150)}
    harness.database.add("Sessions", items)
    harness.database.before_delete = lambda: items.update({"007": FUTURE})
    harness.sweep()

    assert items == {"007": FUTURE}
    assert harness.logged == []


def test_records_of_what_was_deleted_can_be_told_from_others(harness: Harness) -> None:
    items = {f"{n:03}": PAST for n in range(4)}
    harness.database.add("Sessions", items)
    harness.database.before_delete = lambda: items.update({"002": FUTURE})
    harness.removals.follow("Sessions")
    harness.sweep()

    names = [f"{n:03}" for n in range(5)]
    known = [name for name in names if harness.removals.have("Sessions", key_text({"id": {"S": name}}), NOW)]
    assert known == ["000", "001", "003"]


def test_the_database_is_left_to_others(harness: Harness) -> None:
    harness.call_time = 1.0
    harness.database.add("Sessions", {f"{n:05}": FUTURE for n in range(1000)})
    harness.sweep()

    assert len(harness.slept) == len(harness.database.calls)
    assert set(harness.slept) == {2.0}  # twice as long as each call took


def test_the_next_sweep_waits_for_twenty_times_what_the_last_one_took(harness: Harness) -> None:
    harness.call_time = 1.0
    harness.database.add("Sessions", {f"{n:05}": FUTURE for n in range(1000)})

    class Enough(Exception):
        pass

    async def sleep(seconds: float) -> None:
        harness.slept.append(seconds)
        if sum(slept != 2.0 for slept in harness.slept) == 2:
            raise Enough

    harness.sweeper.sleep = sleep
    with pytest.raises(Enough):
        asyncio.run(harness.sweeper.run())

    calls = len(harness.database.calls)
    assert [slept for slept in harness.slept if slept != 2.0] == [60.0, 20.0 * calls]


def test_a_database_that_is_away_is_logged_once(harness: Harness) -> None:
    harness.database.add("Sessions", {"x": PAST})
    harness.database.is_down = True
    harness.sweep()
    harness.sweep()
    assert harness.logged == ["WARN expired items are not all deleted: Connection refused"]

    harness.database.is_down = False
    harness.sweep()
    assert harness.database.tables == {"Sessions": {}}


def test_a_table_that_is_gone_meanwhile_keeps_no_other_from_being_swept(harness: Harness) -> None:
    harness.database.add("A", {"x": PAST})
    harness.database.add("B", {"x": PAST})
    describe = harness.database.describe_time_to_live

    def gone(parameters: Any) -> dict[str, Any]:
        if parameters["TableName"] == "A":
            raise CallError("ResourceNotFoundException", "no table A", {})
        return describe(parameters)

    harness.database.describe_time_to_live = gone  # type: ignore[method-assign]
    harness.sweep()

    assert harness.database.tables["B"] == {}
    assert harness.logged == ["WARN expired items are not all deleted: table A: ResourceNotFoundException: no table A"]


def test_reasons_that_do_not_match_leave_nothing_to_try_again() -> None:
    assert unaffected([{"id": {"S": "a"}}], {}) == []


class FakeServer:
    def __init__(self, status: int, body: bytes) -> None:
        self.response = Response(status, (), body)
        self.requests: list[Request] = []

    async def send(self, method: str, target: str, headers: Headers, body: bytes) -> Response:
        self.requests.append(Request(method, target, "", headers, lower(headers), body, ""))
        return self.response


def call(server: FakeServer) -> dict[str, Any]:
    database = Database(server, "database:8000", Credentials(ACCESS_KEY, SECRET_KEY), lambda: NOW)
    return asyncio.run(database.call("Scan", {"TableName": "é"}))


def test_a_call_is_signed() -> None:
    server = FakeServer(200, b'{"Items":[]}')

    assert call(server) == {"Items": []}
    (request,) = server.requests
    assert json.loads(request.body) == {"TableName": "é"}
    assert request.lowered["x-amz-target"] == "DynamoDB_20120810.Scan"
    Verifier(Credentials(ACCESS_KEY, SECRET_KEY), lambda: NOW, service="dynamodb")(request)


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (400, b'{"__type":"com.amazonaws.dynamodb.v20120810#X","message":"why"}', "X: why"),
        (400, b'{"__type":"X","Message":"why"}', "X: why"),
        (500, b"<html>", "InvalidResponse: status 500, and a body that is no JSON object"),
        (200, b"[]", "InvalidResponse: status 200, and a body that is no JSON object"),
        (503, b"", "503: "),
    ],
)
def test_an_error_has_its_code(status: int, body: bytes, text: str) -> None:
    with pytest.raises(CallError) as raised:
        call(FakeServer(status, body))

    assert str(raised.value) == text
