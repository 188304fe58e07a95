"""`--data`: tables and objects that outlive the gateway, however it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import until

PART = b"x" * (5 * 1024 * 1024)


@pytest.mark.server
def test_nothing_is_lost_on_a_kill(by_hand: Path, tmp_path: Path, start: Callable[..., LocalGateway]) -> None:
    data = tmp_path / "data"
    gateway = start(by_hand, "--data", str(data)).ready()
    table, storage = gateway.client("dynamodb"), gateway.client("s3")
    versioning = {"Status": "Enabled"}
    storage.put_bucket_versioning(Bucket="files", VersioningConfiguration=versioning)
    table.put_item(TableName="things", Item={"id": {"S": "1"}, "count": {"N": "1"}})
    for _ in range(3):
        table.update_item(
            TableName="things",
            Key={"id": {"S": "1"}},
            UpdateExpression="ADD #c :one",
            ExpressionAttributeNames={"#c": "count"},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    version = storage.put_object(Bucket="files", Key="a b/ü", Body=b"first", Metadata={"x_y": "1"})["VersionId"]
    storage.put_object(Bucket="files", Key="a b/ü", Body=b"second")
    upload = storage.create_multipart_upload(Bucket="files", Key="big")["UploadId"]
    part = {"Bucket": "files", "Key": "big", "UploadId": upload}
    tags = [storage.upload_part(**part, PartNumber=1, Body=PART)["ETag"]]
    gateway.end(signal.SIGKILL)
    table.close()
    storage.close()

    gateway = start(by_hand, "--data", str(data)).ready()
    table, storage = gateway.client("dynamodb"), gateway.client("s3")
    assert table.get_item(TableName="things", Key={"id": {"S": "1"}})["Item"]["count"] == {"N": "4"}
    first = storage.get_object(Bucket="files", Key="a b/ü", VersionId=version)
    assert (first["Body"].read(), first["Metadata"]) == (b"first", {"x_y": "1"})
    assert storage.get_object(Bucket="files", Key="a b/ü")["Body"].read() == b"second"
    tags.append(storage.upload_part(**part, PartNumber=2, Body=b"end")["ETag"])
    parts = {"Parts": [{"ETag": tag, "PartNumber": number} for number, tag in enumerate(tags, 1)]}
    storage.complete_multipart_upload(**part, MultipartUpload=parts)
    gateway.end(signal.SIGKILL)
    table.close()
    storage.close()

    gateway = start(by_hand, "--data", str(data)).ready()
    storage = gateway.client("s3")
    assert storage.get_object(Bucket="files", Key="big")["Body"].read() == PART + b"end"
    storage.close()
    assert any(line.startswith("2 unchanged in ") for line in gateway.notes), "the provisioner found all of it"


@pytest.mark.server
def test_asynchronous_invocations_are_kept_with_the_data(
    by_hand: Path, tmp_path: Path, start: Callable[..., LocalGateway]
) -> None:
    functions = by_hand / "config/functions.yml"
    functions.write_text(functions.read_text().replace("timeout: 20,", "event_invoke: {maximum_retry_attempts: 0},"))
    data = str(tmp_path / "data")
    gateway = start(by_hand, "--data", data).ready()
    client = gateway.client("lambda")
    answer = client.invoke(FunctionName="probe", InvocationType="Event", Payload=b'{"import": "no_such_module"}')
    client.close()
    until(lambda: len(failed_events(gateway)) == 1)
    gateway.end(signal.SIGKILL)

    gateway = start(by_hand, "--data", data).ready()
    assert failed_events(gateway) == [answer["ResponseMetadata"]["RequestId"]]


def failed_events(gateway: LocalGateway) -> list[str]:
    command = [sys.executable, "-m", "esb_gateway", "events", "list", "--json", "--state", "failed"]
    where = ["--root", str(gateway.root), "--url", gateway.addresses["ready"]]
    listed = subprocess.run([*command, *where], check=True, capture_output=True)
    return [event["id"] for event in json.loads(listed.stdout)["events"]]


@pytest.mark.server
def test_two_gateways_do_not_share_their_data(
    by_hand: Path, tmp_path: Path, start: Callable[..., LocalGateway]
) -> None:
    data = str(tmp_path / "data")
    start(by_hand, "--data", data).ready()
    second = start(by_hand, "--data", data)
    assert second.wait() == 1
    assert second.notes == [f"esb-gateway: {data}: another esb-gateway uses this data; stop it, or name another DIR.\n"]
