"""From one version of an application to the next and back, with data that one of them cannot use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.local.local_gateway import DOCUMENTS, LocalGateway
from tests.watching import until

pytestmark = pytest.mark.server

INDEX = (
    "    GlobalSecondaryIndexes:\n"
    "      - IndexName: by-owner\n"
    "        KeySchema: [{AttributeName: owner, KeyType: HASH}]\n"
    "        Projection: {ProjectionType: ALL}\n"
)
OLD = DOCUMENTS["resources.yml"]
WITH_INDEX = OLD.replace("AttributeType: S}]", "AttributeType: S}, {AttributeName: owner, AttributeType: S}]").replace(
    "S3:", f"{INDEX}S3:"
)
WITH_OTHER_KEY = OLD.replace("AttributeName: id", "AttributeName: number")


def write(root: Path, name: str, text: str) -> None:
    temporary = root / "config" / f"{name}.tmp"
    temporary.write_text(text)
    temporary.replace(root / "config" / name)


def drift(gateway: LocalGateway) -> Any:
    return gateway.call("GET", "/_esb/ready")[1].get("drift")


def test_an_index_and_a_function_more_and_back_again(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    """The requests in between are all answered."""
    gateway = start(by_hand).ready()
    table = gateway.client("dynamodb")
    table.put_item(TableName="things", Item={"id": {"S": "1"}, "owner": {"S": "ada"}})
    functions = DOCUMENTS["functions.yml"]
    second = functions + "  more: {handler: app.handler, runtime: python3.11, code: functions/echo}\n"
    route = DOCUMENTS["routing.yml"].replace("]", ", {path: /more, method: POST, function: more}]")

    def answers(path: str, status: int) -> bool:
        assert gateway.call("POST", "/echo", 1)[0] == 200
        return gateway.call("POST", path, 1)[0] == status

    write(by_hand, "resources.yml", WITH_INDEX)
    write(by_hand, "functions.yml", second)
    write(by_hand, "routing.yml", route)
    until(lambda: answers("/more", 200), 60)
    assert [each["IndexName"] for each in indexes(table)] == ["by-owner"]

    write(by_hand, "resources.yml", OLD)
    write(by_hand, "functions.yml", functions)
    write(by_hand, "routing.yml", DOCUMENTS["routing.yml"])
    until(lambda: answers("/more", 404), 60)
    assert indexes(table) == []
    assert table.scan(TableName="things")["Count"] == 1
    assert drift(gateway) is None


def indexes(table: Any) -> Any:
    return table.describe_table(TableName="things")["Table"].get("GlobalSecondaryIndexes", [])


def test_drift_is_named_and_served_and_resolved_by_the_advice(
    by_hand: Path, tmp_path: Path, start: Callable[..., LocalGateway]
) -> None:
    data = str(tmp_path / "data")
    first = start(by_hand, "--data", data).ready()
    first.client("dynamodb").put_item(TableName="things", Item={"id": {"S": "1"}})
    assert first.end() == 0

    write(by_hand, "resources.yml", WITH_OTHER_KEY)
    second = start(by_hand, "--data", data).ready()
    assert second.call("POST", "/echo", 1)[0] == 200
    (difference,) = drift(second)
    assert difference["resource"] == "table things"
    assert difference["text"].endswith(f": esb-gateway local {by_hand} --data {data} --reset-table things")
    assert second.client("dynamodb").scan(TableName="things")["Count"] == 1
    assert second.end() == 0

    third = start(by_hand, "--data", data, "--reset-table", "things").ready()
    assert drift(third) is None
    third.client("dynamodb").put_item(TableName="things", Item={"number": {"S": "1"}})
    # What was asked for at the start is not asked for again.
    write(by_hand, "resources.yml", OLD)
    until(lambda: drift(third), 60)
    assert third.client("dynamodb").scan(TableName="things")["Count"] == 1
