"""Data leaves one engine and arrives on another, equal item by item; and in a stack whose gateway is down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import scenario
from tests.provisioner.command import KEYS, Finished, client
from tests.provisioner.transfer.conftest import call, fill_bucket, fill_table, items_of, objects_of

from .conftest import Stack, wait_for
from .test_provisioner_matrix import IMAGES, container


@pytest.fixture(scope="module", params=["dynamodb-local", "dynoxide"])
def old_database(request: pytest.FixtureRequest) -> Iterator[str]:
    with container(IMAGES[request.param]) as server:
        yield server.url


@pytest.fixture(scope="module")
def new_database() -> Iterator[str]:
    with container(IMAGES["dynoxide"]) as server:
        yield server.url


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("radosgw", marks=pytest.mark.thorough),
        pytest.param("rclone", marks=pytest.mark.thorough),
        "seaweedfs",
    ],
)
def old_storage(request: pytest.FixtureRequest) -> Iterator[str]:
    with container(IMAGES[request.param]) as server:
        yield server.url


@pytest.fixture(scope="module")
def new_storage() -> Iterator[str]:
    with container(IMAGES["seaweedfs"]) as server:
        yield server.url


def transfer(command: str, folder: Path, **endpoints: str) -> Finished:
    done = call(command, folder, KEYS | endpoints, "--wait", "30")
    assert done.code == 0, done.out + done.err
    return done


def test_a_table_moves_from_one_database_to_another(old_database: str, new_database: str, tmp_path: Path) -> None:
    old, new = client("dynamodb", old_database), client("dynamodb", new_database)
    for each in new.list_tables()["TableNames"]:
        new.delete_table(TableName=each)
    fill_table(old, 1000)

    transfer("export", tmp_path / "out", DYNAMODB_ENDPOINT=old_database)
    transfer("import", tmp_path / "out", DYNAMODB_ENDPOINT=new_database)

    assert len(items_of(new)) == 1001
    assert items_of(new) == items_of(old)


def test_a_bucket_moves_from_one_storage_to_another(old_storage: str, new_storage: str, tmp_path: Path) -> None:
    old, new = client("s3", old_storage), client("s3", new_storage)
    fill_bucket(old)
    more = [f"many/{number % 7}/{number:04}" for number in range(450)]  # several pages, in folders
    for key in more:
        old.put_object(Bucket="media", Key=key, Body=key.encode())
    for bucket in new.list_buckets()["Buckets"]:
        for each in new.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
            new.delete_object(Bucket=bucket["Name"], Key=each["Key"])

    transfer("export", tmp_path / "out", S3_ENDPOINT=old_storage)
    transfer("import", tmp_path / "out", S3_ENDPOINT=new_storage)

    found, expected = objects_of(new), objects_of(old)
    assert set(more) < found.keys()
    assert found == expected


def test_a_stack_is_exported_and_imported_while_its_gateway_is_down(tiny: Stack) -> None:
    tiny.up()
    tiny.client("dynamodb").put_item(TableName="visitors", Item={"name": {"S": "ada"}, "times": {"N": "3"}})
    in_the_volume, in_a_folder = scenario("moving-data")

    tiny.shell().run(in_the_volume)
    tiny.shell().run(in_a_folder)
    tiny.compose("down", "--volumes")
    provisioner(tiny, "import")
    tiny.up()

    item = tiny.client("dynamodb").get_item(TableName="visitors", Key={"name": {"S": "ada"}})["Item"]
    assert item == {"name": {"S": "ada"}, "times": {"N": "3"}}
    wait_for(lambda: tiny.request("GET", "/hello").status == 200)


def provisioner(stack: Stack, command: str) -> None:
    user = f"{os.getuid()}:{os.getgid()}"
    folder = f"{stack.folder / 'backup'}:/backup"
    done = stack.compose("run", "--rm", "--user", user, "--volume", folder, "provisioner", command, "/backup")
    assert done.returncode == 0, done.stdout + done.stderr
