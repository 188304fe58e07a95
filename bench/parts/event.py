"""Asynchronous invocations: accepted once they are synced to disk, then run; and the memory of a long queue."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from bench import gateways
from bench.errors import Unavailable
from bench.gateways import Function, Gateway, write_stack
from bench.goals import Finding, at_least, at_most
from bench.load import Burst, burst
from bench.processes import resident
from bench.run import ESB, Comparison, Run, measure_interleaved

NEVER_DONE = "import time\n\n\ndef handler(event, context):\n    time.sleep(600)\n"
DRAIN_TIMEOUT = 120.0  # seconds


def measure(run: Run) -> Iterator[Finding]:
    functions = {"echo": Function(slots=4, warm=True), "stuck": Function(NEVER_DONE, slots=1, timeout=900)}
    stack = write_stack(run.folder / "stack", functions)
    with gateways.esb(run, stack, data=run.folder / "data", ESB_AUTH="off") as gateway:
        bursts = measure_interleaved(run.pairs, {ESB: lambda: _send(run, gateway, "echo")}).found[ESB]
        accepted = tuple(each.rate for each in bursts)
        yield Finding("32 at a time: accepted and synced to disk", "events/s", accepted, goal=at_least(2000))
        rates = measure_interleaved(run.pairs, {ESB: lambda: _to_the_end(run, gateway)}).found[ESB]
        yield Finding("accepted and run, 4 slots", "events/s", tuple(rates))
        yield _queue(run, gateway)


def compare(revisions: Comparison) -> Iterator[Finding]:
    with ExitStack() as servers:
        sides = {}
        for side, run in revisions.runs.items():
            stack = write_stack(run.folder / "stack", {"echo": Function(slots=4, warm=True)})
            gateway = servers.enter_context(gateways.esb(run, stack, data=run.folder / "data", ESB_AUTH="off"))
            sides[side] = partial(_to_the_end, run, gateway)
        yield revisions.finding(
            revisions.measure(sides), "accepted and run, 4 slots", "µs/event", lambda rate: 1e6 / rate
        )


def _send(run: Run, gateway: Gateway, function: str) -> Burst:
    target = gateway.invoke(function, "Event")
    return burst(run.program("load"), target, 32, run.seconds, warmup=0.0)


def _to_the_end(run: Run, gateway: Gateway) -> float:
    """Events per second, from the first request to the end of the last run."""
    _wait_for(gateway, 0)
    start = time.perf_counter()
    sent = _send(run, gateway, "echo")
    _wait_for(gateway, 0)
    return sent.requests / (time.perf_counter() - start)


def _queue(run: Run, gateway: Gateway) -> Finding:
    """Waiting events are on disk, so memory must not grow with their number."""
    for _ in range(2):  # fills what the gateway keeps in memory
        _send(run, gateway, "stuck")
    before, queued = resident(gateway.server.pid), _queued(gateway)
    for _ in range(2 if run.quick else 8):
        _send(run, gateway, "stuck")
    grown = (resident(gateway.server.pid) - before) / (_queued(gateway) - queued) * 1000
    return Finding("memory of 1,000 more events in the queue", "MB", (grown,), goal=at_most(0.05))


def _queued(gateway: Gateway) -> float:
    """The number of events that have not ended, from the gateway's metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.port}/_esb/metrics", timeout=30) as page:
        for line in page.read().decode().splitlines():
            if line.startswith("esb_events_queued "):
                return float(line.split()[1])
    raise Unavailable("the gateway's metrics have no esb_events_queued")


def _wait_for(gateway: Gateway, most: float) -> None:
    deadline = time.monotonic() + DRAIN_TIMEOUT
    while _queued(gateway) > most:
        if time.monotonic() > deadline:
            raise Unavailable(f"events are still queued after {DRAIN_TIMEOUT:g} s")
        time.sleep(0.02)
