"""The file of `--data` is written anew without what does not matter any more, and loses nothing by it."""

from __future__ import annotations

import itertools
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.gateway.local.stores.embedded_stores import EmbeddedStores
from tests.repetitions import repeated

pytestmark = pytest.mark.server

KEY = {"AttributeName": "id", "KeyType": "HASH"}
Start = Callable[..., EmbeddedStores]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[EmbeddedStores] = []

    def begin(min_lines: int = 20) -> EmbeddedStores:
        started.append(EmbeddedStores(tmp_path / "data", min_lines))
        return started[-1]

    yield begin
    for stores in started:
        if stores.process.returncode is None:
            stores.kill()


def create_table(stores: EmbeddedStores, name: str = "things", **parameters: Any) -> None:
    stores.table.create_table(
        TableName=name,
        KeySchema=[KEY],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **parameters,
    )


def count(stores: EmbeddedStores, key: str) -> None:
    stores.table.update_item(
        TableName="things",
        Key={"id": {"S": key}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


def populate(stores: EmbeddedStores, *, stream: bool) -> None:
    """Something of each kind."""
    table, storage = stores.table, stores.storage
    create_table(stores)
    create_table(stores, "gone")
    table.put_item(TableName="gone", Item={"id": {"S": "1"}})
    table.delete_table(TableName="gone")
    table.create_table(
        TableName="orders",
        KeySchema=[KEY, {"AttributeName": "at", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "at", "who")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-who",
                "KeySchema": [{"AttributeName": "who", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["sum"]},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        Tags=[{"Key": "stage", "Value": "test"}],
        **({"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}} if stream else {}),
    )
    table.update_time_to_live(TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    values = {
        "who": {"S": "ü"},
        "sum": {"N": "1.50"},
        "raw": {"B": b"\x00\xff"},
        "raws": {"BS": [b"a", b"\xff"]},
        "set": {"SS": ["a", "b"]},
        "numbers": {"NS": ["1", "2"]},
        "nested": {"M": {"list": {"L": [{"BOOL": True}, {"NULL": True}, {"S": ""}, {"B": b"\xff"}]}}},
        "expires": {"N": "9999999999"},
    }
    for number in range(60):
        item = {"id": {"S": f"{number % 7}"}, "at": {"S": f"{number}"}, **values}
        table.put_item(TableName="orders", Item=item)
    storage.create_bucket(Bucket="versions")
    storage.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    storage.create_bucket(Bucket="files")
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}
    storage.put_bucket_lifecycle_configuration(Bucket="files", LifecycleConfiguration={"Rules": [rule]})
    described = {"Metadata": {"x_y": "1"}, "ContentType": "text/plain", "Tagging": "a=b"}
    for bucket in ("files", "versions"):
        storage.put_object(Bucket=bucket, Key="a b/ü", Body=b"first")
        storage.put_object(Bucket=bucket, Key="a b/ü", Body=b"second", **described)
        storage.put_object(Bucket=bucket, Key="gone", Body=b"", StorageClass="STANDARD_IA")
        storage.delete_object(Bucket=bucket, Key="gone")
        whole = {"Bucket": bucket, "Key": "whole"}
        whole["UploadId"] = storage.create_multipart_upload(**whole)["UploadId"]
        tag = storage.upload_part(**whole, PartNumber=1, Body=b"one part")["ETag"]
        storage.complete_multipart_upload(**whole, MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": 1}]})


@pytest.mark.parametrize("stream", [False, True])
def test_everything_survives(start: Start, tmp_path: Path, stream: bool) -> None:
    stores = start()
    populate(stores, stream=stream)
    part = {"Bucket": "files", "Key": "big"}
    part["UploadId"] = stores.storage.create_multipart_upload(**part, Metadata={"big": "yes"})["UploadId"]
    first = stores.storage.upload_part(**part, PartNumber=1, Body=bytes(5 << 20))["ETag"]
    lines = stores.lines()
    for number in range(100):
        count(stores, f"{number % 3}")
        stores.storage.put_object(Bucket="files", Key=f"many/{number % 3}", Body=b"%d" % number)
    assert (stores.lines() > lines + 100) is stream, "records of a stream are what the changes of items left"
    before = stores.state()
    assert stores.kill() == ""

    stores = start()
    assert stores.state() == before
    end = stores.storage.upload_part(**part, PartNumber=2, Body=b"end")["ETag"]
    parts = {"Parts": [{"ETag": first, "PartNumber": 1}, {"ETag": end, "PartNumber": 2}]}
    stores.storage.complete_multipart_upload(**part, MultipartUpload=parts)
    for _ in range(30):
        count(stores, "0")
    before = stores.state()
    stores.kill()
    stores = start()
    assert stores.state() == before
    assert stores.storage.get_object(Bucket="files", Key="big")["Body"].read() == bytes(5 << 20) + b"end"


@pytest.mark.parametrize("seed", range(repeated(1)))
def test_random_requests_give_the_same_state(start: Start, seed: int) -> None:
    chance = random.Random(seed)
    stores = start()
    create_table(stores)
    for bucket in ("files", "versions"):
        stores.storage.create_bucket(Bucket=bucket)
    stores.storage.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        for number in range(70):
            with suppress(ClientError):  # and then nothing has changed
                random_request(stores, chance, number)
        before = stores.state()
        stores.kill()
        stores = start()
        assert stores.state() == before


def random_request(stores: EmbeddedStores, chance: random.Random, number: int) -> None:
    table, storage = stores.table, stores.storage
    key, other = str(chance.randrange(8)), str(chance.randrange(8))
    there = {"Bucket": chance.choice(("files", "versions")), "Key": key}
    item = {"id": {"S": key}, "n": {"N": str(number)}}
    put = {"Put": {"TableName": "things", "Item": item}}
    check = {"ConditionCheck": {"TableName": "things", "Key": {"id": {"S": other}}}}
    operations: list[tuple[int, Callable[[], object]]] = [
        (6, lambda: table.put_item(TableName="things", Item=item)),
        (2, lambda: table.delete_item(TableName="things", Key={"id": {"S": key}})),
        (4, lambda: count(stores, key)),
        (2, lambda: table.put_item(TableName="things", Item=item, ConditionExpression="attribute_exists(n)")),
        (2, lambda: table.transact_write_items(
            TransactItems=[put, {"ConditionCheck": {**check["ConditionCheck"], "ConditionExpression": "n > :n",
                                                    "ExpressionAttributeValues": {":n": {"N": "20"}}}}])),
        (1, lambda: table.execute_statement(Statement=f"DELETE FROM things WHERE id = '{key}'")),
        (6, lambda: storage.put_object(**there, Body=b"%d" % number)),
        (1, lambda: storage.put_object(**there, Body=b"first", IfNoneMatch="*")),
        (2, lambda: storage.put_object_tagging(**there, Tagging={"TagSet": [{"Key": "n", "Value": str(number)}]})),
        (2, lambda: storage.delete_object(**there)),
        (1, lambda: storage.copy_object(**there, CopySource={"Bucket": "files", "Key": other})),
        (1, lambda: storage.delete_objects(Bucket="files", Delete={"Objects": [{"Key": key}, {"Key": other}]})),
        (1, lambda: storage.create_multipart_upload(**there)),
        (1, lambda: temporary_bucket(stores, key)),
    ]  # fmt: skip
    chance.choices([call for _, call in operations], [weight for weight, _ in operations])[0]()


def temporary_bucket(stores: EmbeddedStores, key: str) -> None:
    stores.storage.create_bucket(Bucket="temporary")
    stores.storage.put_object(Bucket="temporary", Key=key, Body=b"x")
    stores.storage.delete_object(Bucket="temporary", Key=key)
    stores.storage.delete_bucket(Bucket="temporary")


def test_nothing_acknowledged_is_lost_by_kills(start: Start) -> None:
    """With a shorter file every ten changes, most kills come while one is written or takes the other's place."""
    chance = random.Random()
    stores = start(min_lines=10)
    create_table(stores)
    stores.storage.create_bucket(Bucket="files")
    acknowledged: Counter[str] = Counter()
    for _ in range(repeated(2)):
        sent = write_until_killed(stores, chance, acknowledged)
        stores.end()
        stores = start(min_lines=10)
        for key in {*acknowledged, sent}:
            found = value_of(stores, key)
            assert found in ((acknowledged[key], acknowledged[key] + 1) if key == sent else (acknowledged[key],)), key
            acknowledged[key] = found


def write_until_killed(stores: EmbeddedStores, chance: random.Random, acknowledged: Counter[str]) -> str:
    """Count in items and objects; returns the key whose last change was not acknowledged."""
    killed_after = chance.randrange(60)
    for number in itertools.count():
        if number == killed_after:
            threading.Timer(chance.uniform(0, 0.05), stores.process.kill).start()
        key = f"{chance.choice(('item', 'object'))}-{chance.randrange(5)}"
        try:
            if key.startswith("item"):
                count(stores, key)
            else:
                stores.storage.put_object(Bucket="files", Key=key, Body=b"%d" % (acknowledged[key] + 1))
        except BotoCoreError:
            return key
        acknowledged[key] += 1
    raise AssertionError("killed by no one")


def value_of(stores: EmbeddedStores, key: str) -> int:
    try:
        if key.startswith("item"):
            return int(stores.table.get_item(TableName="things", Key={"id": {"S": key}})["Item"]["n"]["N"])
        return int(stores.storage.get_object(Bucket="files", Key=key)["Body"].read())
    except (KeyError, ClientError):
        return 0


def test_a_file_of_version_1_is_shortened(start: Start, tmp_path: Path) -> None:
    stores = start(min_lines=1000)
    create_table(stores)
    for number in range(60):
        count(stores, f"{number % 3}")
    before = stores.state()
    stores.kill()
    file = tmp_path / "data/requests.jsonl"
    file.write_bytes(re.sub(rb',"seed":\d+', b"", file.read_bytes()).replace(b'"version":2', b'"version":1'))
    stores = start(min_lines=20)
    assert stores.state() == before
    assert stores.lines() == 3
    stores.kill()
    assert start().state() == before


def test_a_file_that_cannot_be_shortened_stays_and_says_so(start: Start, tmp_path: Path) -> None:
    stores = start()
    create_table(stores)
    (tmp_path / "data/requests.jsonl.new").mkdir()
    for number in range(25):
        count(stores, f"{number % 3}")
    before = stores.state()
    assert "the data is complete, but its file cannot be shortened" in stores.kill()
    assert start().state() == before


def test_changes_that_are_refused_now_stay_in_the_file(start: Start, tmp_path: Path) -> None:
    stores = start()
    create_table(stores)
    stores.kill()
    file = tmp_path / "data/requests.jsonl"
    file.write_bytes(file.read_bytes().replace(b"CreateTable", b"ResumeTable"))
    stores = start()
    create_table(stores)
    for number in range(25):
        count(stores, f"{number % 3}")
    assert stores.lines() == 28
    assert "1 of the changes in the data are refused now" in stores.kill()
