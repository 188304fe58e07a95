"""A stack on a database, a storage and queues that run already: outside it, on a network of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.moto_server import moto_server
from tests.provisioner.command import KEYS, client

from .conftest import HERE, NewStack, Stack, docker, wait_for
from .test_provisioner_matrix import IMAGES, container


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """Their URLs. They are reached by the address of this machine on Docker's default network, as other machines'
    servers are.
    """
    address = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").strip()
    with ExitStack() as stack:
        urls = {name: stack.enter_context(container(IMAGES[name], address)).url for name in ("dynoxide", "seaweedfs")}
        yield {**urls, "moto": stack.enter_context(moto_server(address))}


@pytest.fixture(scope="module")
def outside(new_stack: NewStack, servers: dict[str, str]) -> Iterator[Stack]:
    """The stack, built for these servers and up. They have credentials of their own."""
    stack = new_stack(HERE / "apps/external")
    stack.build("--database", "external", "--storage", "external")
    secrets = stack.folder / ".esb/secrets.env"
    kept = [line for line in secrets.read_text().splitlines() if line.partition("=")[0] not in KEYS]
    secrets.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in KEYS.items()), ""]))
    (stack.folder / "esb.env").write_text(
        f"ESB_DATABASE_URL={servers['dynoxide']}\nESB_S3_URL={servers['seaweedfs']}\nESB_SQS_URL={servers['moto']}\n"
    )
    stack.build()  # the choice is kept, and .env gets the credentials
    stack.up()
    yield stack
    stack.down()


def test_a_stack_uses_servers_outside_it_and_leaves_them_their_data(outside: Stack, servers: dict[str, str]) -> None:
    assert not {"database", "s3-storage"} & outside.containers().keys()
    table, storage = client("dynamodb", servers["dynoxide"]), client("s3", servers["seaweedfs"])

    assert outside.invoke("keep", {"id": "a", "text": "hello"}) == {"id": "a", "text": "hello"}
    assert table.get_item(TableName="things", Key={"id": {"S": "a"}})["Item"] == {"id": {"S": "a"}}

    outside.compose("down", "--volumes")
    outside.up()

    assert storage.get_object(Bucket="files", Key="a")["Body"].read() == b"hello"
    assert outside.invoke("keep", {"id": "b", "text": "again"}) == {"id": "b", "text": "again"}


def test_messages_of_another_server_of_queues_reach_functions(outside: Stack, servers: dict[str, str]) -> None:
    table, queues = client("dynamodb", servers["dynoxide"]), client("sqs", servers["moto"])
    queue = queues.get_queue_url(QueueName="jobs")["QueueUrl"]
    assert queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"] == {
        "VisibilityTimeout": "60"
    }

    queues.send_message(QueueUrl=queue, MessageBody="job 1")

    wait_for(lambda: "Item" in table.get_item(TableName="things", Key={"id": {"S": "job 1"}}))
    wait_for(lambda: not any(depth(queues, queue)))


def depth(queues: Any, queue: str) -> list[int]:
    """The numbers of messages that are visible, and in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return [int(n) for n in queues.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"].values()]
