"""How many invocations run at a time, and when runtimes are there at all."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence

import pytest
import yaml

from .conftest import Stack, docker, wait_for


def runtimes(stack: Stack, service: str) -> int:
    """How many of AWS's runtime clients run in a service's container."""
    lines = docker("top", stack.containers()[service], "-eo", "pid,comm,args").splitlines()
    return sum(" -m awslambdaric " in line and " esb-logs " not in line for line in lines)


@contextlib.contextmanager
def working(stack: Stack, names: Sequence[str]) -> Iterator[None]:
    """Leave work to the worker; all of it has begun while none of it is done, and is done afterwards."""
    end = f"{names[0]} and the others may end"
    for name in names:
        stack.invoke("worker", {"id": name, "until": end}, "Event")
    try:
        wait_for(lambda: all(stack.runs(name) == (1, 0) for name in names))
        yield
    finally:
        stack.client("dynamodb").put_item(TableName="runs", Item={"id": {"S": end}})
    wait_for(lambda: all(stack.runs(name) == (1, 1) for name in names))


def test_a_container_runs_ten_invocations_at_a_time(probe: Stack) -> None:
    with working(probe, [f"together-{number}" for number in range(10)]):
        assert runtimes(probe, "worker") == 10


@pytest.mark.thorough
def test_two_containers_have_more_capacity_than_one(probe: Stack) -> None:
    assert probe.compose("up", "-d", "--wait", "--scale", "worker=2").returncode == 0

    with working(probe, [f"scaled-{number}" for number in range(12)]):
        pass

    probe.up()
    assert len(probe.compose("ps", "--quiet", "worker").stdout.split()) == 1


def test_a_runtime_is_killed_at_its_deadline(probe: Stack) -> None:
    late = {"id": "late", "seconds": 60}

    answer = probe.client("lambda").invoke(FunctionName="hasty", Payload=json.dumps(late))

    assert answer["FunctionError"] == "Unhandled"
    assert "timed out after 2" in json.loads(answer["Payload"].read())["errorMessage"]
    wait_for(lambda: runtimes(probe, "hasty") == 0)
    assert probe.invoke("hasty", {"id": "soon"}) == {"id": "soon"}
    assert (probe.runs("late"), probe.runs("soon")) == ((1, 0), (1, 1))


def test_runtimes_end_when_they_are_idle_and_come_back_when_they_are_needed(tiny: Stack) -> None:
    functions = tiny.folder / ".esb/config/functions.yml"
    document = yaml.safe_load(functions.read_text())
    document["functions"]["hello"]["scaling"] = {"idle_timeout": 1}
    functions.write_text(yaml.safe_dump(document))
    tiny.up()

    assert tiny.request("GET", "/hello").text == "hello"
    wait_for(lambda: runtimes(tiny, "hello") == 0)

    assert tiny.state("hello")["Status"] == "running"
    assert tiny.request("GET", "/hello").text == "hello"
