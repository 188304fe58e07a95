"""Seed data against moto's server: when it is loaded, and what becomes of a loading that is interrupted."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from esb_provisioner.desired import DesiredResource
from esb_provisioner.provisioning import Progress, carry_out
from esb_provisioner.report import State
from esb_provisioner.resources.seed import Seed
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.dynamodb import TABLE
from esb_provisioner.services.s3.seeding import content_type, missing_keys
from esb_provisioner.steps import Answer, ApiCall, Resource
from tests.provisioner.command import Stack
from tests.provisioner.fakes import FakeClock, ScriptedServer

ORDERS: dict[str, Any] = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "Seed": {"Path": "seeds/tables/Orders.jsonl", "Records": 60},
}
MEDIA = {"BucketName": "media", "Seed": {"Path": "seeds/buckets/media", "Records": 2}}
ALL = {"DynamoDB": [ORDERS], "S3": [MEDIA]}


@pytest.fixture(autouse=True)
def seeds(tmp_path: Path) -> None:
    (tmp_path / "seeds/tables").mkdir(parents=True)
    items = ({"id": {"S": f"{number}"}, "raw": {"B": "AAE="}, "from": {"S": "seed"}} for number in range(60))
    (tmp_path / "seeds/tables/Orders.jsonl").write_text("".join(f"{json.dumps(item)}\n" for item in items))
    (tmp_path / "seeds/buckets/media/images").mkdir(parents=True)
    (tmp_path / "seeds/buckets/media/images/logo.png").write_bytes(b"\x89PNG")
    (tmp_path / "seeds/buckets/media/empty").write_bytes(b"")


def ids(stack: Stack) -> dict[str, str]:
    """The origin of each item, by its id."""
    items = stack.client("dynamodb").scan(TableName="Orders")["Items"]
    return {item["id"]["S"]: item["from"]["S"] for item in items}


def tags(stack: Stack) -> list[str]:
    arn = stack.client("dynamodb").describe_table(TableName="Orders")["Table"]["TableArn"]
    return [tag["Key"] for tag in stack.client("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"]]


@pytest.mark.server
def test_a_new_table_and_a_new_bucket_begin_with_their_seed(stack: Stack) -> None:
    plan = stack.provision(ALL, "--plan").out.splitlines()
    assert "table Orders: load 60 items (new table)" in plan
    assert "bucket media: load 2 objects (not found)" in plan
    assert stack.client("dynamodb").list_tables()["TableNames"] == []
    listed = stack.provision(ALL, "--plan", "--json").document["plan"]
    assert [each["params"] for each in listed if each["operation"] == "load"] == [
        {"records": "2 objects"},
        {"records": "60 items"},
    ]
    assert stack.provision(ALL).code == 0
    assert ids(stack) == dict.fromkeys(map(str, range(60)), "seed")
    assert stack.client("dynamodb").get_item(TableName="Orders", Key={"id": {"S": "7"}})["Item"]["raw"] == {
        "B": b"\x00\x01"
    }
    assert tags(stack) == []
    logo = stack.client("s3").get_object(Bucket="media", Key="images/logo.png")
    assert (logo["Body"].read(), logo["ContentType"]) == (b"\x89PNG", "image/png")
    assert stack.client("s3").get_object(Bucket="media", Key="empty")["Body"].read() == b""
    assert stack.provision(ALL, "--plan").out == "nothing to do\n"


@pytest.mark.server
def test_a_table_that_exists_is_left_as_it_is_and_a_bucket_gets_the_keys_that_it_lacks(stack: Stack) -> None:
    assert stack.provision({"DynamoDB": [without_seed(ORDERS)], "S3": [without_seed(MEDIA)]}).code == 0
    stack.client("s3").put_object(Bucket="media", Key="empty", Body=b"mine")
    plan = stack.provision(ALL, "--plan").out
    assert plan == "bucket media: load 1 object (not found)\n"
    assert "* Seed" in stack.provision(ALL, "--explain").out
    assert stack.provision(ALL).code == 0
    assert ids(stack) == {}
    assert stack.client("s3").get_object(Bucket="media", Key="empty")["Body"].read() == b"mine"
    assert stack.client("s3").head_object(Bucket="media", Key="images/logo.png")["ContentLength"] == 4


@pytest.mark.server
def test_a_loading_that_was_interrupted_is_completed_and_overwrites_nothing(stack: Stack) -> None:
    seed = stack.folder / "seeds/tables/Orders.jsonl"
    whole = seed.read_text()
    seed.write_text("".join(whole.splitlines(keepends=True)[:30]) + "no item\n")
    first = stack.provision(ALL)
    assert first.code == 5
    assert f"{seed}:31 is no item in DynamoDB JSON; run `esb build` again" in first.out
    assert len(ids(stack)) == 25  # the batch of the bad line was not sent
    stack.client("dynamodb").put_item(TableName="Orders", Item={"id": {"S": "3"}, "from": {"S": "user"}})
    seed.write_text(whole)
    assert stack.provision(ALL, "--plan").out == "table Orders: load 60 items (loading was interrupted)\n"
    assert stack.provision(ALL).code == 0
    assert ids(stack) == {**dict.fromkeys(map(str, range(60)), "seed"), "3": "user"}
    assert tags(stack) == []
    assert stack.provision(ALL, "--plan").out == "nothing to do\n"


@pytest.mark.server
def test_other_tags_stay_beside_the_one_of_a_loading(stack: Stack) -> None:
    assert stack.provision({"DynamoDB": [{**ORDERS, "Tags": [{"Key": "team", "Value": "web"}]}]}).code == 0
    assert tags(stack) == ["team"]


@pytest.mark.server
def test_a_reset_table_begins_with_its_seed_again(stack: Stack) -> None:
    assert stack.provision(ALL).code == 0
    changed = {
        **ORDERS,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "from", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "from", "AttributeType": "S"},
        ],
    }
    assert stack.provision({"DynamoDB": [changed]}, "--reset-table", "Orders").code == 0
    assert len(ids(stack)) == 60


@pytest.mark.server
def test_seeds_can_be_switched_off(stack: Stack) -> None:
    assert stack.provision(ALL, ESB_SEEDS="off").code == 0
    assert ids(stack) == {}
    assert stack.client("s3").list_objects_v2(Bucket="media")["KeyCount"] == 0


@pytest.mark.server
def test_a_seed_that_is_missing_is_a_failure_that_names_it(stack: Stack) -> None:
    done = stack.provision({"DynamoDB": [{**ORDERS, "Seed": {"Path": "seeds/none.jsonl", "Records": 1}}]})
    assert done.code == 5
    assert "seeds/none.jsonl cannot be read (No such file or directory); run `esb build` again" in done.out


def media(tmp_path: Path) -> Seed:
    return Seed(tmp_path, "seeds/buckets/media", 2)


def test_the_objects_of_a_bucket_are_listed_once(tmp_path: Path) -> None:
    server = ScriptedServer({"list_objects_v2": [{"Contents": [{"Key": "other"}, {"Key": "empty"}]}]})
    assert missing_keys(server, "media", media(tmp_path)) == ("images/logo.png",)
    assert server.operations == ["list_objects_v2"]


def test_a_list_ends_when_all_keys_were_in_it(tmp_path: Path) -> None:
    (tmp_path / "seeds/buckets/media/empty").unlink()
    page = {"Contents": [{"Key": "images/logo.png"}], "IsTruncated": True, "NextContinuationToken": "t"}
    server = ScriptedServer({"list_objects_v2": [page]})
    assert missing_keys(server, "media", media(tmp_path)) == ()
    assert [dict(call.params) for call in server.calls] == [{"Bucket": "media", "Prefix": "images/logo.png"}]


def test_keys_are_asked_for_one_by_one_if_the_bucket_has_much_else(tmp_path: Path) -> None:
    page = {"Contents": [{"Key": f"{n}"} for n in range(1000)], "IsTruncated": True, "NextContinuationToken": "t"}
    not_found = ServerError(ErrorKind.MISSING, "404", "Not Found")
    server = ScriptedServer({"list_objects_v2": [page], "head_object": [{}, not_found]})
    assert missing_keys(server, "media", media(tmp_path)) == ("images/logo.png",)
    assert server.operations == ["list_objects_v2"] * 3 + ["head_object"] * 2


def without_seed(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "Seed"}


def test_a_link_in_a_folder_of_a_seed_is_not_followed(tmp_path: Path) -> None:
    seed = Seed(tmp_path, "seeds/buckets/media", 3)
    (tmp_path / "seeds/buckets/media/link").symlink_to("/etc/passwd")
    with pytest.raises(ServerError, match="link is a link or no file; it is not read"):
        seed.files()
    (tmp_path / "seeds/buckets/media/link").unlink()
    os.mkfifo(tmp_path / "seeds/buckets/media/pipe")
    with pytest.raises(ServerError, match="pipe is a link or no file; it is not read"):
        seed.files()


@pytest.mark.parametrize("link", ["seeds", "seeds/tables", "seeds/tables/Orders.jsonl", "seeds/buckets/media"])
def test_a_seed_behind_a_link_is_not_read(tmp_path: Path, link: str) -> None:
    """A checkout may bring `.esb/` with links to files of the machine."""
    (tmp_path / link).rename(tmp_path / "elsewhere")
    (tmp_path / link).symlink_to(tmp_path / "elsewhere")
    if "buckets" in link:
        with pytest.raises(ServerError, match=f"{link} is a link, which is not followed"):
            Seed(tmp_path, "seeds/buckets/media", 2).files()
    else:
        with pytest.raises(ServerError, match=f"{link} is a link, which is not followed"):
            list(Seed(tmp_path, "seeds/tables/Orders.jsonl", 60).lines())


def test_a_seed_that_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "seeds/tables/pipe")
    with pytest.raises(ServerError, match=r"pipe cannot be read \(it is no file\)"):
        list(Seed(tmp_path, "seeds/tables/pipe", 1).lines())


@pytest.mark.parametrize(
    ("key", "said"),
    [("a/b.json", "application/json"), ("page.html", "text/html"), ("x", "binary/octet-stream"), ("a.tar.gz", None)],
)
def test_the_content_type_is_that_of_the_ending(key: str, said: str | None) -> None:
    assert content_type(key) == (said or "binary/octet-stream")


def test_a_load_that_fails_on_a_server_without_tags_is_reported(tmp_path: Path, pool: Any) -> None:
    """Nothing on the server shows it afterwards, so the run has to say it."""
    seen: list[str] = []

    def server(call: ApiCall) -> Answer:
        seen.append(call.operation)
        match call.operation:
            case "list_tables":
                return {"TableNames": []}
            case "create_table" if "Tags" in call.params:
                raise ServerError(ErrorKind.INVALID, "ValidationException", "unknown member Tags")
            case "create_table" | "describe_table" if "create_table" in seen:
                return {"Table": {**without_seed(ORDERS), "TableStatus": "ACTIVE"}}
            case "batch_write_item":
                raise ServerError(ErrorKind.FAILED, "InternalServerError", "disk full")
        raise ServerError(ErrorKind.MISSING, "ResourceNotFoundException", "no such table")

    table = TABLE.parse({**without_seed(ORDERS), "Seed": Seed(tmp_path, "seeds/tables/Orders.jsonl", 60)}, "us-east-1")
    desired = {Resource("table", "Orders"): DesiredResource(TABLE, table)}
    result = carry_out(desired, server, pool, FakeClock(), Progress())
    assert result.results[0].state is State.FAILED
    assert result.results[0].problems == (
        "Seed: InternalServerError: disk full; it is not tried again, as the table exists",
    )
