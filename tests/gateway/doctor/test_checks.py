"""What the doctor says of a machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from esb_gateway.doctor.checks import Facts, Port, StackContainer, Status, findings, line_of

NOW = 1_800_000_000.0
HEALTHY = Facts(
    folder=".esb",
    has_folder=True,
    engine="26.1.5+dfsg1",
    compose="2.26.1-4",
    architecture="amd64",
    disk=50.0,
    memory=8.0,
    now=NOW,
    engine_now=NOW + 1,
    ports=(Port("gateway", 8080, "ESB_GATEWAY_PORT", taken=False),),
    containers=(
        StackContainer("gateway", "running", "healthy", 0, "esb/gateway:1", "esb/gateway:1"),
        StackContainer("provisioner", "exited", "", 0, "esb/provisioner:1", "esb/provisioner:1"),
    ),
)


def odd(**changes: Any) -> list[str]:
    """The lines that are not as they should be."""
    return [line_of(each) for each in findings(replace(HEALTHY, **changes)) if each.status is not Status.OK]


def test_one_line_for_each_subject_if_all_is_well() -> None:
    found = findings(HEALTHY)
    assert {each.status for each in found} == {Status.OK}
    subjects = ["folder", "engine", "compose", "architecture", "disk", "memory", "clock", "port", "stack"]
    assert [each.subject for each in found] == subjects
    assert line_of(found[1]) == "ok      engine       Docker Engine 26.1.5+dfsg1"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"has_folder": False}, "error   folder       .esb has no docker-compose.yml: run esb build, or give --root"),
        ({"engine": None, "engine_error": "no socket"}, "error   engine       no socket: start Docker"),
        ({"engine": "20.10.5"}, "error   engine       Docker Engine 20.10.5 is too old: install Docker Engine 23"),
        ({"compose": None}, "error   compose      docker compose is missing: install the plugin"),
        ({"compose": "2.17.3"}, "error   compose      Compose 2.17.3 is too old"),
        ({"compose": "2.21.0"}, "warning compose      Compose 2.21.0 has no watch"),
        ({"arm_functions": ("tool",)}, "warning architecture x86_64, and tool is for arm64: build on a machine"),
        ({"architecture": "arm64", "x86_functions": ("a", "b")}, "warning architecture arm64, and a, b is for x86_64"),
        ({"disk": 1.0}, "error   disk         1.0 GB are free: remove what is not used"),
        ({"disk": 5.0}, "warning disk         5.0 GB are free"),
        ({"memory": 0.1}, "error   memory       0.1 GB are free"),
        ({"engine_now": NOW + 400}, "error   clock        the engine's is +400 s from this machine's"),
        ({"now": 0.0, "engine_now": 0.0}, "error   clock        it is 1970 on this machine"),
        (
            {"ports": (Port("gateway", 8080, "ESB_GATEWAY_PORT", taken=True),)},
            "error   port         8080, for gateway, is used by another program: end it, or set ESB_GATEWAY_PORT",
        ),
    ],
)
def test_what_is_wrong_has_a_line_with_what_to_do(changes: dict[str, Any], line: str) -> None:
    (found,) = odd(**changes)
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("container", "line"),
    [
        (
            ("f", "running", "", 0, "f:1", "f:2"),
            "warning stack        f is older than its folder (f:1): docker compose",
        ),
        (("f", "running", "", 0, "f:1", None), "warning stack        f runs, and the folder has no such service"),
        (("f", "running", "unhealthy", 0, "f:1", "f:1"), "error   stack        f is unhealthy: docker compose logs f"),
        (("f", "exited", "", 3, "f:1", "f:1"), "error   stack        f is exited (3)"),
        (("f", "restarting", "", 1, "f:1", "f:1"), "error   stack        f is restarting (1)"),
    ],
)
def test_a_container_that_is_not_as_its_folder_says(container: tuple[Any, ...], line: str) -> None:
    (found,) = odd(containers=(StackContainer(*container),))
    assert found.startswith(line)


def test_a_stack_that_does_not_run_is_no_error() -> None:
    assert odd(containers=()) == []
    assert odd(stack_error="it is broken") == ["warning stack        it is broken: see docker compose ps"]


def test_without_the_plugin_there_is_no_line_about_a_stack_that_it_would_list() -> None:
    (line,) = odd(compose=None, stack_error="docker: 'compose' is not a docker command")
    assert line.startswith("error   compose      docker compose is missing")
