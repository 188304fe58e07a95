"""`esb-gateway local` with the stack's own database and storage, whose programs are taken out of the images."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from esb_schemas.engines.table import engines
from tests.e2e.conftest import docker, wait_for
from tests.gateway.local.local_gateway import LocalGateway

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the programs in the images are Linux's")

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: things
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Seen:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: seen
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Files:
    Type: AWS::S3::Bucket
    Properties: {BucketName: files}
  Watch:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: src
      Policies: [DynamoDBCrudPolicy: {TableName: seen}]
      Events:
        Changed:
          Type: DynamoDB
          Properties: {Stream: !GetAtt Things.StreamArn, StartingPosition: TRIM_HORIZON}
        Uploaded:
          Type: S3
          Properties: {Bucket: !Ref Files, Events: s3:ObjectCreated:*}
"""
HANDLER = """
import boto3

def handler(event, context):
    for record in event["Records"]:
        name = record["s3"]["object"]["key"] if "s3" in record else record["dynamodb"]["Keys"]["id"]["S"]
        boto3.client("dynamodb").put_item(TableName="seen", Item={"id": {"S": name}})
"""
NOTHING: Mapping[str, str] = MappingProxyType({})


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with both, in front of PATH."""
    folder = tmp_path_factory.mktemp("programs")
    for image, path in (
        (engines("dynamodb")["dynoxide"].image, "/usr/local/bin/dynoxide"),
        (engines("s3")["seaweedfs"].image, "/usr/bin/weed"),
    ):
        container = f"esb-programs-{secrets.token_hex(4)}"
        docker("create", "--name", container, image, "none")
        try:
            docker("cp", f"{container}:{path}", str(folder))
        finally:
            docker("rm", container)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        yield folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/app.py").write_text(HANDLER)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    subprocess.run([sys.executable, "-m", "esb_generator", "build"], check=True, capture_output=True, cwd=tmp_path)
    return tmp_path / ".esb"


def engines_of(gateway: LocalGateway) -> dict[str, list[str]]:
    """The command lines of its engines, by the name of the program."""
    found = {}
    for pid in gateway.processes():
        arguments = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
        found[Path(arguments[0]).name] = arguments
    return found


def status_of(url: str, headers: Mapping[str, str] = NOTHING, body: bytes | None = b"{}") -> int:
    """The status of ListTables, or without a body of a GET."""
    named = {} if body is None else {"X-Amz-Target": "DynamoDB_20120810.ListTables"}
    request = urllib.request.Request(url, body, {**named, **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def seen(gateway: LocalGateway) -> set[str]:
    items = gateway.client("dynamodb").scan(TableName="seen", ConsistentRead=True)["Items"]
    return {item["id"]["S"] for item in items}


@pytest.mark.usefixtures("programs")
def test_the_stacks_own_engines_run_without_docker(root: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = LocalGateway(root, "--data", str(data), "--database", "dynoxide", "--storage", "seaweedfs")
    try:
        wait_for(lambda: "s3" in first.addresses or first.process.poll() is not None)
        first.ready()
        first.client("dynamodb").put_item(TableName="things", Item={"id": {"S": "an item"}})
        first.client("s3").put_object(Bucket="files", Key="a/b.txt", Body=b"hello")
        wait_for(lambda: seen(first) >= {"an item", "a/b.txt"})

        assert status_of(first.addresses["dynamodb"]) == 403, "without a signature"
        assert status_of(first.addresses["dynamodb"], {"Origin": "http://evil.example"}) == 403
        assert status_of(f"{first.addresses['s3']}/files", body=None) == 403, "without a signature"

        lines = engines_of(first)
        secret = dict(line.split("=", 1) for line in (root / "secrets.env").read_text().split())
        assert not any(value in "\0".join(line) for value in secret.values() for line in lines.values())
        assert lines["dynoxide"][lines["dynoxide"].index("--host") + 1] != "127.0.0.1", "it checks no signature"
        children = first.processes()
    finally:
        first.end(signal.SIGKILL)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))

    second = LocalGateway(root, "--data", str(data))
    try:
        wait_for(lambda: "s3" in second.addresses or second.process.poll() is not None)
        second.ready()
        assert {"dynoxide", "weed"} <= engines_of(second).keys()
        found = second.client("dynamodb").get_item(TableName="things", Key={"id": {"S": "an item"}})
        assert found["Item"] == {"id": {"S": "an item"}}
        assert second.client("s3").get_object(Bucket="files", Key="a/b.txt")["Body"].read() == b"hello"
    finally:
        assert second.end() == 0
    shutil.rmtree(data)
