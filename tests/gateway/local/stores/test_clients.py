"""Many clients at once: moto itself answers 500 if a transaction and a put run side by side."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.gateway.local.stores.embedded_stores import EmbeddedStores

pytestmark = pytest.mark.server

CLIENTS, EACH = 16, 6


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[EmbeddedStores]:
    (tmp_path / "data").mkdir()
    running = EmbeddedStores(tmp_path / "data", min_lines=10_000)
    running.table.create_table(
        TableName="things",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    yield running
    running.kill()


def test_puts_transactions_and_queries_of_16_clients_are_all_answered(stores: EmbeddedStores) -> None:
    table = stores.table  # a client of boto3 is safe to share between threads

    def work(client: int) -> int:
        for number in range(EACH):
            keys = [{"pk": {"S": f"{client}"}, "sk": {"S": f"{number} {part}"}} for part in "abc"]
            table.put_item(TableName="things", Item=keys[0])
            puts = [{"Put": {"TableName": "things", "Item": key}} for key in keys[1:]]
            table.transact_write_items(TransactItems=puts)
        values = {":pk": {"S": f"{client}"}}
        found = table.query(
            TableName="things", KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values, ConsistentRead=True
        )
        return int(found["Count"])

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert list(pool.map(work, range(CLIENTS))) == [3 * EACH] * CLIENTS
