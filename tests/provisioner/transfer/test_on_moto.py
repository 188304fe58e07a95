"""Export and import on moto's server: everything arrives, an interruption is gone on with, a difference is found."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from esb_provisioner.servers.waiting import WallClock
from esb_provisioner.services.dynamodb.contents import Items
from esb_provisioner.transfer import running
from esb_provisioner.transfer.options import TransferOptions
from tests.provisioner.command import Stack, provision
from tests.provisioner.transfer.conftest import OBJECTS, TABLE, Transfer, emptied, items_of, objects_of

pytestmark = pytest.mark.server


def test_everything_arrives_on_an_empty_server(filled: Stack, transfer: Transfer, tmp_path: Path) -> None:
    items, objects = items_of(filled.client("dynamodb")), objects_of(filled.client("s3"))
    exported = transfer("export", tmp_path / "out")
    assert exported.code == 0, exported.err
    assert exported.out.splitlines()[-2:] == ["exported  bucket media: 5 objects", "exported  table Orders: 31 items"]

    emptied(filled)
    imported = transfer("import", tmp_path / "out")

    assert imported.code == 0, imported.out
    assert imported.out.splitlines()[-2:] == ["imported  bucket media: 5 objects", "imported  table Orders: 31 items"]
    assert items_of(filled.client("dynamodb")) == items
    assert objects_of(filled.client("s3")) == objects
    table = filled.client("dynamodb").describe_table(TableName="Orders")["Table"]
    assert table["KeySchema"] == TABLE["KeySchema"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-email"]


def test_it_says_how_far_it_is(many: Stack, tmp_path: Path) -> None:
    steps: list[str] = []
    for command in ("export", "import"):
        options = TransferOptions(command, tmp_path / "out", ("Orders",), (), json=False, wait=30, allow_aws=False)
        running.transfer(options, many.environ, WallClock(), lambda _: None, steps.append)
        emptied(many)
    exporting = [step for step in steps if step.startswith("exporting table Orders: ")]
    assert len(exporting) == 3
    assert exporting[-1] == "exporting table Orders: 1001 items"
    assert [step for step in steps if step.startswith("importing")] == [
        f"importing table Orders: {count} of 1001 items" for count in (500, 1000, 1001)
    ]
    assert steps[-1] == "comparing table Orders with the export of 1001 items"


def test_an_import_again_changes_nothing(filled: Stack, transfer: Transfer, tmp_path: Path) -> None:
    assert transfer("export", tmp_path / "out").code == 0

    again = transfer("import", tmp_path / "out", "--json")

    assert again.code == 0
    assert again.document["results"] == [
        {**name, "result": "unchanged", "records": records, "problems": [], "warnings": []}
        for name, records in (
            ({"kind": "bucket", "name": "media"}, "5 objects"),
            ({"kind": "table", "name": "Orders"}, "31 items"),
        )
    ]


def test_items_are_lines_of_dynamodb_json(filled: Stack, transfer: Transfer, tmp_path: Path) -> None:
    assert transfer("export", tmp_path / "out").code == 0

    lines = (tmp_path / "out/tables/Orders.jsonl").read_text().split("\n")[:-1]
    records = {each["id"]["S"]: each for each in map(json.loads, lines)}
    assert len(records) == 31
    assert records["é 漢\n\u2028"]["binary"] == {"B": "AP+A"}
    assert records["o7"] == {"id": {"S": "o7"}, "at": {"N": "7"}, "email": {"S": "7@b"}}


def test_equal_contents_are_stored_once(filled: Stack, transfer: Transfer, tmp_path: Path) -> None:
    assert transfer("export", tmp_path / "out").code == 0

    assert len([path for path in (tmp_path / "out/content").rglob("*") if path.is_file()]) == len(OBJECTS) - 1


class Interruption(Exception):
    """As a SIGKILL between two pages."""


def interrupt(monkeypatch: pytest.MonkeyPatch, method: str, calls: int) -> None:
    """The method of a table's contents ends the run at its call of that number."""
    original, count = getattr(Items, method), iter(range(calls))

    def call(*args: Any) -> Any:
        if next(count, None) is None:
            raise Interruption
        return original(*args)

    monkeypatch.setattr(Items, method, call)


def test_an_interrupted_export_goes_on(
    many: Stack, transfer: Transfer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        interrupt(patch, "page", 2)
        with pytest.raises(Interruption):
            transfer("export", tmp_path / "out")
    state = json.loads((tmp_path / "out/tables/Orders.json").read_text())
    assert state["records"] == 800
    with (tmp_path / "out/tables/Orders.jsonl").open("a") as lines:
        lines.write('{"half a li')  # what was written after the last position
    refused = transfer("import", tmp_path / "out")
    assert (refused.code, "was interrupted" in refused.err) == (1, True)

    assert transfer("export", tmp_path / "out").code == 0

    items = items_of(many.client("dynamodb"))
    emptied(many)
    assert transfer("import", tmp_path / "out").code == 0
    assert items_of(many.client("dynamodb")) == items


def test_an_interrupted_import_goes_on(
    many: Stack, transfer: Transfer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = items_of(many.client("dynamodb"))
    assert transfer("export", tmp_path / "out").code == 0
    emptied(many)
    with monkeypatch.context() as patch:
        interrupt(patch, "write", 1)
        with pytest.raises(Interruption):
            transfer("import", tmp_path / "out")
    assert len(items_of(many.client("dynamodb"))) == 500

    done = transfer("import", tmp_path / "out")

    assert done.code == 0, done.out
    assert items_of(many.client("dynamodb")) == items
    assert not list((tmp_path / "out").glob("import-*"))


def test_a_server_that_lost_the_first_part_of_an_interrupted_import_gets_all_of_it(
    many: Stack, transfer: Transfer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = items_of(many.client("dynamodb"))
    assert transfer("export", tmp_path / "out").code == 0
    emptied(many)
    with monkeypatch.context() as patch:
        interrupt(patch, "write", 2)
        with pytest.raises(Interruption):
            transfer("import", tmp_path / "out")
    emptied(many)

    assert transfer("import", tmp_path / "out").code == 0

    assert items_of(many.client("dynamodb")) == items


def test_what_is_not_empty_is_overwritten_only_if_asked(filled: Stack, transfer: Transfer, tmp_path: Path) -> None:
    dynamodb, s3 = filled.client("dynamodb"), filled.client("s3")
    items, objects = items_of(dynamodb), objects_of(s3)
    assert transfer("export", tmp_path / "out").code == 0
    dynamodb.put_item(TableName="Orders", Item={"id": {"S": "o1"}, "at": {"N": "1"}, "new": {"S": "x"}})
    dynamodb.put_item(TableName="Orders", Item={"id": {"S": "later"}, "at": {"N": "1"}})
    s3.put_object(Bucket="media", Key="plain.txt", Body=b"other")

    refused = transfer("import", tmp_path / "out")

    assert refused.code == 5
    assert "1 item of the export not there as exported, 2 items not in the export" in refused.out
    assert "such as plain.txt (other content)" in refused.out
    assert s3.get_object(Bucket="media", Key="plain.txt")["Body"].read() == b"other"

    done = transfer("import", tmp_path / "out", "--overwrite")

    assert done.code == 0, done.out
    assert "warning: 1 item not in the export; left" in done.out
    now = items_of(dynamodb)
    del now["{'S': 'later'} {'N': '1'}"]
    assert (now, objects_of(s3)) == (items, objects)


@pytest.mark.parametrize("file", ["tables/Orders.jsonl", "buckets/media.jsonl"])
def test_a_file_that_was_changed_is_found_before_anything_is_written(
    filled: Stack, transfer: Transfer, tmp_path: Path, file: str
) -> None:
    assert transfer("export", tmp_path / "out").code == 0
    with (tmp_path / "out" / file).open("a") as lines:
        lines.write('{"id": {"S": "x"}}\n')
    emptied(filled)

    done = transfer("import", tmp_path / "out")

    assert done.code == 1
    assert f"{file} is not as it was exported; copy it again" in done.err


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_content_that_is_damaged_is_found(filled: Stack, transfer: Transfer, tmp_path: Path, damage: str) -> None:
    assert transfer("export", tmp_path / "out", "--bucket", "media").code == 0
    path = max(
        (each for each in (tmp_path / "out/content").rglob("*") if each.is_file()), key=lambda p: p.stat().st_size
    )
    if damage == "changed":
        path.write_bytes(b"x" * path.stat().st_size)
    else:
        path.unlink()
    emptied(filled)

    done = transfer("import", tmp_path / "out")

    assert done.code == 5
    assert "copy it again" in done.out


def changed_index(folder: Path, file: str, **fields: str) -> None:
    """Let the index accept a file as it is now, and change fields of its resource."""
    index = json.loads((folder / "export.json").read_text())
    for each in index["resources"]:
        if file == f"{each['kind']}s/{each['name']}.jsonl":
            each |= {"sha256": hashlib.sha256((folder / file).read_bytes()).hexdigest(), **fields}
    (folder / "export.json").write_text(json.dumps(index))


@pytest.mark.parametrize("fields", [{"name": "../../secret"}, {"name": "a/b"}, {"kind": "user"}, {"name": ".."}])
def test_an_index_that_names_something_else_is_refused(
    filled: Stack, transfer: Transfer, tmp_path: Path, fields: dict[str, str]
) -> None:
    assert transfer("export", tmp_path / "out").code == 0
    changed_index(tmp_path / "out", "tables/Orders.jsonl", **fields)

    done = transfer("import", tmp_path / "out")

    assert (done.code, "which is no table or bucket" in done.err) == (1, True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('tables/Orders.jsonl {"id": {"X": "x"}}', "X is no type of DynamoDB"),
        ('tables/Orders.jsonl {"id": "x"}', "an attribute is an object"),
        ('tables/Orders.jsonl ["id"]', "one of its lines"),
        ('buckets/media.jsonl {"Key": "x", "SHA256": "../../../dev/zero"}', "is no SHA-256"),
        ('buckets/media.jsonl {"Key": "x"}', "one of its lines"),
        ("buckets/media.jsonl 3", "one of its lines"),
    ],
)
def test_a_line_that_is_no_record_is_a_failure_and_no_traceback(
    filled: Stack, transfer: Transfer, tmp_path: Path, text: str, problem: str
) -> None:
    file, _, line = text.partition(" ")
    assert transfer("export", tmp_path / "out").code == 0
    (tmp_path / "out" / file).write_text(f"{line}\n")
    changed_index(tmp_path / "out", file)
    emptied(filled)

    done = transfer("import", tmp_path / "out")

    assert done.code == 5
    assert problem in done.out


def test_what_changes_while_it_is_exported_is_a_failure(
    filled: Stack, transfer: Transfer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Items.count

    def count(self: Items, api: Any, name: str) -> int:
        filled.client("dynamodb").put_item(TableName="Orders", Item={"id": {"S": "new"}, "at": {"N": "1"}})
        return original(self, api, name)

    monkeypatch.setattr(Items, "count", count)
    done = transfer("export", tmp_path / "out")

    assert done.code == 5
    assert "it has 32 items now, not 31" in done.out
    assert transfer("import", tmp_path / "out").code == 1


def test_only_the_named_table_or_bucket_is_moved(filled: Stack, transfer: Transfer, tmp_path: Path) -> None:
    done = transfer("export", tmp_path / "out", "--bucket", "media")
    assert (done.code, done.out.splitlines()[-1]) == (0, "exported  bucket media: 5 objects")
    assert not (tmp_path / "out/tables").exists()

    absent = transfer("import", tmp_path / "out", "--table", "Orders")
    assert (absent.code, "has no table Orders; it has bucket media" in absent.err) == (1, True)
    nothing = transfer("export", tmp_path / "none", "--table", "Nothing")
    assert (nothing.code, "it does not exist" in nothing.out) == (5, True)


def test_a_server_without_an_endpoint_is_left_out(filled: Stack, transfer: Transfer, tmp_path: Path) -> None:
    done = transfer("export", tmp_path / "out", DYNAMODB_ENDPOINT="")
    assert (done.code, "table" in done.out) == (0, False)

    none = transfer("export", tmp_path / "none", DYNAMODB_ENDPOINT="", S3_ENDPOINT="")
    assert (none.code, "neither DYNAMODB_ENDPOINT nor S3_ENDPOINT is set" in none.err) == (2, True)


def test_folders_that_cannot_be_used(filled: Stack, transfer: Transfer, tmp_path: Path) -> None:
    assert transfer("export", tmp_path / "out").code == 0
    again = transfer("export", tmp_path / "out")
    assert (again.code, "has a complete export" in again.err) == (1, True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").write_text("x")
    full = transfer("export", tmp_path / "full")
    assert (full.code, "neither empty nor an export" in full.err) == (1, True)
    none = transfer("import", tmp_path / "full")
    assert (none.code, "has no export.json" in none.err) == (1, True)
    (tmp_path / "out/export.json").write_text("{")
    broken = transfer("import", tmp_path / "out")
    assert (broken.code, broken.err.count("\n")) == (1, 1)


def test_versions_are_not_exported_and_that_is_said(filled: Stack, transfer: Transfer, tmp_path: Path) -> None:
    s3 = filled.client("s3")
    s3.put_bucket_versioning(Bucket="media", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="media", Key="plain.txt", Body=b"newer")

    done = transfer("export", tmp_path / "out")

    assert "warning: the bucket keeps versions: only the current one" in done.out
    emptied(filled)
    assert transfer("import", tmp_path / "out").code == 0
    assert s3.get_bucket_versioning(Bucket="media")["Status"] == "Enabled"
    assert s3.get_object(Bucket="media", Key="plain.txt")["Body"].read() == b"newer"


def test_a_large_object_arrives_in_parts(stack: Stack, transfer: Transfer, tmp_path: Path) -> None:
    s3 = stack.client("s3")
    s3.create_bucket(Bucket="media")
    content = bytes(range(256)) * 45_000  # more than the 8 MB from which boto3 uploads parts
    s3.put_object(Bucket="media", Key="large", Body=content)
    assert transfer("export", tmp_path / "out").code == 0
    emptied(stack)

    assert transfer("import", tmp_path / "out").code == 0

    answer = s3.get_object(Bucket="media", Key="large")
    assert answer["Body"].read() == content
    assert "-" in answer["ETag"]


def test_a_file_of_resources_may_be_named_export(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "export").write_text("Version: 1\n")
    assert provision(tmp_path / "export", environ={}).code == 0
