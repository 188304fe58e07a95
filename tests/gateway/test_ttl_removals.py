"""A record says that its item expired if the sweep has deleted it, and no other record does."""

from __future__ import annotations

from typing import Any

import pytest

from esb_gateway.ttl_removals import MOST, TtlRemovals

NOW = 1_700_000_000.0
KEY = {"id": {"S": "a"}, "at": {"N": "1"}}


def record(name: str = "REMOVE", at: float = NOW, **more: Any) -> dict[str, Any]:
    change = {"Keys": {"at": {"N": "1"}, "id": {"S": "a"}}, "ApproximateCreationDateTime": at}
    return {"eventName": name, "dynamodb": change, **more}


@pytest.fixture
def removals() -> TtlRemovals:
    found = TtlRemovals()
    found.follow("Sessions")
    found.add("Sessions", [KEY], NOW)
    return found


def test_a_delete_of_the_sweep_has_the_identity_of_the_service(removals: TtlRemovals) -> None:
    """ "Time to live and DynamoDB Streams" in DynamoDB's guide."""
    for at in (NOW - 0.9, NOW, NOW + 30):  # records have whole seconds
        assert removals.marked("Sessions", record(at=at)) == {
            **record(at=at),
            "userIdentity": {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"},
        }


@pytest.mark.parametrize(
    ("table", "other"),
    [
        ("Orders", record()),
        ("Sessions", record("MODIFY")),
        ("Sessions", record(at=NOW - 10)),
        ("Sessions", record(at=NOW + 3600)),
        ("Sessions", record(userIdentity={"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"})),
        ("Sessions", {**record(), "dynamodb": {**record()["dynamodb"], "Keys": {"id": {"S": "b"}}}}),
    ],
)
def test_other_records_stay_as_they_are(removals: TtlRemovals, table: str, other: dict[str, Any]) -> None:
    assert removals.marked(table, other) is other


def test_what_was_not_deleted_is_forgotten(removals: TtlRemovals) -> None:
    removals.discard("Sessions", [KEY, {"id": {"S": "unknown"}}])
    assert "userIdentity" not in removals.marked("Sessions", record())


def test_nothing_is_kept_of_a_table_whose_stream_nobody_reads() -> None:
    removals = TtlRemovals()
    removals.add("Sessions", [KEY], NOW)
    assert "userIdentity" not in removals.marked("Sessions", record())


def test_the_oldest_ones_are_forgotten(removals: TtlRemovals) -> None:
    removals.add("Sessions", ({"id": {"N": str(number)}} for number in range(MOST - 1)), NOW)
    assert "userIdentity" in removals.marked("Sessions", record())
    removals.add("Sessions", [{"id": {"N": "-1"}}], NOW)
    assert "userIdentity" not in removals.marked("Sessions", record())
