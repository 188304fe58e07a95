"""What it costs to be there: memory and CPU of a gateway that has nothing to do, and memory of one under load."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench import gateways
from bench.gateways import BODY, INVOCATIONS, Function, write_stack
from bench.goals import Finding, at_most
from bench.load import Target, burst, post
from bench.processes import Server, cpu_of, listens, resident, until_ready
from bench.run import ESB, Run, in_turns

FUNCTIONS = 50
EMULATORS = "an RIE for each function"


def measure(run: Run) -> Iterator[Finding]:
    stack = write_stack(run.folder / "stack", {f"idle{number}": Function() for number in range(FUNCTIONS)})
    with gateways.esb(run, stack, ESB_AUTH="off") as gateway:
        sides = {ESB: lambda: resident(gateway.server.pid), EMULATORS: lambda: _emulator(run) * FUNCTIONS}
        turns = in_turns(1, sides)
        what = f"the gateway with {FUNCTIONS} functions, idle: resident memory"
        yield turns.finding(what, "MB", float, (ESB, EMULATORS), at_most(60))
        yield Finding("the same: CPU", "%", (_idle_cpu(gateway.server, 3 if run.quick else 10),), goal=at_most(0.5))
        for number in range(3):
            burst(run.program("load"), gateway.invoke(f"idle{number}"), 8, run.seconds)
        under_load = gateways.without_stores(gateway.server)
        yield Finding("with 3 functions under load, all slots: memory", "MB", (under_load,), goal=at_most(150))


def _emulator(run: Run) -> float:
    """Memory of one emulator and its runtime. Raises NotHere."""
    with gateways.emulated(run) as (server, port):
        until_ready(server, listens(port))
        burst(run.program("load"), Target(port, post(INVOCATIONS, BODY)), 1, 0.2)  # the runtime is there by then
        return server.memory()


def _idle_cpu(server: Server, seconds: float) -> float:
    before = cpu_of(server.pid)
    time.sleep(seconds)
    return (cpu_of(server.pid) - before) / seconds * 100
