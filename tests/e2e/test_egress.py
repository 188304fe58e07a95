"""Functions without a way out reach the stack and nothing else; no function reaches a cloud's metadata."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import HERE, NewStack, Stack, docker

METADATA = "169.254.169.254"
CREDENTIALS_OF_ECS = "169.254.170.2"
TEST_NET = "203.0.113.1"  # RFC 5737: an address of the internet that nobody has
UNREACHABLE = {"Network is unreachable", "No route to host", "Host is unreachable"}


@pytest.fixture(scope="module")
def stack(new_stack: NewStack) -> Stack:
    made = new_stack(HERE / "apps/egress")
    made.build()
    made.up()
    return made


@pytest.fixture(scope="module")
def machine() -> Iterator[int]:
    """The port of a server of this machine, on all its addresses."""
    with socket.create_server(("0.0.0.0", 0)) as server:

        def accept() -> None:
            try:
                while True:
                    server.accept()[0].close()
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def outside() -> Iterator[str]:
    """The address of a server on another Docker network."""
    name = f"e2e-outside-{secrets.token_hex(3)}"
    docker("network", "create", name)
    image = docker("image", "ls", "--quiet", "python:3.12-slim-bookworm").split()[0]
    docker("run", "--detach", "--rm", "--name", name, "--network", name, image, "python", "-m", "http.server", "80")
    yield docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name).strip()
    docker("rm", "--force", name)
    docker("network", "rm", name)


@pytest.fixture(scope="module")
def addresses(stack: Stack) -> list[str]:
    """Those of this machine that a container could know, the first one on its own network."""
    gateways = [
        docker("network", "inspect", "--format", "{{range .IPAM.Config}}{{.Gateway}}{{end}}", network).strip()
        for network in (f"{stack.project}_default", f"{stack.project}_closed", f"{stack.project}_runtime", "bridge")
    ]
    return [each for each in gateways if each]


@pytest.fixture(scope="module")
def seen(stack: Stack, machine: int, outside: str, addresses: list[str]) -> dict[str, dict[str, Any]]:
    targets = [
        *((each, machine) for each in addresses),
        (outside, 80),
        (TEST_NET, 80),
        (METADATA, 80),
        (CREDENTIALS_OF_ECS, 80),
    ]
    event = {"targets": targets, "name": "example.com"}
    return {name: stack.invoke(name, event) for name in ("open", "closed")}


def test_a_function_without_egress_reaches_neither_this_machine_nor_another_network(
    seen: dict[str, dict[str, Any]], machine: int, outside: str, addresses: list[str]
) -> None:
    reached = seen["closed"]["connected"]
    elsewhere = [f"{each}:{machine}" for each in addresses] + [f"{outside}:80", f"{TEST_NET}:80"]

    assert {reached[target]["error"] for target in elsewhere} <= UNREACHABLE
    assert seen["closed"]["resolved"] is None


def test_another_function_reaches_this_machine(
    seen: dict[str, dict[str, Any]], machine: int, addresses: list[str]
) -> None:
    assert seen["open"]["connected"][f"{addresses[0]}:{machine}"]["error"] is None
    assert seen["open"]["connected"][f"{TEST_NET}:80"]["error"] not in UNREACHABLE


@pytest.mark.parametrize("name", ["open", "closed"])
def test_every_function_reaches_the_stack(seen: dict[str, dict[str, Any]], name: str) -> None:
    assert (seen[name]["table"], seen[name]["function"]) == ("1", "open")


@pytest.mark.parametrize("name", ["open", "closed"])
def test_no_function_reaches_the_metadata_of_a_cloud(seen: dict[str, dict[str, Any]], name: str) -> None:
    reached = seen[name]["connected"]

    assert reached[f"{METADATA}:80"]["error"] == "Connection refused"
    assert reached[f"{METADATA}:80"]["seconds"] < 1
    assert reached[f"{CREDENTIALS_OF_ECS}:80"]["error"] in UNREACHABLE | {"TimeoutError", "timed out"}
