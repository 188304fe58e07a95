"""The sweeper at work: against a database over HTTP, until the gateway ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from esb_gateway.expiry.running import sweeping
from esb_gateway.expiry.ttl_removals import TtlRemovals
from esb_gateway.settings import Settings
from esb_gateway.telemetry.telemetry import Telemetry
from tests.moto_server import moto_server

pytestmark = pytest.mark.server

SECONDS = 60
TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


def items(database: Any) -> set[str]:
    return {item["id"]["S"] for item in database.scan(TableName="sessions")["Items"]}


@pytest.fixture
def url() -> Iterator[str]:
    with moto_server() as address:
        yield address


def test_expired_items_are_deleted_while_the_gateway_runs(url: str) -> None:
    names = {"aws_access_key_id": "a", "aws_secret_access_key": "s", "region_name": "us-east-1"}
    database: Any = boto3.client("dynamodb", endpoint_url=url, **names)
    database.create_table(TableName="sessions", **TABLE)
    database.update_time_to_live(
        TableName="sessions", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    now = int(time.time())
    for name, until in (("gone", now - 10), ("here", now + 1000)):
        item = {"id": {"S": name}, "at": {"N": "1"}, "until": {"N": str(until)}}
        database.put_item(TableName="sessions", Item=item)

    async def run() -> Telemetry:
        telemetry = Telemetry(lambda *_line: None, time.time)
        settings = Settings(access_key="a", secret_key="s", sweeps=url)
        async with asyncio.timeout(SECONDS), sweeping(settings, telemetry, TtlRemovals(), interval=0.05):
            while not telemetry.counts.expired:
                await asyncio.sleep(0.01)
        return telemetry

    telemetry = asyncio.run(run())
    assert items(database) == {"here"}
    assert telemetry.counts.expired == {"sessions": 1}


def test_without_a_database_to_sweep_nothing_runs() -> None:
    async def run() -> int:
        async with sweeping(Settings(), Telemetry(lambda *_line: None, time.time), TtlRemovals()):
            return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1
