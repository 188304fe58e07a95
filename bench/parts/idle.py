"""Memory and CPU of an idle gateway, and memory of one under load."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench import gateways
from bench.gateways import BODY, INVOCATIONS, Function, write_stack
from bench.goals import Finding, at_most
from bench.load import Target, burst, post
from bench.processes import Server, cpu_of, listens, resident, until_ready
from bench.run import ESB, Comparison, Run, measure_interleaved

FUNCTIONS = 50
EMULATORS = "an RIE for each function"


def measure(run: Run) -> Iterator[Finding]:
    stack = _write_stack(run)
    with gateways.esb(run, stack, ESB_AUTH="off") as gateway:
        sides = {ESB: lambda: resident(gateway.server.pid), EMULATORS: lambda: _emulator(run) * FUNCTIONS}
        measured = measure_interleaved(1, sides)
        what = f"{FUNCTIONS} functions, idle: memory"
        yield measured.finding(what, "MB", float, (ESB, EMULATORS), at_most(60))
        yield Finding(
            f"{FUNCTIONS} functions, idle: CPU",
            "%",
            (_idle_cpu(gateway.server, 3 if run.quick else 10),),
            goal=at_most(0.5),
        )
        for number in range(3):
            burst(run.program("load"), gateway.invoke(f"idle{number}"), 8, run.seconds)
        under_load = gateways.without_stores(gateway.server)
        yield Finding("3 functions under load, all slots: memory", "MB", (under_load,), goal=at_most(150))


def compare(revisions: Comparison) -> Iterator[Finding]:
    measured = revisions.measure(
        {side: partial(_start, run, _write_stack(run)) for side, run in revisions.runs.items()}
    )
    name = f"{FUNCTIONS} functions, idle"
    yield revisions.finding(measured, f"{name}: start of esb-gateway local", "s", lambda start: start[0])
    yield revisions.finding(measured, f"{name}: memory", "MB", lambda start: start[1])


def _write_stack(run: Run) -> Path:
    return write_stack(run.folder / "stack", {f"idle{number}": Function() for number in range(FUNCTIONS)})


def _start(run: Run, stack: Path) -> tuple[float, float]:
    """Seconds until a gateway is ready, and MB of its process then."""
    begin = time.perf_counter()
    with gateways.esb(run, stack, ESB_AUTH="off") as gateway:
        return time.perf_counter() - begin, resident(gateway.server.pid)


def _emulator(run: Run) -> float:
    """MB of one emulator and its runtime. Raises Unavailable."""
    with gateways.emulated(run) as (server, port):
        until_ready(server, listens(port))
        burst(run.program("load"), Target(port, post(INVOCATIONS, BODY)), 1, 0.2)  # starts the runtime
        return server.memory()


def _idle_cpu(server: Server, seconds: float) -> float:
    before = cpu_of(server.pid)
    time.sleep(seconds)
    return (cpu_of(server.pid) - before) / seconds * 100
