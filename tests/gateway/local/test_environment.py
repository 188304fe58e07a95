"""What a function sees of its surroundings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.local.local_gateway import LocalGateway

pytestmark = pytest.mark.server


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
    for service, operation, arguments in [
        ("sqs", "send_message", {"QueueUrl": "q", "MessageBody": "b"}),
        ("sns", "publish", {"Message": "m"}),
        ("secretsmanager", "get_secret_value", {"SecretId": "s"}),
        ("sts", "get_caller_identity", {}),
        ("cloudwatch", "list_metrics", {}),
        ("dynamodbstreams", "list_streams", {}),
        ("route53", "list_hosted_zones", {}),
    ]:
        answer = gateway.invoke("probe", {"call": [service, operation, arguments]})
        assert answer.startswith("ClientError: An error occurred (NotInThisStack)"), answer
        assert "nothing is sent to AWS" in answer
