"""Asynchronous invocations: accepted when they are on the disk, run afterwards; and what a long queue costs."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator

from bench import gateways
from bench.errors import NotHere
from bench.gateways import Function, Gateway, write_stack
from bench.goals import Finding, at_least, at_most
from bench.load import Burst, burst
from bench.processes import resident
from bench.run import ESB, Run, in_turns

NEVER_DONE = "import time\n\n\ndef handler(event, context):\n    time.sleep(600)\n"
PATIENCE = 120.0  # seconds until all is done


def measure(run: Run) -> Iterator[Finding]:
    functions = {"echo": Function(slots=4, warm=True), "stuck": Function(NEVER_DONE, slots=1, timeout=900)}
    stack = write_stack(run.folder / "stack", functions)
    with gateways.esb(run, stack, data=run.folder / "data", ESB_AUTH="off") as gateway:
        bursts = in_turns(run.pairs, {ESB: lambda: _send(run, gateway, "echo")}).found[ESB]
        accepted = tuple(each.rate for each in bursts)
        yield Finding("32 at a time: accepted, each on the disk", "events/s", accepted, goal=at_least(2000))
        rates = in_turns(run.pairs, {ESB: lambda: _to_the_end(run, gateway)}).found[ESB]
        yield Finding("accepted and run, 4 slots", "events/s", tuple(rates))
        yield _queue(run, gateway)


def _send(run: Run, gateway: Gateway, function: str) -> Burst:
    target = gateway.invoke(function, "Event")
    return burst(run.program("load"), target, 32, run.seconds, warmup=0.0)


def _to_the_end(run: Run, gateway: Gateway) -> float:
    """Events a second, from the first that is sent to the last that has run."""
    _wait_for(gateway, 0)
    start = time.perf_counter()
    sent = _send(run, gateway, "echo")
    _wait_for(gateway, 0)
    return sent.requests / (time.perf_counter() - start)


def _queue(run: Run, gateway: Gateway) -> Finding:
    """Events that wait: they are on the disk, so memory does not follow their number."""
    for _ in range(2):  # until what it keeps in memory is full
        _send(run, gateway, "stuck")
    before, queued = resident(gateway.server.pid), _queued(gateway)
    for _ in range(2 if run.quick else 8):
        _send(run, gateway, "stuck")
    grown = (resident(gateway.server.pid) - before) / (_queued(gateway) - queued) * 1000
    return Finding("memory that 1,000 events more in the queue add", "MB", (grown,), goal=at_most(0.05))


def _queued(gateway: Gateway) -> float:
    """How many events are not over, as the gateway's metrics say."""
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.port}/_esb/metrics", timeout=30) as page:
        for line in page.read().decode().splitlines():
            if line.startswith("esb_events_queued "):
                return float(line.split()[1])
    raise NotHere("the gateway's metrics do not say how many events wait")


def _wait_for(gateway: Gateway, most: float) -> None:
    deadline = time.monotonic() + PATIENCE
    while _queued(gateway) > most:
        if time.monotonic() > deadline:
            raise NotHere(f"events still wait after {PATIENCE:g} s")
        time.sleep(0.02)
