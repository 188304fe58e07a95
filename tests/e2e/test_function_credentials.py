"""A pair of credentials for each function: it opens the stack, names the function, and nobody else has it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from esb_wire.function_credentials import access_key_id, secret_access_key

from .conftest import Stack, docker, wait_for

CALLS: dict[str, Any] = {
    "dynamodb": lambda client: client.list_tables(),
    "s3": lambda client: client.list_objects_v2(Bucket="files"),
    "lambda": lambda client: client.invoke(FunctionName="worker", InvocationType="DryRun"),
}


@pytest.fixture(scope="module")
def pair(probe: Stack) -> tuple[str, str]:
    """What the function `probe` has."""
    names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    found: dict[str, str] = probe.invoke("probe", {"look_at": "environment", "names": names})
    return found[names[0]], found[names[1]]


def test_a_function_has_its_own(probe: Stack, pair: tuple[str, str]) -> None:
    _, secret = probe.credentials()

    assert pair == (access_key_id("probe"), secret_access_key(secret, "probe"))
    assert secret not in pair


@pytest.mark.parametrize("service", CALLS)
def test_it_opens_the_stack(probe: Stack, pair: tuple[str, str], service: str) -> None:
    key, secret = pair

    CALLS[service](probe.client(service, secret, key))


@pytest.mark.parametrize("service", CALLS)
def test_no_function_signs_as_another_or_as_the_stack(probe: Stack, pair: tuple[str, str], service: str) -> None:
    _, secret = pair

    for key in (access_key_id("worker"), access_key_id("nobody"), probe.credentials()[0]):
        with pytest.raises(ClientError) as refused:
            CALLS[service](probe.client(service, secret, key))
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_the_access_log_says_which_function_called(probe: Stack) -> None:
    call = {"look_at": "function", "name": "worker", "type": "RequestResponse", "payload": {"id": "named"}}
    probe.invoke("probe", call)

    assert wait_for(lambda: callers(probe, "worker")) == {"probe"}
    assert callers(probe, "probe") == set()  # the stack's own pair is no function's


def callers(stack: Stack, function: str) -> set[str]:
    """Who called a function by the Invoke API, as the gateway's log has it."""
    printed = docker("logs", stack.containers()["gateway"])
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    path = f"/2015-03-31/functions/{function}/invocations"
    return {line["caller"] for line in lines if line.get("path") == path and "caller" in line}
