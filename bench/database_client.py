"""A process that calls a database through boto3 as fast as it can: `database_client.py URL CLIENTS SECONDS`.

It writes one JSON object: calls a second by operation, of all clients together. Each client is a thread with a client
of boto3 of its own. Items have 500 bytes; 100 of them share a partition key, and a query reads these.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import boto3
from botocore.config import Config

TABLE = "bench"
PARTITIONS, EACH = 20, 100
ITEM = {"text": {"S": "x" * 460}}


def main(url: str, clients: int, seconds: float) -> dict[str, float]:
    databases = [_client(url) for _ in range(clients)]
    _fill(databases[0])
    return {name: _rate(databases, call, seconds) for name, call in OPERATIONS.items()}


def _client(url: str) -> Any:
    """Imports and models are shared, so only the first one takes long."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=30)
    keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
    return boto3.client("dynamodb", endpoint_url=url, region_name="us-east-1", config=config, **keys)


def _fill(database: Any) -> None:
    """A new table with the items that are read."""
    if TABLE in database.list_tables()["TableNames"]:
        database.delete_table(TableName=TABLE)
    database.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    puts = [{"PutRequest": {"Item": {**_key(number), **ITEM}}} for number in range(PARTITIONS * EACH)]
    for start in range(0, len(puts), 25):
        database.batch_write_item(RequestItems={TABLE: puts[start : start + 25]})


def _key(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"p{number % PARTITIONS}"}, "sk": {"S": f"{number // PARTITIONS % EACH:05}"}}


def _put(database: Any, number: int) -> None:
    database.put_item(TableName=TABLE, Item={"pk": {"S": f"new{number}"}, "sk": {"S": "0"}, **ITEM})


def _get(database: Any, number: int) -> None:
    database.get_item(TableName=TABLE, Key=_key(number))


def _query(database: Any, number: int) -> None:
    values = {":pk": {"S": f"p{number % PARTITIONS}"}}
    database.query(TableName=TABLE, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values)


def _transact(database: Any, number: int) -> None:
    items = [{"pk": {"S": f"two{number}"}, "sk": {"S": str(part)}, **ITEM} for part in range(2)]
    database.transact_write_items(TransactItems=[{"Put": {"TableName": TABLE, "Item": item}} for item in items])


OPERATIONS: Mapping[str, Callable[[Any, int], None]] = {
    "put": _put,
    "get": _get,
    "query of 100 items": _query,
    "transaction of 2 puts": _transact,
}


def _rate(databases: list[Any], call: Callable[[Any, int], None], seconds: float) -> float:
    """Calls a second of all clients together."""
    start = Barrier(len(databases))

    def work(client: int) -> float:
        start.wait()
        began, calls = time.perf_counter(), 0
        while (took := time.perf_counter() - began) < seconds or not calls:
            call(databases[client], calls * len(databases) + client)
            calls += 1
        return calls / took

    with ThreadPoolExecutor(len(databases)) as pool:
        return sum(pool.map(work, range(len(databases))))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))))
