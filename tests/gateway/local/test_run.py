"""However the gateway ends, nothing of it is left."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import is_alive, until

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(sys.platform != "linux", reason="the tests look for processes in /proc"),
]


def busy(gateway: LocalGateway) -> list[int]:
    """Let a function run; gives all processes of the gateway."""
    client = gateway.client("lambda")
    client.invoke(FunctionName="probe", InvocationType="Event", Payload=b'{"sleep": 900}')
    client.close()
    until(lambda: any('"START RequestId' in line for line in list(gateway.lines)))
    return gateway.processes()


def test_a_stop_waits_for_no_function_at_work(
    by_hand: Path,
    start: Callable[..., LocalGateway],
) -> None:
    functions = by_hand / "config/functions.yml"
    functions.write_text(functions.read_text().replace("timeout: 20", "timeout: 900"))
    gateway = start(by_hand).ready()
    children = busy(gateway)
    assert len(children) == 3, "stores, function, and the reaper of both"
    assert gateway.end(signal.SIGTERM) == 0
    assert not any(map(is_alive, children))
    assert not any("Traceback" in line for line in gateway.notes)


def test_ctrl_c_stops_an_idle_gateway(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    gateway = start(by_hand).ready()
    assert gateway.invoke("echo", 1) == 1
    assert gateway.end(signal.SIGINT) == 0
    assert not any("Traceback" in line for line in gateway.notes)


def test_kill_leaves_no_process(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    functions = by_hand / "config/functions.yml"
    functions.write_text(functions.read_text().replace("timeout: 20", "timeout: 900"))
    gateway = start(by_hand).ready()
    children = busy(gateway)
    gateway.end(signal.SIGKILL)
    until(lambda: not any(map(is_alive, children)))


def test_stop_during_the_start(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    gateway = start(by_hand)
    until(lambda: len(gateway.processes()) >= 3)  # reaper, stores, provisioner
    children = gateway.processes()
    assert gateway.end() == 0
    assert gateway.addresses == {}
    assert not any(map(is_alive, children))


def test_without_its_stores_the_gateway_ends_and_says_so(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    gateway = start(by_hand).ready()
    children = gateway.processes()
    stores = next(pid for pid in children if b"local.stores.server" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(stores, signal.SIGKILL)
    assert gateway.wait() == 1
    assert gateway.notes[-1] == (
        "esb-gateway: the embedded database and storage were ended by another process; start again.\n"
    )
    assert not any(map(is_alive, children))
