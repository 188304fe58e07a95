"""A newer dynoxide opens the file of an older one.

`older/dynoxide-1.2.1.sqlite.gz` is the file of dynoxide 1.2.1 (crate dynoxide-rs 2.0.1), to which boto3 wrote: a table
with an index, a stream, a time to live and a tag, 20 items, and a transaction that deleted one and changed another.
"""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from esb_schemas.engines.table import engines
from tests.provisioner.command import client

from .conftest import docker, wait_for

OLDER = Path(__file__).parent / "older/dynoxide-1.2.1.sqlite.gz"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Any]:
    """boto3's client of the pinned dynoxide, started as in the stack, on the older file."""
    engine = engines("dynamodb")["dynoxide"]
    (tmp_path / "dynamodb.sqlite").write_bytes(gzip.decompress(OLDER.read_bytes()))
    name = f"esb-older-{secrets.token_hex(4)}"
    docker("create", "--name", name, "--publish", "127.0.0.1::8000", engine.image, *engine.command)
    try:
        docker("cp", f"{tmp_path}/dynamodb.sqlite", f"{name}:/data/dynamodb.sqlite")
        docker("start", name)
        database = client("dynamodb", f"http://{docker('port', name, '8000').split()[0]}")
        wait_for(lambda: answers(database))
        yield database
        database.close()
    finally:
        docker("rm", "--force", "--volumes", name)


def answers(database: Any) -> bool:
    try:
        return bool(database.list_tables())
    except Exception:  # it is not up
        return False


def test_everything_of_an_older_file_is_there_and_can_be_changed(database: Any) -> None:
    found = {item["line"]["N"]: item for item in database.scan(TableName="orders")["Items"]}
    assert sorted(found, key=int) == [str(number) for number in range(1, 20)], "the transaction deleted one"
    assert found["1"]["price"] == {"N": "99"}
    assert found["7"] == {
        "id": {"S": "o2"},
        "line": {"N": "7"},
        "customer": {"S": "ada"},
        "gone": {"N": "4102444800"},
        "price": {"N": found["7"]["price"]["N"]},
        "raw": {"B": b"\x07\xff"},
        "tags": {"SS": ["a", "é"]},
        "nested": {"M": {"list": {"L": [{"NULL": True}, {"BOOL": False}, {"S": ""}]}}},
    }
    assert float(found["7"]["price"]["N"]) == 12.5

    table = database.describe_table(TableName="orders")["Table"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert database.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == [{"Key": "team", "Value": "shop"}]
    times = database.describe_time_to_live(TableName="orders")["TimeToLiveDescription"]
    assert (times["AttributeName"], times["TimeToLiveStatus"]) == ("gone", "ENABLED")

    database.put_item(TableName="orders", Item={"id": {"S": "new"}, "line": {"N": "1"}, "customer": {"S": "bob"}})
    of_bob = database.query(
        TableName="orders",
        IndexName="by-customer",
        KeyConditionExpression="customer = :c",
        ExpressionAttributeValues={":c": {"S": "bob"}},
    )["Items"]
    assert sorted(item["line"]["N"] for item in of_bob) == sorted(["1", *map(str, range(2, 20, 2))])
