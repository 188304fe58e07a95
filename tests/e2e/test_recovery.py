"""Containers that end, and what their callers see of it."""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from .conftest import DEADLINE, Stack, docker, wait_for

INTEGRATION_TIMEOUT = 30  # seconds, of an HTTP API


@pytest.mark.parametrize("service", ["gateway", "database", "worker"])
def test_after_a_restart_requests_are_answered_again(probe: Stack, service: str) -> None:
    before = probe.state(service)["StartedAt"]

    assert probe.compose("restart", "--timeout", "2", service).returncode == 0

    assert probe.state(service)["StartedAt"] > before
    wait_for(lambda: probe.request("POST", f"/jobs/restart-{service}").status == 200)


@pytest.mark.parametrize("end", [{"look_at": "crash"}, {"look_at": "memory", "megabytes": 4096}])
def test_a_process_that_ends_costs_its_own_request_alone(probe: Stack, end: dict[str, Any]) -> None:
    wait_for(lambda: answered(probe, {"look_at": "dependency"}))

    answer = probe.client("lambda").invoke(FunctionName="probe", Payload=json.dumps(end))

    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.ExitError"
    wait_for(lambda: answered(probe, {"look_at": "dependency"}))


def answered(stack: Stack, event: dict[str, Any]) -> bool:
    return "FunctionError" not in stack.client("lambda").invoke(FunctionName="probe", Payload=json.dumps(event))


def test_data_outlives_the_containers(tiny: Stack) -> None:
    tiny.up()
    tiny.client("dynamodb").put_item(TableName="visitors", Item={"name": {"S": "ada"}})
    tiny.invoke("hello", {"fail": True}, "Event")
    (failed,) = wait_for(lambda: kept_events(tiny))

    tiny.compose("down", "--timeout", "2")
    tiny.up()

    assert tiny.client("dynamodb").scan(TableName="visitors")["Count"] == 1
    assert kept_events(tiny) == [failed]


def kept_events(stack: Stack) -> list[dict[str, Any]]:
    """As `esb-gateway events` tells of them in the gateway's container."""
    command = ("exec", "-T", "gateway", "python", "-m", "esb_gateway", "events", "list", "--state", "failed", "--json")
    listed = stack.compose(*command)
    assert listed.returncode == 0, listed.stderr
    events: list[dict[str, Any]] = json.loads(listed.stdout)["events"]
    return events


def test_a_killed_container_costs_the_requests_it_had_and_none_runs_twice(probe: Stack) -> None:
    """Four clients ask one request after the other until the container that was killed is replaced. Of those it had,
    four at most, any may fail.
    """
    wait_for(lambda: probe.request("POST", "/jobs/warm").status == 200)
    before = probe.state("worker")["StartedAt"]
    answers: dict[str, int] = {}
    replaced = threading.Event()

    def ask(client: int) -> None:
        for number in count():
            if replaced.is_set() and number >= 50:
                return
            name = f"killed-{client}-{number}"
            answers[name] = probe.request("POST", f"/jobs/{name}").status

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask, client) for client in range(4)]
        try:
            wait_for(lambda: len(answers) >= 50)
            docker("kill", probe.containers()["worker"])
            wait_for(lambda: probe.state("worker")["Status"] != "running")
            probe.compose("up", "-d", "worker")
        finally:
            replaced.set()
        for each in clients:
            each.result()

    assert probe.state("worker")["StartedAt"] > before
    ran = {name: probe.runs(name) for name in answers}
    assert {name: times for name, times in ran.items() if max(times) > 1} == {}
    assert [name for name, status in answers.items() if status == 200 and ran[name] != (1, 1)] == []
    statuses = Counter(answers.values())
    assert statuses.total() - statuses[200] - statuses[503] <= 4, statuses
    # A 503 has waited for the new container for longer than an integration may, on a busy machine: four at a time.
    assert statuses[503] <= 4 * DEADLINE / INTEGRATION_TIMEOUT, statuses
    assert probe.request("POST", "/jobs/afterwards").status == 200
