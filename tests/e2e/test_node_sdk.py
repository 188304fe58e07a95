"""AWS's SDK for JavaScript on queues, topics and buses, beside boto3: from this machine and from a container."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import Stack, docker
from .node_sdks import node_sdks

PROGRAM = Path(__file__).parent / "node_sdk/program.mjs"
IMAGE = "public.ecr.aws/lambda/nodejs:22"
EXPECTED = {
    "body": "häuser \U0001f600",
    "text": "é",
    "bytes": [0, 255],
    "receives": "1",
    "batch": [["b", "InvalidParameterValue", True]],
    "received": ["1"],
    "errors": ["QueueDoesNotExist", "ReceiptHandleIsInvalid", "NotFoundException", "ResourceNotFoundException"],
    "ordered": ["1", "2"],
    "published": ["wanted"],
    "failed": ["", "MalformedDetail"],
    "events": ['{"n":1}'],
}


@pytest.fixture(scope="module")
def sdks(pytestconfig: pytest.Config) -> Path:
    return node_sdks(pytestconfig, ("sqs", "sns", "eventbridge"))


def variables(stack: Stack, endpoint: str, name: str, sdks: str) -> dict[str, str]:
    """What the program reads."""
    keys = dict(line.split("=", 1) for line in (stack.folder / ".esb/secrets.env").read_text().splitlines())
    credentials = {each: keys[each] for each in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    return {**credentials, "ENDPOINT": endpoint, "NAME": name, "SDKS": sdks}


def what_boto3_receives(stack: Stack, name: str) -> Any:
    """The message that the program has left in its queue. boto3 compares the MD5 of bodies, too."""
    client = stack.client("sqs")
    url = client.get_queue_url(QueueName=name)["QueueUrl"]
    (message,) = client.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])["Messages"]
    return message["Body"], message["MessageAttributes"]["bytes"]["BinaryValue"]


def test_a_program_on_this_machine(fulfilment: Stack, sdks: Path) -> None:
    environment = variables(fulfilment, f"http://127.0.0.1:{fulfilment.ports['CLOUD']}", "host", str(sdks))
    done = subprocess.run(
        ["node", PROGRAM], env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == EXPECTED
    assert what_boto3_receives(fulfilment, "host") == ("from Node.js", b"\x00\xff")


def test_a_program_in_a_container_of_the_stack(fulfilment: Stack, sdks: Path) -> None:
    environment = variables(fulfilment, "http://cloud:4566", "container", "/sdks")
    networks = json.loads(
        docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", fulfilment.containers()["cloud"])
    )
    given = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
    internal = ("--network", next(iter(networks)), "--entrypoint", "node")
    container = docker("create", *internal, *given, IMAGE, "/program.mjs").strip()
    try:
        docker("cp", str(PROGRAM), f"{container}:/program.mjs")
        docker("cp", str(sdks), f"{container}:/sdks")
        assert json.loads(docker("start", "--attach", container)) == EXPECTED
    finally:
        docker("rm", "--force", container)
    assert what_boto3_receives(fulfilment, "container") == ("from Node.js", b"\x00\xff")
