"""An echo function behind the Invoke API, with AWS's runtime client: one request at a time, and 32 at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial

from bench import gateways
from bench.gateways import BODY, INVOCATIONS, Function, Gateway, write_stack
from bench.goals import Finding, ratio_at_least, ratio_at_most
from bench.load import Burst, Target, burst, post
from bench.processes import cpu_of
from bench.run import ESB, Run, cleanly, in_turns

SLOTS = (1, 2, 4)
EMULATOR, LIMIT, PROXY = "RIE", "a gateway of C that does nothing else", "RIE behind a Flask proxy"


def measure(run: Run) -> Iterator[Finding]:
    functions = {f"slots{slots}": Function(slots=slots, warm=True) for slots in SLOTS}
    with ExitStack() as servers:
        stack = write_stack(run.folder / "stack", functions)
        gateway = servers.enter_context(gateways.esb(run, stack, ESB_AUTH="off"))
        starts = {
            EMULATOR: gateways.emulator(run),
            PROXY: gateways.emulator_behind_proxy(run),
            LIMIT: gateways.limit(run, 1),
        }
        absent: dict[str, str] = {}
        ports = {name: cleanly(partial(servers.enter_context, start), name, absent) for name, start in starts.items()}
        others = {name: Target(port, post(INVOCATIONS, BODY)) for name, port in ports.items() if port is not None}
        yield from _latency(run, gateway, others, absent)
        yield from _throughput(run, gateway, others, absent)
    yield _with_signatures(run)


def _latency(run: Run, gateway: Gateway, others: Mapping[str, Target], absent: Mapping[str, str]) -> Iterator[Finding]:
    targets = {ESB: gateway.invoke("slots1"), **{name: others[name] for name in (EMULATOR, LIMIT) if name in others}}
    turns = in_turns(run.pairs, {name: _sender(run, target, 1) for name, target in targets.items()}, absent)
    for other, goal in ((EMULATOR, ratio_at_most(0.5)), (LIMIT, ratio_at_most(1.4))):
        yield turns.finding("one at a time: p50", "µs", lambda each: each.p50, (ESB, other), goal)


def _throughput(
    run: Run, gateway: Gateway, others: Mapping[str, Target], absent: Mapping[str, str]
) -> Iterator[Finding]:
    targets = {f"{ESB} {slots}": gateway.invoke(f"slots{slots}") for slots in SLOTS}
    targets |= {name: others[name] for name in (PROXY,) if name in others}
    turns = in_turns(run.pairs, {name: _sender(run, target, 32) for name, target in targets.items()}, absent)
    for slots in SLOTS:
        what = f"32 at a time, {slots} slot{'s' if slots > 1 else ''}"
        goal = ratio_at_least(10) if slots > 1 else None
        yield turns.finding(what, "req/s", lambda each: each.rate, (f"{ESB} {slots}", PROXY), goal)
    cpu = in_turns(run.pairs, {ESB: partial(_cpu_per_request, run, gateway)}).found[ESB]
    yield Finding("32 at a time, 2 slots: the gateway's own CPU", "µs/req", tuple(cpu))


def _cpu_per_request(run: Run, gateway: Gateway) -> float:
    before = cpu_of(gateway.server.pid)
    sent = burst(run.program("load"), gateway.invoke("slots2"), 32, run.seconds, warmup=0.0)
    return (cpu_of(gateway.server.pid) - before) / sent.requests * 1e6


def _with_signatures(run: Run) -> Finding:
    """What checking AWS's signatures adds, which every SDK sends and the gateway asks for unless told otherwise."""
    stack = write_stack(run.folder / "signed", {"echo": Function(slots=1, warm=True)})
    plain = "the same without signatures"
    with gateways.esb(run, stack) as closed, gateways.esb(run, stack, ESB_AUTH="off") as opened:
        sides = {
            ESB: _sender(run, closed.invoke("echo", signed=True), 1),
            plain: _sender(run, opened.invoke("echo"), 1),
        }
        turns = in_turns(run.pairs, sides)
    return turns.finding("one at a time, signed: p50", "µs", lambda each: each.p50, (ESB, plain))


def _sender(run: Run, target: Target, connections: int) -> Callable[[], Burst]:
    return lambda: burst(run.program("load"), target, connections, run.seconds)
