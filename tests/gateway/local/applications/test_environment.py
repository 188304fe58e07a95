"""What a function sees of its surroundings."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esb_schemas.backends import backends_json
from tests.gateway.local.local_gateway import LocalGateway

pytestmark = pytest.mark.server

RUNTIME = Path(__file__).parents[4] / "runtime"


def test_a_function_reaches_the_stack_and_nothing_else(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    gateway = start(by_hand, "--host", "0.0.0.0").ready()
    environment: dict[str, Any] = gateway.invoke("probe", {})["environment"]
    assert environment["OWN"] == "mine"
    assert environment["AWS_ACCESS_KEY_ID"] == "AKIDEXAMPLE"
    assert not {"AWS_PROFILE", "SECRET_OF_THE_USER"} & set(environment)
    assert environment["AWS_ENDPOINT_URL_LAMBDA"] == gateway.addresses["ready"].replace("0.0.0.0", "127.0.0.1")

    assert gateway.invoke("probe", {"invoke": "echo"}) == '{"from": "probe"}'
    assert gateway.invoke("probe", {"call": ["dynamodb", "describe_table", {"TableName": "things"}]}) == (
        "it went through"
    )
    put = {"Bucket": "files", "Key": "a", "Body": "b"}
    assert gateway.invoke("probe", {"call": ["s3", "put_object", put]}) == "it went through"
    assert gateway.invoke("probe", {"call": ["dynamodbstreams", "list_streams", {}]}) == "it went through"
    for service, operation, arguments in [
        ("sqs", "send_message", {"QueueUrl": "q", "MessageBody": "b"}),
        ("sns", "publish", {"Message": "m"}),
        ("secretsmanager", "get_secret_value", {"SecretId": "s"}),
        ("sts", "get_caller_identity", {}),
        ("cloudwatch", "list_metrics", {}),
        ("route53", "list_hosted_zones", {}),
    ]:
        answer = gateway.invoke("probe", {"call": [service, operation, arguments]})
        assert answer.startswith("ClientError: An error occurred (NotInThisStack)"), answer
        assert "nothing is sent to AWS" in answer


def test_code_that_names_aws_itself_is_stopped_as_in_containers(
    by_hand: Path, start: Callable[..., LocalGateway]
) -> None:
    folder = by_hand / "runtime/python"
    folder.mkdir(parents=True)
    for path in RUNTIME.glob("*.py"):
        shutil.copy(path, folder)
    (folder / "backends.json").write_text(backends_json())
    gateway = start(by_hand).ready()

    for host in ("sqs.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com.", "sqs.us-east-1.api.aws"):
        answer = gateway.invoke("probe", {"call": ["sqs", "list_queues", {}], "endpoint_url": f"https://{host}"})
        assert "An error occurred (NotInThisStack)" in answer
        assert f"this stack has no sqs at {host.rstrip('.')}, and nothing is sent to AWS" in answer
    put = {"Bucket": "files", "Key": "a", "Body": "b"}
    assert gateway.invoke("probe", {"call": ["s3", "put_object", put]}) == "it went through"
    assert gateway.invoke("probe", {"invoke": "echo"}) == '{"from": "probe"}'
