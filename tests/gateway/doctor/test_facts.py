"""Where the doctor has its facts from."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.doctor.checks import StackContainer
from esb_gateway.doctor.facts import Run, gather

SERVICES: dict[str, Any] = {"gateway": {"image": "esb/gateway:2"}, "tool": {"image": "tool:1"}}
PS = [
    {"Service": "gateway", "State": "running", "Health": "healthy", "ExitCode": 0, "Image": "esb/gateway:1"},
    {"Service": "gone", "State": "exited", "Health": "", "ExitCode": 1, "Image": "gone:1"},
]
CONTAINERS = (
    StackContainer("gateway", "running", "healthy", 0, "esb/gateway:1", "esb/gateway:2"),
    StackContainer("gone", "exited", "", 1, "gone:1", None),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / ".esb"
    (root / "config").mkdir(parents=True)
    (root / "docker-compose.yml").write_text("services: {}")
    functions = {
        "script": {"runtime": "python3.12", "architecture": "arm64"},
        "tool": {"runtime": "provided.al2023", "architecture": "arm64"},
        "image": {"package_type": "Image"},
    }
    (root / "config/functions.yml").write_text(json.dumps({"functions": functions}))
    return root


def docker(ps: str, services: dict[str, Any] = SERVICES) -> Run:
    """In place of docker."""

    def run(command: Sequence[str]) -> tuple[int, str, str] | None:
        match [word for word in command[1:] if not word.startswith(("-", "/"))]:
            case ["version", *_]:
                return 0, json.dumps({"Version": "26.1.5", "Arch": "amd64"}), ""
            case ["info", *_]:
                return 0, json.dumps({"SystemTime": "1970-01-01T00:01:40.123456789Z", "DockerRootDir": "/nowhere"}), ""
            case ["compose", "version"]:
                return 0, "2.26.1\n", ""
            case [*_, "config", "json"]:
                return 0, json.dumps({"services": services}), ""
            case [*_, "ps", "json"]:
                return 0, ps, ""
        raise AssertionError(command)

    return run


@pytest.mark.parametrize("ps", ["\n".join(map(json.dumps, PS)), json.dumps(PS)], ids=["2.21", "before"])
def test_facts_of_a_stack_that_runs(root: Path, ps: str) -> None:
    facts = gather(root, docker(ps), 100.0)

    assert (facts.engine, facts.compose, facts.architecture) == ("26.1.5", "2.26.1", "amd64")
    assert facts.engine_now == pytest.approx(100.123456)
    assert (facts.arm_functions, facts.x86_functions) == (("tool",), ("image",))
    assert facts.containers == CONTAINERS
    assert facts.disk is not None


@pytest.mark.server
def test_a_published_port_is_named_with_its_variable(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        ports = [("gateway", 8080), ("gateway", 8000), ("s3-storage", 9000), ("victorialogs", 9428), ("tool", 1)]
        services: dict[str, Any] = {name: {"image": "", "ports": []} for name, _ in ports}
        for name, target in ports:
            services[name]["ports"].append({"target": target, "published": str(number), "host_ip": "127.0.0.1"})
        found = gather(root, docker(json.dumps({"Service": "tool", "State": "running"}), services), 0.0).ports
    assert [(port.variable, port.taken) for port in found] == [
        ("ESB_GATEWAY_PORT", True),
        ("ESB_DATABASE_PORT", True),
        ("ESB_S3_PORT", True),
        ("ESB_TOOL_PORT", False),
        ("ESB_LOGS_PORT", True),
    ]
    assert {port.number for port in found} == {number}


def test_without_docker_the_rest_is_still_known(root: Path) -> None:
    def run(_: Sequence[str]) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    facts = gather(root, run, 100.0)
    assert (facts.engine, facts.compose, facts.containers) == (None, None, ())
    assert facts.engine_error == "docker cannot be started (No such file or directory)"
    assert facts.arm_functions == ("tool",)


def test_an_engine_that_hangs_or_refuses_is_told(root: Path) -> None:
    assert gather(root, lambda _: None, 0.0).engine_error == "docker version gives no answer"
    refused = gather(root, lambda _: (1, "null", "Cannot connect to the Docker daemon\n"), 0.0)
    assert refused.engine_error == "Cannot connect to the Docker daemon"
