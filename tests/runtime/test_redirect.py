"""Clients of boto3 and botocore reach the stack, and none reaches AWS."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from tests.moto_server import moto_server

from .conftest import Interpreter

pytestmark = pytest.mark.server

STACK = {
    "DYNAMODB_ENDPOINT": "http://database:8000",
    "S3_ENDPOINT": "http://s3-storage:9000",
    "LAMBDA_ENDPOINT": "http://gateway:8080",
    "VICTORIALOGS_URL": "http://127.0.0.1:9",
}


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The URL of a server that is database and storage."""
    with moto_server() as url:
        yield url


def test_tables_and_buckets_of_the_stack_are_used_as_on_aws(python: Interpreter, aws: str) -> None:
    code = """
import boto3, json
boto3.client("dynamodb").create_table(TableName="orders", BillingMode="PAY_PER_REQUEST",
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
table = boto3.resource("dynamodb").Table("orders")
table.put_item(Item={"id": "1"})
bucket = boto3.Session().resource("s3").create_bucket(Bucket="photos",
    CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
bucket.put_object(Key="a/ä b", Body=b"content")
url = boto3.client("s3").generate_presigned_url("get_object", Params={"Bucket": "photos", "Key": "a/ä b"})
print(json.dumps([table.scan()["Items"], [o.key for o in bucket.objects.all()], url]))
"""
    items, keys, url = python.value(code, DYNAMODB_ENDPOINT=aws, S3_ENDPOINT=aws)
    assert (items, keys) == ([{"id": "1"}], ["a/ä b"])
    with urlopen(url, timeout=60) as answer:
        assert answer.read() == b"content"


def test_the_arn_of_a_table_serves_as_its_name(python: Interpreter, aws: str) -> None:
    code = """
import boto3, json
client = boto3.client("dynamodb")
client.create_table(TableName="by-arn", BillingMode="PAY_PER_REQUEST",
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/by-arn"
item = {"id": {"S": arn}}
client.put_item(TableName=arn, Item=item)
client.batch_write_item(RequestItems={arn: [{"PutRequest": {"Item": {"id": {"S": "2"}}}}]})
client.transact_write_items(TransactItems=[{"Put": {"TableName": arn, "Item": {"id": {"S": "3"}}}}])
found = client.batch_get_item(RequestItems={arn: {"Keys": [item]}})["Responses"]
count = boto3.resource("dynamodb").Table(arn).scan()["Count"]
print(json.dumps([found, count]))
"""
    found, count = python.value(code, DYNAMODB_ENDPOINT=aws)
    assert found == {"by-arn": [{"id": {"S": "arn:aws:dynamodb:eu-west-1:123456789012:table/by-arn"}}]}
    assert count == 3


def test_what_a_program_passes_stays_as_it_is(python: Interpreter, aws: str) -> None:
    code = """
import boto3, json
client = boto3.client("dynamodb")
client.create_table(TableName="unchanged", BillingMode="PAY_PER_REQUEST",
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/unchanged"
item, requests = {"id": "1"}, {arn: {"Keys": [{"id": {"S": "1"}}]}}
boto3.resource("dynamodb").Table("unchanged").put_item(Item=item)
client.batch_get_item(RequestItems=requests)
print(json.dumps([item, list(requests) == [arn]]))
"""
    assert python.value(code, DYNAMODB_ENDPOINT=aws) == [{"id": "1"}, True]


def test_only_the_arn_of_a_table_is_replaced(python: Interpreter) -> None:
    names = ["orders", "arn:aws:dynamodb:r:1:table/a/index/b", "arn:aws:s3:::table/a", "arn:x", 7, None]
    code = f"import esb_table_names, json; print(json.dumps([esb_table_names.name_of(n) for n in {names!r}]))"

    assert python.value(code) == names


CLIENTS = [
    "boto3.client(name)",
    "boto3.Session(region_name='us-east-1').client(service_name=name)",
    "botocore.session.get_session().create_client(name, 'us-east-1')",
]


def test_every_way_to_create_a_client_leads_to_the_stack(python: Interpreter) -> None:
    code = f"""
import boto3, botocore.session, json
found = []
for how in {CLIENTS!r}:
    for name in ["dynamodb", "dynamodbstreams", "s3", "lambda", "logs"]:
        found.append(eval(how).meta.endpoint_url)
print(json.dumps(found))
"""
    database, storage, gateway, logs = STACK.values()
    assert python.value(code, **STACK) == [database, database, storage, gateway, logs] * len(CLIENTS)


def test_arguments_of_the_caller_win(python: Interpreter) -> None:
    code = """
import boto3, json
from botocore import UNSIGNED
from botocore.config import Config
config = Config(s3={"addressing_style": "virtual", "payload_signing_enabled": True}, retries={"max_attempts": 7},
                signature_version="s3")
s3 = boto3.client("s3", "us-west-2", config=config)
print(json.dumps({
    "explicit": boto3.client("s3", endpoint_url="http://mine:1").meta.endpoint_url,
    "positional": boto3.client("dynamodb", None, None, True, None, "http://mine:2").meta.endpoint_url,
    "resource": boto3.resource("dynamodb", endpoint_url="http://mine:3").meta.client.meta.endpoint_url,
    "region": s3.meta.region_name,
    "s3": s3.meta.config.s3,
    "signature": s3.meta.config.signature_version,
    "retries": s3.meta.config.retries["total_max_attempts"],
    "unsigned": boto3.client("s3", config=Config(signature_version=UNSIGNED)).meta.config.signature_version is UNSIGNED,
    "default": boto3.client("s3").meta.config.s3["addressing_style"],
}))
"""
    assert python.value(code, **STACK) == {
        "explicit": "http://mine:1",
        "positional": "http://mine:2",
        "resource": "http://mine:3",
        "region": "us-west-2",
        "s3": {"addressing_style": "virtual", "payload_signing_enabled": True},
        "signature": "s3",
        "retries": 8,
        "unsigned": True,
        "default": "path",
    }


def test_the_variables_of_aws_are_used(python: Interpreter) -> None:
    code = """
import boto3, json
names = ["dynamodb", "dynamodbstreams", "s3", "sqs", "cognito-idp", "sts"]
print(json.dumps([boto3.client(name).meta.endpoint_url for name in names]))
"""
    variables = {
        "AWS_ENDPOINT_URL_DYNAMODB": "http://own:1",
        "AWS_ENDPOINT_URL_SQS": "http://own:2",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://own:3",
        "AWS_ENDPOINT_URL": "http://all:4",
    }
    assert python.value(code, **STACK, **variables) == [
        "http://own:1",
        "http://database:8000",
        "http://s3-storage:9000",
        "http://own:2",
        "http://own:3",
        "http://all:4",
    ]


def test_a_new_service_needs_only_a_row_in_the_table(python: Interpreter, runtime_folder: Path) -> None:
    """As for a queue service: the runtime has no list of services."""
    folder = python.folder / "runtime"
    shutil.copytree(runtime_folder, folder)
    table = json.loads((folder / "backends.json").read_text())
    table["endpoint_variables"]["sqs"] = "SQS_ENDPOINT"
    (folder / "backends.json").write_text(json.dumps(table))
    code = "import boto3, json; print(json.dumps(boto3.client('sqs').meta.endpoint_url))"

    endpoint = python.value(code, PYTHONPATH=str(folder), SQS_ENDPOINT="http://cloud:4566")

    assert endpoint == "http://cloud:4566"


@pytest.mark.parametrize(
    ("style", "outside", "inside"),
    [
        ("path", "http://files.example:81/photos/k", "http://s3-storage:9000/photos/k"),
        ("virtual", "http://photos.files.example:81/k", "http://photos.s3-storage:9000/k"),
    ],
)
def test_presigned_urls_have_the_public_address(python: Interpreter, style: str, outside: str, inside: str) -> None:
    code = f"""
import boto3, json
from botocore.config import Config
def url(**more):
    s3 = boto3.client("s3", config=Config(s3={{"addressing_style": "{style}"}}), **more)
    return s3.generate_presigned_url("get_object", Params={{"Bucket": "photos", "Key": "k"}})
post = boto3.client("s3").generate_presigned_post("photos", "k")
print(json.dumps([url(), url(endpoint_url="http://s3-storage:9000"), post["url"]]))
"""
    first, explicit, post = python.value(code, **STACK, S3_PRESIGN_ENDPOINT="http://files.example:81")
    assert first.partition("?")[0] == outside
    assert "X-Amz-Signature" in first
    assert explicit.partition("?")[0] == inside
    assert post == "http://files.example:81/photos"


def test_a_presigned_url_is_signed_for_its_own_host(python: Interpreter, aws: str) -> None:
    """A client that was created for the public address makes the same signature."""
    code = """
import boto3, json
from botocore.config import Config
plain = Config(s3={"addressing_style": "path"}, signature_version="s3v4")
clients = boto3.client("s3"), boto3.client("s3", endpoint_url="https://files.example", config=plain)
while True:
    urls = [c.generate_presigned_url("put_object", Params={"Bucket": "b", "Key": "k"}) for c in clients]
    dates = {url.split("X-Amz-Date=")[1][:16] for url in urls}
    if len(dates) == 1:
        break
print(json.dumps(urls))
"""
    ours, reference = python.value(code, S3_ENDPOINT=aws, S3_PRESIGN_ENDPOINT="https://files.example")
    assert ours == reference
    assert urlsplit(ours).netloc == "files.example"


NO_NETWORK = """
import socket
def refuse(*arguments, **named):
    raise SystemExit(f"looked up {arguments}")
socket.getaddrinfo = refuse
"""


OUTSIDE = [
    (
        "boto3.client('kms').list_keys()",
        "kms.ListKeys: this stack has no kms at kms.eu-west-1.amazonaws.com, and nothing is sent to AWS; "
        "pass the endpoint_url of a server that has it",
    ),
    ("boto3.client('sts').get_caller_identity()", "sts.GetCallerIdentity: this stack has no sts at sts."),
    ("boto3.client('sqs', 'cn-north-1').list_queues()", "at sqs.cn-north-1.amazonaws.com.cn, and nothing"),
    ("boto3.resource('sns').create_topic(Name='t')", "sns.CreateTopic: this stack has no sns"),
    ("boto3.client('dynamodb').list_tables()", "this stack has no dynamodb at dynamodb.eu-west-1.amazonaws.com"),
    ("boto3.client('lambda').list_functions()", "and nothing is sent to AWS; set LAMBDA_ENDPOINT"),
    (
        "boto3.client('s3', endpoint_url='https://s3.amazonaws.com').list_buckets()",
        "s3.ListBuckets: this stack has no s3 at s3.amazonaws.com",
    ),
    ("botocore.session.Session().create_client('kms').list_keys()", "kms.ListKeys: this stack has no kms"),
    (
        "boto3.client('sqs', endpoint_url='https://sqs.us-east-1.amazonaws.com.').list_queues()",
        "sqs.ListQueues: this stack has no sqs at sqs.us-east-1.amazonaws.com, and",
    ),
    (
        "boto3.client('kms', endpoint_url='http://not-in-this-stack:9002').list_keys()",
        "An error occurred (NotInThisStack) when calling the ListKeys operation: kms.ListKeys: this stack has "
        "no kms, and nothing is sent to AWS; pass the endpoint_url of a server that has it",
    ),
]


@pytest.mark.parametrize("credentials", ["key", ""])
def test_a_call_of_a_service_outside_the_stack_fails(python: Interpreter, credentials: str) -> None:
    code = f"""{NO_NETWORK}
import boto3, botocore.session, botocore.exceptions, json
said = []
for call in {[call for call, _ in OUTSIDE]!r}:
    try:
        said.append([call, repr(eval(call))])
    except botocore.exceptions.ClientError as error:
        said.append([call, str(error)])
print(json.dumps(said))
"""
    said = python.value(code, AWS_ACCESS_KEY_ID=credentials, AWS_SECRET_ACCESS_KEY=credentials)
    assert [call for call, _ in said] == [call for call, _ in OUTSIDE]
    assert [
        (answer, sentence) for (_, answer), (_, sentence) in zip(said, OUTSIDE, strict=True) if sentence not in answer
    ] == []


def test_the_address_for_all_other_services_is_never_called(python: Interpreter) -> None:
    """The variable is for child processes; in Python itself the sentence is better, and there is no request."""
    code = f"""{NO_NETWORK}
import boto3, botocore.exceptions, json
try:
    boto3.client("sqs").send_message(QueueUrl="http://not-in-this-stack:9002/1/q", MessageBody="m")
except botocore.exceptions.ClientError as error:
    print(json.dumps([error.response["Error"]["Code"], str(error)]))
"""
    code, text = python.value(code, **STACK, AWS_ENDPOINT_URL="http://not-in-this-stack:9002")
    assert code == "NotInThisStack"
    assert "sqs.SendMessage: this stack has no sqs, and nothing is sent to AWS; set SQS_ENDPOINT" in text


def test_a_client_of_a_service_outside_the_stack_can_be_created(python: Interpreter) -> None:
    assert python.value("import boto3, json; boto3.client('xray'); print(json.dumps(1))") == 1
