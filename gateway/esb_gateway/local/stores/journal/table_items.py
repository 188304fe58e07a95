"""The items of all embedded tables, as requests that write them.

They are read from moto's own tables: moto's Scan takes 20 times as long, and its pages miss items if their order is not
that of the keys.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from esb_gateway.local.stores.journal.journal_file import Change

_BATCH: Final = 25  # items of a BatchWriteItem, as DynamoDB allows


def item_changes() -> Iterator[tuple[Change, int]]:
    """The requests, each with its number of items."""
    for region, backend in get_backend("dynamodb")[DEFAULT_ACCOUNT_ID].items():
        for name, table in backend.tables.items():
            for items in _batches(item.to_json()["Attributes"] for item in table.all_items()):
                yield _change(region, name, items), len(items)


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _change(region: str, table: str, items: list[Any]) -> Change:
    scope = f"ESB/20260101/{region}/dynamodb/aws4_request"
    variables = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_X_AMZ_TARGET": "DynamoDB_20120810.BatchWriteItem",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, ",
        "CONTENT_TYPE": "application/x-amz-json-1.0",
    }
    requests = {"RequestItems": {table: [{"PutRequest": {"Item": item}} for item in items]}}
    return Change(variables, json.dumps(requests, default=_as_json).encode())


def _as_json(value: Any) -> Any:
    """A value of moto's that is nested in another one."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.to_json()
