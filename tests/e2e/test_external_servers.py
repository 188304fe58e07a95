"""A stack on a database and a storage that run already: outside it, on a network of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.provisioner.command import KEYS, client
from tests.provisioner.matrix import Server

from .conftest import HERE, NewStack, Stack, docker
from .test_provisioner_matrix import IMAGES, container


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Server]]:
    """They are reached by the address of this machine on Docker's default network, as other machines' servers are."""
    address = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").strip()
    with ExitStack() as stack:
        yield {name: stack.enter_context(container(IMAGES[name], address)) for name in ("dynoxide", "seaweedfs")}


@pytest.fixture
def outside(new_stack: NewStack, servers: dict[str, Server]) -> Iterator[Stack]:
    """The stack, built for these servers and up. They have credentials of their own."""
    stack = new_stack(HERE / "apps/external")
    stack.build("--database", "external", "--storage", "external")
    secrets = stack.folder / ".esb/secrets.env"
    kept = [line for line in secrets.read_text().splitlines() if line.partition("=")[0] not in KEYS]
    secrets.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in KEYS.items()), ""]))
    (stack.folder / "esb.env").write_text(
        f"ESB_DATABASE_URL={servers['dynoxide'].url}\nESB_S3_URL={servers['seaweedfs'].url}\n"
    )
    stack.build()  # the choice is kept, and .env gets the credentials
    stack.up()
    yield stack
    stack.down()


def test_a_stack_uses_servers_outside_it_and_leaves_them_their_data(outside: Stack, servers: dict[str, Server]) -> None:
    assert not {"database", "s3-storage"} & outside.containers().keys()
    table, storage = client("dynamodb", servers["dynoxide"].url), client("s3", servers["seaweedfs"].url)

    assert outside.invoke("keep", {"id": "a", "text": "hello"}) == {"id": "a", "text": "hello"}
    assert table.get_item(TableName="things", Key={"id": {"S": "a"}})["Item"] == {"id": {"S": "a"}}

    outside.compose("down", "--volumes")
    outside.up()

    assert storage.get_object(Bucket="files", Key="a")["Body"].read() == b"hello"
    assert outside.invoke("keep", {"id": "b", "text": "again"}) == {"id": "b", "text": "again"}
