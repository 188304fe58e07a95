"""The command against moto's server: fresh, again, repairs, drift, races, and servers that come late."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from esb_provisioner.cli import run
from esb_provisioner.provisioning import provision
from esb_provisioner.report import Exit, State
from esb_schemas.agreements.provisioned import Provisioned, digest, folder_id, read_record, resources_digest
from tests.provisioner.command import Stack
from tests.provisioner.command import provision as provision_file
from tests.provisioner.fakes import FakeClock

pytestmark = pytest.mark.server

ONE = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
FIVE = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
TABLE: dict[str, Any] = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "email", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-email",
            "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"},
    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    "SSESpecification": {"Enabled": True},
    "DeletionProtectionEnabled": True,
    "Tags": [{"Key": "team", "Value": "web"}],
}
PLAIN: dict[str, Any] = {
    "TableName": "Plain",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}
BUCKET: dict[str, Any] = {
    "BucketName": "media",
    "ACL": "public-read",
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    "VersioningConfiguration": {"Status": "Enabled"},
    "CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["PUT", "GET"], "AllowedOrigins": ["*"]}]},
    "LifecycleConfiguration": {
        "Rules": [
            {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": "30"}},
            {"Status": "Enabled", "Prefix": "tmp/", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}},
        ]
    },
    "Tagging": {"TagSet": [{"Key": "team", "Value": "web"}]},
    "ServerSideEncryptionConfiguration": {
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    },
    "PublicAccessBlockConfiguration": {"BlockPublicPolicy": True},
}
BY_EMAIL = TABLE["GlobalSecondaryIndexes"][0]
WITH_INDEX = {"AttributeDefinitions": TABLE["AttributeDefinitions"], "GlobalSecondaryIndexes": [BY_EMAIL]}
ID = PLAIN["AttributeDefinitions"][0]
FULL = {"Version": 1, "DynamoDB": [TABLE, PLAIN], "S3": [BUCKET, {"BucketName": "plain"}]}


def test_a_second_run_changes_nothing(stack: Stack) -> None:
    first = stack.provision(FULL, "--json")
    assert first.code == 0
    assert first.results == dict.fromkeys(["Orders", "Plain", "media", "plain"], "created")
    second = stack.provision(FULL, "--json")
    assert second.code == 0
    assert second.results == dict.fromkeys(["Orders", "Plain", "media", "plain"], "unchanged")
    assert second.document["steps"] == []
    assert stack.provision(FULL, "--plan").out == "nothing to do\n"


def test_what_the_servers_have_afterwards(stack: Stack) -> None:
    assert stack.provision(FULL).code == 0
    dynamodb, s3 = stack.client("dynamodb"), stack.client("s3")
    table = dynamodb.describe_table(TableName="Orders")["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-email"]
    ttl = dynamodb.describe_time_to_live(TableName="Orders")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    assert s3.get_bucket_versioning(Bucket="media")["Status"] == "Enabled"
    assert len(s3.get_bucket_lifecycle_configuration(Bucket="media")["Rules"]) == 2


def test_a_run_prints_each_step_and_each_result(stack: Stack) -> None:
    done = stack.provision({"DynamoDB": [{key: PLAIN[key] for key in PLAIN if key != "BillingMode"}]})
    file = stack.folder / "resources.yml"
    lines = done.out.splitlines()
    assert lines[:-1] == [
        f"{file} asks for 1 table",
        "  done        table Plain: create_table (not found)",
        "created   table Plain",
        "          warning: no ProvisionedThroughput is given for the table: 1 read and 1 write unit are used",
    ]
    assert lines[-1].startswith("1 created in ")
    assert done.err == ""


def test_the_plan_changes_nothing(stack: Stack) -> None:
    done = stack.provision({"DynamoDB": [PLAIN], "S3": [{"BucketName": "plain"}]}, "--plan")
    assert done.code == 0
    assert done.out == (
        "bucket plain: create_bucket (not found)\n"
        "table Plain: create_table (not found)\n"
        "table Plain: wait until ACTIVE\n"
    )
    assert stack.client("dynamodb").list_tables()["TableNames"] == []
    assert stack.client("s3").list_buckets()["Buckets"] == []


def test_a_plan_as_json_has_kind_name_cause_and_operation(stack: Stack) -> None:
    done = stack.provision({"S3": [{"BucketName": "plain"}]}, "--plan", "--json")
    assert done.document["plan"] == [
        {
            "kind": "bucket",
            "name": "plain",
            "cause": "not found",
            "operation": "create_bucket",
            "params": {"Bucket": "plain"},
        }
    ]


def test_what_the_file_no_longer_names_is_listed_and_stays(stack: Stack) -> None:
    assert stack.provision(FULL).code == 0
    less = {"DynamoDB": [PLAIN]}
    lines = ["bucket media", "bucket plain", "table Orders"]
    for option in ("--plan", "--explain"):
        done = stack.provision(less, option)
        assert done.code == 0
        said = [line for line in done.err.splitlines() if line.startswith("unmanaged")]
        assert said == [f"unmanaged: {resource} is not in the file; it is left as it is" for resource in lines]
        listed = stack.provision(less, option, "--json").document["unmanaged"]
        assert [f"{each['kind']} {each['name']}" for each in listed] == lines
        assert stack.provision(less, option, "--json", "--new-servers").document["unmanaged"] == []
    assert stack.provision(less).code == 0
    assert set(stack.client("dynamodb").list_tables()["TableNames"]) == {"Orders", "Plain"}
    assert len(stack.client("s3").list_buckets()["Buckets"]) == 2


def test_a_server_of_which_the_file_needs_nothing_may_be_down(stack: Stack) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound but not listening: refuses every connection
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        done = stack.provision({"DynamoDB": [PLAIN]}, "--plan", S3_ENDPOINT=url)
    assert done.code == 0
    assert f"warning: the buckets of S3 at {url} cannot be listed (EndpointConnectionError" in done.err


def test_the_explanation_changes_nothing_and_has_the_exit_code_of_the_plan(stack: Stack) -> None:
    assert stack.provision({"DynamoDB": [PLAIN]}).code == 0
    done = stack.provision({"DynamoDB": [PLAIN | WITH_RANGE, TABLE]}, "--explain")
    assert done.code == 3
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["table", "Orders", "in", "the", "file", "not", "on", "the", "server"]
    plain = lines.index(["table", "Plain", "in", "the", "file", "on", "the", "server"])
    assert lines[plain + 1] == ["*", "KeySchema", "id", "HASH,", "at", "RANGE", "id", "HASH"]
    assert stack.client("dynamodb").list_tables()["TableNames"] == ["Plain"]
    aspects = stack.provision({"DynamoDB": [PLAIN | WITH_RANGE]}, "--explain", "--json").document["explain"][0][
        "aspects"
    ]
    assert aspects[0] == {"aspect": "KeySchema", "file": "id HASH, at RANGE", "server": "id HASH", "differs": True}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}}, id="time to live on"),
        pytest.param(
            {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}},
            {"TimeToLiveSpecification": {"Enabled": False, "AttributeName": "ttl"}},
            id="time to live off",
        ),
        pytest.param(
            {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "old"}},
            {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "new"}},
            id="time to live of another attribute",
        ),
        pytest.param(
            {}, {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}, id="point in time"
        ),
        pytest.param({}, {"Tags": [{"Key": "team", "Value": "web"}]}, id="tags"),
        pytest.param({}, {"BillingMode": "PROVISIONED", "ProvisionedThroughput": FIVE}, id="provisioned"),
        pytest.param(
            {"BillingMode": "PROVISIONED", "ProvisionedThroughput": ONE},
            {"BillingMode": "PAY_PER_REQUEST"},
            id="by request",
        ),
        pytest.param(
            {"BillingMode": "PROVISIONED", "ProvisionedThroughput": ONE},
            {"BillingMode": "PROVISIONED", "ProvisionedThroughput": FIVE},
            id="throughput",
        ),
        pytest.param({}, {"StreamSpecification": TABLE["StreamSpecification"]}, id="stream"),
        pytest.param({}, {"DeletionProtectionEnabled": True}, id="deletion protection"),
        pytest.param({"DeletionProtectionEnabled": True}, {"DeletionProtectionEnabled": False}, id="no protection"),
        pytest.param({}, WITH_INDEX, id="new index"),
        pytest.param(WITH_INDEX, {}, id="index that the file no longer names"),
        pytest.param(
            WITH_INDEX | {"GlobalSecondaryIndexes": [BY_EMAIL | {"Projection": {"ProjectionType": "KEYS_ONLY"}}]},
            WITH_INDEX,
            id="index with another projection",
        ),
        pytest.param(
            WITH_INDEX,
            WITH_INDEX | {"AttributeDefinitions": [ID, {"AttributeName": "email", "AttributeType": "N"}]},
            id="index with another type",
        ),
    ],
)
def test_a_table_is_repaired_and_keeps_its_items(stack: Stack, before: dict[str, Any], after: dict[str, Any]) -> None:
    assert stack.provision({"DynamoDB": [PLAIN | before]}).code == 0
    item = {"id": {"S": "1"}}
    stack.client("dynamodb").put_item(TableName="Plain", Item=item)
    done = stack.provision({"DynamoDB": [PLAIN | after]}, "--json")
    assert (done.code, done.results) == (0, {"Plain": "updated"}), done.err
    assert stack.provision({"DynamoDB": [PLAIN | after]}, "--plan").out == "nothing to do\n"
    assert stack.client("dynamodb").scan(TableName="Plain")["Items"] == [item]


@pytest.mark.parametrize("key", [key for key in BUCKET if key not in ("BucketName", "ACL")])
def test_a_bucket_is_configured_later_and_keeps_its_objects(stack: Stack, key: str) -> None:
    assert stack.provision({"S3": [{"BucketName": "media"}]}).code == 0
    stack.client("s3").put_object(Bucket="media", Key="a", Body=b"data")
    document = {"S3": [{"BucketName": "media", key: BUCKET[key]}]}
    done = stack.provision(document, "--json")
    assert (done.code, done.results) == (0, {"media": "updated"}), done.err
    assert stack.provision(document, "--plan").out == "nothing to do\n"
    assert stack.client("s3").get_object(Bucket="media", Key="a")["Body"].read() == b"data"


WITH_RANGE = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "S"},
    ],
}


LOCAL_INDEX = {
    "IndexName": "by-place",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "place", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "ALL"},
}
PLACE = {"AttributeName": "place", "AttributeType": "S"}


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        pytest.param({}, WITH_RANGE, "KeySchema: the server has id HASH, the file has id HASH, at RANGE", id="key"),
        pytest.param(
            {},
            {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}]},
            "type of attribute id: the server has S, the file has N",
            id="type",
        ),
        pytest.param(
            WITH_RANGE,
            WITH_RANGE
            | {
                "AttributeDefinitions": [*WITH_RANGE["AttributeDefinitions"], PLACE],
                "LocalSecondaryIndexes": [LOCAL_INDEX],
            },
            "local index by-place: the server has none, the file has id HASH, place RANGE (ALL)",
            id="local index",
        ),
        pytest.param(
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
            "StreamViewType: the server has NEW_IMAGE, the file has KEYS_ONLY",
            id="stream",
        ),
    ],
)
def test_drift_leaves_the_table_alone(stack: Stack, before: dict[str, Any], after: dict[str, Any], cause: str) -> None:
    assert stack.provision({"DynamoDB": [PLAIN | before]}).code == 0
    item = {"id": {"S": "1"}, "at": {"S": "2"}}
    stack.client("dynamodb").put_item(TableName="Plain", Item=item)
    document = {"DynamoDB": [PLAIN | after | {"DeletionProtectionEnabled": True}, TABLE]}
    assert stack.provision(document, "--plan").code == 3
    done = stack.provision(document, "--json")
    assert done.code == 3
    assert done.results == {"Plain": "drift", "Orders": "created"}
    assert done.document["results"][1]["problems"][0].startswith(cause)
    table = stack.client("dynamodb").describe_table(TableName="Plain")["Table"]
    assert table["DeletionProtectionEnabled"] is False
    assert stack.client("dynamodb").scan(TableName="Plain")["Items"] == [item]


@pytest.mark.parametrize("options", [[], ["--json"], ["--plan"], ["--plan", "--json"]])
def test_drift_that_is_allowed_is_reported_and_the_rest_is_done(stack: Stack, options: list[str]) -> None:
    assert stack.provision({"DynamoDB": [PLAIN]}).code == 0
    done = stack.provision({"DynamoDB": [PLAIN | WITH_RANGE, TABLE]}, "--allow-drift", *options)
    assert done.code == 0
    assert "KeySchema: the server has id HASH, the file has id HASH, at RANGE" in done.out + done.err
    assert "drift is allowed: what has drifted is left as it is" in done.out + done.err
    tables = set(stack.client("dynamodb").list_tables()["TableNames"])
    assert tables == ({"Plain"} if "--plan" in options else {"Orders", "Plain"})
    assert len(stack.client("dynamodb").describe_table(TableName="Plain")["Table"]["KeySchema"]) == 1


def test_failure_is_not_allowed_with_drift(stack: Stack) -> None:
    assert stack.provision({"DynamoDB": [PLAIN]}).code == 0
    bad = PLAIN | {"TableName": "Bad"}
    with picky_server(stack) as url:
        document = {"DynamoDB": [PLAIN | WITH_RANGE, bad]}
        assert stack.provision(document, "--allow-drift", DYNAMODB_ENDPOINT=url).code == 5


def record_of(path: Path) -> Provisioned:
    record = read_record(path)
    assert record is not None
    return record


def test_a_table_is_reset_on_request_alone_and_the_gateway_is_told(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    told = {"ESB_PROVISIONED_FILE": str(file), "ESB_PROVISION_COMMAND": "esb-gateway local"}
    assert stack.provision({"DynamoDB": [PLAIN]}, **told).code == 0
    resources = resources_digest(tmp_path, "")
    # functions.yml and routing.yml are missing
    assert record_of(file) == Provisioned("", folder=folder_id(tmp_path), resources=resources)
    stack.client("dynamodb").put_item(TableName="Plain", Item={"id": {"S": "1"}})
    (tmp_path / "functions.yml").write_text("{}")
    (tmp_path / "routing.yml").write_text("{}")
    document = {"DynamoDB": [PLAIN | WITH_RANGE]}

    assert stack.provision(document, "--allow-drift", **told).code == 0
    (drift,) = record_of(file).drift
    assert drift.resource == "table Plain"
    assert drift.text.endswith(": esb-gateway local --reset-table Plain")
    assert record_of(file).configuration == digest(tmp_path)

    assert stack.provision(document, "--plan", "--reset-table", "Plain", **told).code == 0
    assert stack.client("dynamodb").scan(TableName="Plain")["Count"] == 1
    assert record_of(file).drift == (drift,)

    done = stack.provision(document, "--reset-table", "Plain", "--json", **told)
    assert (done.code, done.results) == (0, {"Plain": "created"})
    assert stack.client("dynamodb").scan(TableName="Plain")["Count"] == 0
    assert len(stack.client("dynamodb").describe_table(TableName="Plain")["Table"]["KeySchema"]) == 2
    assert record_of(file).drift == ()

    stack.client("dynamodb").put_item(TableName="Plain", Item={"id": {"S": "1"}, "at": {"S": "2"}})
    assert stack.provision(document, "--reset-table", "Plain", **told).code == 0
    assert stack.client("dynamodb").scan(TableName="Plain")["Count"] == 1


def test_a_table_that_cannot_be_reset_is_a_failure_with_its_reason(stack: Stack) -> None:
    assert stack.provision({"DynamoDB": [PLAIN | {"DeletionProtectionEnabled": True}]}).code == 0
    done = stack.provision({"DynamoDB": [PLAIN | WITH_RANGE]}, "--reset-table", "Plain", "--json")
    assert done.code == 5
    assert "delete_table: " in done.document["results"][0]["problems"][0]


def test_a_reset_of_a_table_that_the_file_does_not_have_is_wrong_usage(stack: Stack, tmp_path: Path) -> None:
    done = stack.provision({"DynamoDB": [PLAIN]}, "--reset-table", "Plane")
    assert done.code == 2
    assert done.err.endswith("has no table of this name; its tables are Plain\n")
    assert stack.client("dynamodb").list_tables()["TableNames"] == []


def test_a_run_that_fails_is_in_the_record(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    done = provision_file(tmp_path / "none.yml", environ={"ESB_PROVISIONED_FILE": str(file)})
    assert done.code == 1
    assert record_of(file).failed == (done.err.removeprefix("esb-provision: ").strip(),)


def test_a_table_that_the_file_no_longer_names_stays_with_a_warning(stack: Stack) -> None:
    assert stack.provision({"DynamoDB": [PLAIN, TABLE]}).code == 0
    done = stack.provision({"DynamoDB": [TABLE]})
    assert done.code == 0
    assert "unmanaged: table Plain is not in the file; it is left as it is" in done.out
    assert stack.provision({"DynamoDB": [TABLE]}, "--json").document["unmanaged"] == [
        {"kind": "table", "name": "Plain"}
    ]
    assert "Plain" not in stack.provision({"DynamoDB": [TABLE]}, "--new-servers").out


class Picky(BaseHTTPRequestHandler):
    """Passes every request on to moto, but refuses to create a table of the name Bad."""

    moto: str

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["X-Amz-Target"].endswith(".CreateTable") and json.loads(body)["TableName"] == "Bad":
            refusal = {"__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "no such luck"}
            self.reply(400, json.dumps(refusal).encode())
            return
        request = Request(self.moto, body, dict(self.headers))
        try:
            with urlopen(request) as answer:
                self.reply(answer.status, answer.read())
        except HTTPError as answer:
            self.reply(answer.code, answer.read())

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Requests are no news."""


@contextmanager
def picky_server(stack: Stack) -> Iterator[str]:
    class Handler(Picky):
        moto = stack.environ["DYNAMODB_ENDPOINT"]

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as picky:
        Thread(target=picky.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{picky.server_address[1]}"
        picky.shutdown()


def test_one_bad_table_does_not_stop_the_others(stack: Stack) -> None:
    names = ["Ant", "Bad", "Cat", "Dog", "Elk"]
    with picky_server(stack) as url:
        document = {"DynamoDB": [PLAIN | {"TableName": name} for name in names]}
        done = stack.provision(document, "--json", DYNAMODB_ENDPOINT=url)

    assert done.code == 5
    assert done.results == {name: "failed" if name == "Bad" else "created" for name in names}
    assert sorted(stack.client("dynamodb").list_tables()["TableNames"]) == ["Ant", "Cat", "Dog", "Elk"]


def test_what_a_server_takes_but_does_not_keep_is_a_warning(stack: Stack) -> None:
    done = stack.provision({"DynamoDB": [PLAIN | {"TableClass": "STANDARD_INFREQUENT_ACCESS"}]}, "--json")
    assert (done.code, done.results) == (0, {"Plain": "created"})
    assert done.document["results"][0]["warnings"] == ["TableClass was accepted, but this server does not keep it"]


def test_two_provisioners_at_once_both_succeed(stack: Stack) -> None:
    tables = [TABLE | {"TableName": f"Table{number}"} for number in range(8)]
    buckets = [BUCKET | {"BucketName": f"bucket-{number}"} for number in range(8)]
    document = {"DynamoDB": tables, "S3": buckets}
    command = [Path(sys.executable).parent / "esb-provision", stack.write(document)]
    environ = os.environ | stack.environ
    racers = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    outputs = [racer.communicate(timeout=60)[0] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0], "\n".join(outputs)
    assert stack.provision(document, "--plan").out == "nothing to do\n"


class Overheard(StringIO):
    """A stream that calls somebody when it first gets a line with certain words."""

    def __init__(self, words: str, call: Callable[[], None]) -> None:
        super().__init__()
        self._words = words
        self._call: Callable[[], None] | None = call

    def write(self, text: str) -> int:
        if self._words in text and self._call is not None:
            call, self._call = self._call, None
            call()
        return super().write(text)


def test_a_server_that_comes_late_is_waited_for(stack: Stack) -> None:
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        port = placeholder.getsockname()[1]
    late = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    out = Overheard("waiting up to 30 s for DynamoDB", late.start)
    environ: Mapping[str, str] = stack.environ | {"DYNAMODB_ENDPOINT": f"http://127.0.0.1:{port}"}
    try:
        code = run([str(stack.write(FULL)), "--wait", "30"], environ, out, StringIO())
    finally:
        late.stop()
    assert code == 0
    assert f"DynamoDB at http://127.0.0.1:{port} answered after" in out.getvalue()


def test_a_bucket_outside_us_east_1_is_in_its_region(stack: Stack) -> None:
    document = {"S3": [{"BucketName": "media"}]}
    assert stack.provision(document, AWS_REGION="eu-west-1").code == 0
    location = stack.client("s3").get_bucket_location(Bucket="media")["LocationConstraint"]
    assert location == "eu-west-1"
    assert stack.provision(document, "--plan", AWS_REGION="eu-west-1").out == "nothing to do\n"


def test_provision_can_be_called_from_python(stack: Stack) -> None:
    report = provision(stack.write(FULL), stack.environ, wait=5)
    assert report.exit_code is Exit.DONE
    assert {result.state for result in report.results} == {State.CREATED}


def test_no_secret_is_ever_printed(stack: Stack) -> None:
    for options in ([], ["--plan"], ["--json"]):
        done = stack.provision(FULL, *options)
        assert "not-to-be-seen" not in done.out + done.err


def test_a_run_fails_if_changes_of_objects_do_not_arrive(
    stack: Stack, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto notifies only queues that exist."""
    stack.client("sqs").create_queue(QueueName="changes")
    arn = "arn:aws:sqs:us-east-1:123456789012:changes"
    monkeypatch.setattr("esb_provisioner.services.s3.webhook._ARN", arn)
    bucket = {"BucketName": "media", "NotificationConfiguration": {"EventBridgeConfiguration": {}}}
    with socket.socket() as nothing:
        nothing.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{nothing.getsockname()[1]}"
        out, err = StringIO(), StringIO()
        path = stack.write({"S3": [bucket]})
        code = run([str(path)], {**stack.environ, "ESB_STORAGE_EVENTS": url}, out, err, clock)
    assert code == Exit.FAILED
    assert f"bucket media: a new object was not reported to {url} within 60 s" in err.getvalue()
    assert "Contents" not in stack.client("s3").list_objects_v2(Bucket="media")
    found = stack.client("s3").get_bucket_notification_configuration(Bucket="media")["QueueConfigurations"]
    assert [(each["Id"], each["QueueArn"]) for each in found] == [("esb", arn)]
