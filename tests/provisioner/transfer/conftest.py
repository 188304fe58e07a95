"""Contents of every kind on moto, and the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from esb_provisioner.cli import run
from tests.provisioner.command import Finished, Stack

TABLE: dict[str, Any] = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "N"},
        {"AttributeName": "email", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-email",
            "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
EVERY_TYPE = {
    "id": {"S": "é 漢\n\u2028"},
    "at": {"N": "-1.5"},
    "big": {"N": "12345678901234567890123456789012345678"},
    "binary": {"B": b"\x00\xff\x80"},
    "binaries": {"BS": [b"\x01", b"\x02"]},
    "texts": {"SS": ["b", "a"]},
    "numbers": {"NS": ["2", "1"]},
    "nested": {"M": {"list": {"L": [{"BOOL": True}, {"NULL": True}, {"S": "x"}, {"M": {}}]}}},
}


def orders(count: int) -> list[dict[str, Any]]:
    return [EVERY_TYPE, *({"id": {"S": f"o{n}"}, "at": {"N": str(n)}, "email": {"S": f"{n}@b"}} for n in range(count))]


OBJECTS: dict[str, dict[str, Any]] = {
    "plain.txt": {"Body": b"plain"},
    "folder/sub folder/é漢+%.bin": {"Body": bytes(range(256)) * 40, "ContentType": "application/x-thing"},
    "same.txt": {"Body": b"plain", "ContentType": "text/plain; charset=utf-8"},
    "empty": {"Body": b""},
    "headers": {
        "Body": b"h",
        "CacheControl": "max-age=3",
        "ContentDisposition": 'attachment; filename="a.txt"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "Metadata": {"owner": "ada", "team": "web & co"},
        "Tagging": "state=new&note=a%20b",
    },
}


@pytest.fixture
def filled(stack: Stack) -> Stack:
    """A table with 31 items and a bucket with objects."""
    fill(stack.client("dynamodb"), stack.client("s3"), 30)
    return stack


@pytest.fixture
def many(stack: Stack) -> Stack:
    """As `filled`, but with 1,001 items, which are three pages."""
    fill(stack.client("dynamodb"), stack.client("s3"), 1000)
    return stack


def fill(dynamodb: Any, s3: Any, count: int) -> None:
    fill_table(dynamodb, count)
    fill_bucket(s3)


def fill_table(dynamodb: Any, count: int) -> None:
    dynamodb.create_table(**TABLE)
    items = orders(count)
    for at in range(0, len(items), 25):
        requests = [{"PutRequest": {"Item": item}} for item in items[at : at + 25]]
        dynamodb.batch_write_item(RequestItems={"Orders": requests})


def fill_bucket(s3: Any) -> None:
    s3.create_bucket(Bucket="media")
    for key, params in OBJECTS.items():
        s3.put_object(Bucket="media", Key=key, **params)


def emptied(stack: Stack) -> Stack:
    """The server as another one would be: without anything."""
    with urlopen(Request(f"{stack.url}/moto-api/reset", method="POST")):
        return stack


Transfer = Callable[..., Finished]


@pytest.fixture
def transfer(stack: Stack) -> Transfer:
    """The command on moto."""
    return lambda command, folder, *options, **environ: call(command, folder, stack.environ | environ, *options)


def call(command: str, folder: Path, environ: Mapping[str, str], *options: str) -> Finished:
    """The command, in this process."""
    out, err = StringIO(), StringIO()
    code = run([command, str(folder), *options], environ, out, err)
    return Finished(code, out.getvalue(), err.getvalue())


def items_of(dynamodb: Any, table: str = "Orders") -> dict[str, Any]:
    """The items by their key; sets sorted."""
    found: list[dict[str, Any]] = []
    start: dict[str, Any] = {}
    while True:
        page = dynamodb.scan(TableName=table, ConsistentRead=True, **start)
        found += page["Items"]
        if not page.get("LastEvaluatedKey"):
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    return {f"{item['id']} {item.get('at')}": _sorted(item) for item in found}


def _sorted(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {kind: sorted(value) if kind in ("SS", "NS", "BS") else value}
        for name, each in item.items()
        for kind, value in each.items()
    }


def objects_of(s3: Any, bucket: str = "media") -> dict[str, Any]:
    """Content, metadata and tags of each object."""
    found = {}
    for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
        answer = s3.get_object(Bucket=bucket, Key=each["Key"])
        try:
            tags = s3.get_object_tagging(Bucket=bucket, Key=each["Key"]).get("TagSet", [])
        except ClientError:  # a server without tags
            tags = []
        kept = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Metadata")
        found[each["Key"]] = (
            answer["Body"].read(),
            {name: answer.get(name) for name in kept}
            | {"Metadata": {name.lower(): value for name, value in answer["Metadata"].items()}},
            sorted((tag["Key"], tag["Value"]) for tag in tags),
        )
    return found
