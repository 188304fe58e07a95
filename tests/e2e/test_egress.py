"""Functions without a way out reach the stack and nothing else; no function reaches a cloud's metadata."""

from __future__ import annotations

import re
import secrets
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from .conftest import HERE, NewStack, Stack, docker, wait_for

PAGE = (HERE.parents[1] / "docs/compose.md").read_text(encoding="utf-8")
PYTHON = "python:3.12-slim-bookworm"

METADATA = "169.254.169.254"
CREDENTIALS_OF_ECS = "169.254.170.2"
TEST_NET = "203.0.113.1"  # RFC 5737: an address of the internet that nobody has
UNREACHABLE = {"Network is unreachable", "No route to host", "Host is unreachable"}


@pytest.fixture(scope="module")
def stack(new_stack: NewStack) -> Iterator[Stack]:
    made = new_stack(HERE / "apps/egress")
    made.build()
    add_override(made)
    made.up()
    yield made
    made.down()


def add_override(stack: Stack) -> None:
    """Write the compose.override.yaml that docs/compose.md shows; its server is an image that is here."""
    shown = yaml.safe_load(re.findall(r"^```yaml\n(services:\n.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[0])
    services = shown["services"]
    services["open"] = services.pop("orders")
    services["mail"] |= {"image": PYTHON, "command": ["python", "-m", "http.server", "8025"]}
    file = stack.folder / "compose.override.yaml"
    other = yaml.safe_load(file.read_text()) if file.exists() else {"services": {}}
    merged = {**shown, "services": {**other["services"], **services}}
    file.write_text(yaml.safe_dump(merged))


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
    image = docker("image", "ls", "--quiet", PYTHON).split()[0]
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
    targets: list[tuple[str, int]] = [
        ("mail", 8025),
        *((each, machine) for each in addresses),
        (outside, 80),
        (TEST_NET, 80),
        (METADATA, 80),
        (CREDENTIALS_OF_ECS, 80),
    ]
    names = {"open": "printer.lan", "closed": "example.com"}
    wait_for(lambda: "mail" in stack.containers() and stack.state("mail")["Status"] == "running")
    return {name: stack.invoke(name, {"targets": targets, "name": names[name]}) for name in names}


def test_a_function_without_egress_reaches_neither_this_machine_nor_another_network(
    seen: dict[str, dict[str, Any]], machine: int, outside: str, addresses: list[str]
) -> None:
    reached = seen["closed"]["connected"]
    elsewhere = [f"{each}:{machine}" for each in addresses] + [f"{outside}:80", f"{TEST_NET}:80"]

    assert {reached[target] for target in elsewhere} <= UNREACHABLE
    assert seen["closed"]["resolved"] is None


def test_another_function_reaches_this_machine(
    seen: dict[str, dict[str, Any]], machine: int, addresses: list[str]
) -> None:
    assert seen["open"]["connected"][f"{addresses[0]}:{machine}"] is None
    assert seen["open"]["connected"][f"{TEST_NET}:80"] not in UNREACHABLE


def test_an_override_adds_hosts_networks_and_services(seen: dict[str, dict[str, Any]], stack: Stack) -> None:
    assert seen["open"]["resolved"] == "192.0.2.20"
    assert seen["open"]["connected"]["mail:8025"] is None
    assert seen["closed"]["connected"]["mail:8025"] is not None
    limit = docker("inspect", "--format", "{{.HostConfig.Memory}}", stack.containers()["gateway"])
    assert int(limit) == 512 * 1024**2


@pytest.mark.parametrize("name", ["open", "closed"])
def test_every_function_reaches_the_stack(seen: dict[str, dict[str, Any]], name: str) -> None:
    assert (seen[name]["table"], seen[name]["function"]) == ("1", "open")


@pytest.mark.parametrize("name", ["open", "closed"])
def test_no_function_reaches_the_metadata_of_a_cloud(seen: dict[str, dict[str, Any]], name: str) -> None:
    reached = seen[name]["connected"]

    assert reached[f"{METADATA}:80"] == "Connection refused"
    assert reached[f"{CREDENTIALS_OF_ECS}:80"] in UNREACHABLE | {"TimeoutError", "timed out"}
