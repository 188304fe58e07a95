"""Data that tables and buckets of a template begin with."""

from __future__ import annotations

from .conftest import Stack


def objects(stack: Stack) -> dict[str, str]:
    """The texts of the bucket's objects of the seed, by their keys."""
    client = stack.client("s3")
    found = client.list_objects_v2(Bucket="files", Prefix="seeded/").get("Contents", [])
    return {each["Key"]: client.get_object(Bucket="files", Key=each["Key"])["Body"].read().decode() for each in found}


def test_what_is_absent_is_loaded_and_what_was_changed_stays(probe: Stack) -> None:
    beginning = "there from the beginning\n"
    assert (probe.runs("seeded"), probe.runs("seeded-too")) == ((2, 1), (1, 0))
    assert objects(probe) == {"seeded/kept.txt": beginning, "seeded/lost.txt": beginning}

    table, bucket = probe.client("dynamodb"), probe.client("s3")
    table.delete_item(TableName="runs", Key={"id": {"S": "seeded-too"}})
    table.put_item(TableName="runs", Item={"id": {"S": "seeded"}, "begun": {"N": "7"}})
    bucket.put_object(Bucket="files", Key="seeded/kept.txt", Body=b"changed")
    bucket.delete_object(Bucket="files", Key="seeded/lost.txt")
    ran = probe.state("provisioner")["FinishedAt"]
    probe.up()

    assert probe.state("provisioner")["FinishedAt"] > ran
    assert (probe.runs("seeded"), probe.runs("seeded-too")) == ((7, 0), (0, 0))
    assert objects(probe) == {"seeded/kept.txt": "changed", "seeded/lost.txt": beginning}
