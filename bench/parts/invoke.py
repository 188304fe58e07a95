"""An echo function behind the Invoke API with AWS's runtime client, with 1 and with 32 connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial

from bench import gateways
from bench.gateways import BODY, INVOCATIONS, Function, Gateway, write_stack
from bench.goals import Finding, ratio_at_least, ratio_at_most
from bench.load import Burst, Target, burst, post
from bench.processes import cpu_of
from bench.run import ESB, Comparison, Run, measure_interleaved, optional

SLOTS = (1, 2, 4)
EMULATOR, BASELINE, PROXY = "RIE", "a minimal gateway in C", "RIE behind a Flask proxy"


def measure(run: Run) -> Iterator[Finding]:
    functions = {f"slots{slots}": Function(slots=slots, warm=True) for slots in SLOTS}
    with ExitStack() as servers:
        stack = write_stack(run.folder / "stack", functions)
        gateway = servers.enter_context(gateways.esb(run, stack, ESB_AUTH="off"))
        starts = {
            EMULATOR: gateways.emulator(run),
            PROXY: gateways.emulator_behind_proxy(run),
            BASELINE: gateways.baseline(run, 1),
        }
        absent: dict[str, str] = {}
        ports = {name: optional(partial(servers.enter_context, start), name, absent) for name, start in starts.items()}
        others = {name: Target(port, post(INVOCATIONS, BODY)) for name, port in ports.items() if port is not None}
        yield from _latency(run, gateway, others, absent)
        yield from _throughput(run, gateway, others, absent)
    yield _with_signatures(run)


def compare(revisions: Comparison) -> Iterator[Finding]:
    with ExitStack() as servers:
        functions = {f"slots{slots}": Function(slots=slots, warm=True) for slots in SLOTS}
        gateways_ = {
            side: servers.enter_context(gateways.esb(run, write_stack(run.folder / "stack", functions), ESB_AUTH="off"))
            for side, run in revisions.runs.items()
        }
        runs = revisions.runs.items()
        latency = revisions.measure({side: _sender(run, gateways_[side].invoke("slots1"), 1) for side, run in runs})
        yield revisions.finding(latency, "one at a time: p50", "µs", lambda each: each.p50)
        cpu = revisions.measure({side: partial(_cpu_per_request, run, gateways_[side]) for side, run in runs})
        yield revisions.finding(cpu, "32 at a time, 2 slots: CPU of the gateway", "µs/req", float)


def _latency(run: Run, gateway: Gateway, others: Mapping[str, Target], absent: Mapping[str, str]) -> Iterator[Finding]:
    targets = {ESB: gateway.invoke("slots1"), **{name: others[name] for name in (EMULATOR, BASELINE) if name in others}}
    sides = {name: _sender(run, target, 1) for name, target in targets.items()}
    measured = measure_interleaved(run.pairs, sides, absent)
    for other, goal in ((EMULATOR, ratio_at_most(0.5)), (BASELINE, ratio_at_most(1.15))):
        yield measured.finding("one at a time: p50", "µs", lambda each: each.p50, (ESB, other), goal)


def _throughput(
    run: Run, gateway: Gateway, others: Mapping[str, Target], absent: Mapping[str, str]
) -> Iterator[Finding]:
    targets = {f"{ESB} {slots}": gateway.invoke(f"slots{slots}") for slots in SLOTS}
    targets |= {name: others[name] for name in (PROXY,) if name in others}
    sides = {name: _sender(run, target, 32) for name, target in targets.items()}
    measured = measure_interleaved(run.pairs, sides, absent)
    for slots in SLOTS:
        what = f"32 at a time, {slots} slot{'s' if slots > 1 else ''}"
        goal = ratio_at_least(10) if slots > 1 else None
        yield measured.finding(what, "req/s", lambda each: each.rate, (f"{ESB} {slots}", PROXY), goal)
    cpu = measure_interleaved(run.pairs, {ESB: partial(_cpu_per_request, run, gateway)}).found[ESB]
    yield Finding("32 at a time, 2 slots: CPU of the gateway", "µs/req", tuple(cpu))


def _cpu_per_request(run: Run, gateway: Gateway) -> float:
    before = cpu_of(gateway.server.pid)
    sent = burst(run.program("load"), gateway.invoke("slots2"), 32, run.seconds, warmup=0.0)
    return (cpu_of(gateway.server.pid) - before) / sent.requests * 1e6


def _with_signatures(run: Run) -> Finding:
    """The cost of checking AWS signatures, which every SDK sends and the gateway checks by default."""
    stack = write_stack(run.folder / "signed", {"echo": Function(slots=1, warm=True)})
    plain = "without signatures"
    with gateways.esb(run, stack) as closed, gateways.esb(run, stack, ESB_AUTH="off") as opened:
        sides = {
            ESB: _sender(run, closed.invoke("echo", signed=True), 1),
            plain: _sender(run, opened.invoke("echo"), 1),
        }
        measured = measure_interleaved(run.pairs, sides)
    return measured.finding("one at a time, signed: p50", "µs", lambda each: each.p50, (ESB, plain))


def _sender(run: Run, target: Target, connections: int) -> Callable[[], Burst]:
    return lambda: burst(run.program("load"), target, connections, run.seconds)
