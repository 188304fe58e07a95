"""The items of a table."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from time import sleep
from typing import Any, Final

from esb_provisioner.resources.contents import Blobs, Comparison, Page, Record, batches
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.dynamodb.calls import api_call
from esb_provisioner.services.dynamodb.description import billing_mode
from esb_provisioner.services.dynamodb.items import decode, digest, encode
from esb_provisioner.steps import Answer, Api

SCAN_LIMIT: Final = 400  # items; a server with a single writer blocks others while it reads a page of 1 MB
BATCH: Final = 25  # the limit of BatchWriteItem
_THROUGHPUT: Final = ("ReadCapacityUnits", "WriteCapacityUnits")


class Items:
    """The contents of a table."""

    noun = "item"

    def definition(self, api: Api, name: str) -> Record:
        """Keys, indexes and billing. Streams and time to live are left out: importing would trigger them."""
        table = api(api_call("describe_table", TableName=name))["Table"]
        mode = billing_mode(table)
        entry = {key: table[key] for key in ("TableName", "KeySchema", "AttributeDefinitions")}
        entry["BillingMode"] = mode
        if mode == "PROVISIONED":
            entry["ProvisionedThroughput"] = _throughput(table)
        for scope in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            if indexes := table.get(scope):
                provisioned = mode == "PROVISIONED" and scope.startswith("Global")
                entry[scope] = [_index(index, provisioned=provisioned) for index in indexes]
        return entry

    def page(self, api: Api, name: str, after: Any, _blobs: Blobs, _pool: Executor) -> Page:
        start = {"ExclusiveStartKey": decode(after)} if after else {}
        answer = api(api_call("scan", TableName=name, Limit=SCAN_LIMIT, ConsistentRead=True, **start))
        following = answer.get("LastEvaluatedKey")
        return Page([encode(item) for item in answer.get("Items", ())], encode(following) if following else None)

    def count(self, api: Api, name: str) -> int:
        return sum(page["Count"] for page in _scan(api, name, Select="COUNT"))

    def is_empty(self, api: Api, name: str) -> bool:
        return not api(api_call("scan", TableName=name, Limit=1, ConsistentRead=True)).get("Items")

    def write(self, api: Api, name: str, records: Sequence[Record], _blobs: Blobs, pool: Executor) -> None:
        list(pool.map(lambda batch: put_batch(api, name, batch), batches(records, BATCH)))

    def compare(self, api: Api, name: str, records: Iterable[Record], _pool: Executor) -> Comparison:
        wanted = array("Q", sorted(digest(record) for record in records))
        found, others = 0, 0
        for page in _scan(api, name):
            for item in page.get("Items", ()):
                value = digest(encode(item))
                at = bisect_left(wanted, value)
                if at < len(wanted) and wanted[at] == value:
                    found += 1
                else:
                    others += 1
        missing = len(wanted) - found
        return Comparison(missing, others)


def _scan(api: Api, name: str, **params: Any) -> Iterator[Answer]:
    start: dict[str, Any] = {}
    while True:
        page = api(api_call("scan", TableName=name, Limit=SCAN_LIMIT, ConsistentRead=True, **params, **start))
        yield page
        if not page.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def put_batch(api: Api, name: str, records: Sequence[Record]) -> None:
    """Write a batch; unprocessed items are retried with backoff."""
    try:
        requests = {name: [{"PutRequest": {"Item": decode(record)}} for record in records]}
    except ValueError as error:
        raise ServerError(ErrorKind.FAILED, "InvalidItem", str(error)) from error
    for attempt in range(10):
        left = api(api_call("batch_write_item", RequestItems=requests)).get("UnprocessedItems")
        if not left:
            return
        requests = left
        sleep(min(0.05 * 2**attempt, 5))
    raise ServerError(ErrorKind.BUSY, "UnprocessedItems", f"{len(requests[name])} items of a batch were not written")


def _index(index: Mapping[str, Any], *, provisioned: bool) -> Record:
    kept = {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
    return {**kept, "ProvisionedThroughput": _throughput(index)} if provisioned else kept


def _throughput(described: Mapping[str, Any]) -> Record:
    given = described.get("ProvisionedThroughput", {})
    return {key: max(int(given.get(key, 1)), 1) for key in _THROUGHPUT}
