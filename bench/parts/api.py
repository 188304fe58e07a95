"""A route of an HTTP API with payload 2.0, against MiniStack and `sam local start-api`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from bench import gateways
from bench.gateways import Function, write_stack
from bench.goals import Finding, ratio_at_least, ratio_at_most
from bench.load import Burst, Target, burst, get
from bench.ministack import PORT, ministack
from bench.run import ESB, Comparison, Run, measure_interleaved, optional
from bench.sam_api import sam_api

HELLO = """\
def handler(event, context):
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": event["rawPath"]}
"""
# MiniStack waits 50 ms for a line if a function prints none.
PRINTING = HELLO.replace("    return", """    print("asked for", event["rawPath"])\n    return""")
MINISTACK = "MiniStack"
SAM = "sam local start-api"
LATENCY = ratio_at_most(1 / 15)


def measure(run: Run) -> Iterator[Finding]:
    functions = {"hello": Function(HELLO, slots=1, warm=True), "printing": Function(PRINTING, slots=4, warm=True)}
    stack = write_stack(run.folder / "stack", functions, {"/hello": "hello", "/printing": "printing"})
    with ExitStack() as servers:
        gateway = servers.enter_context(gateways.esb(run, stack))
        targets, absent = {ESB: Target(gateway.port, get("/printing"))}, dict[str, str]()
        peer = optional(partial(_ministack, run, servers), MINISTACK, absent)
        targets |= {MINISTACK: peer} if peer else {}
        for connections, goal in ((1, None), (8, None), (32, ratio_at_least(4))):
            sides = {name: partial(_send, run, target, connections) for name, target in targets.items()}
            measured = measure_interleaved(run.pairs, sides, absent)
            if connections == 1:
                yield measured.finding("one at a time: p50", "µs", lambda each: each.p50, (ESB, MINISTACK), LATENCY)
            yield measured.finding(f"{connections} at a time", "req/s", lambda each: each.rate, (ESB, MINISTACK), goal)
        yield from _against_sam(run, Target(gateway.port, get("/hello")), servers)


def compare(revisions: Comparison) -> Iterator[Finding]:
    with ExitStack() as servers:
        sides = {}
        for side, run in revisions.runs.items():
            stack = write_stack(
                run.folder / "stack", {"hello": Function(HELLO, slots=1, warm=True)}, {"/hello": "hello"}
            )
            gateway = servers.enter_context(gateways.esb(run, stack))
            sides[side] = partial(_send, run, Target(gateway.port, get("/hello")), 1)
        yield revisions.finding(revisions.measure(sides), "one at a time: p50", "µs", lambda each: each.p50)


def _against_sam(run: Run, ours: Target, servers: ExitStack) -> Iterator[Finding]:
    """With one connection, because its functions cannot run two requests at once."""
    absent = dict[str, str]()
    peer = optional(lambda: servers.enter_context(sam_api(run, HELLO)), SAM, absent)
    targets = {ESB: ours} | ({SAM: peer} if peer else {})
    sides = {name: partial(_send, run, target, 1) for name, target in targets.items()}
    measured = measure_interleaved(run.pairs, sides, absent)
    yield measured.finding("one at a time: p50", "µs", lambda each: each.p50, (ESB, SAM), LATENCY)
    yield measured.finding("1 at a time", "req/s", lambda each: each.rate, (ESB, SAM))


def _ministack(run: Run, servers: ExitStack) -> Target:
    peer = servers.enter_context(ministack(run))
    host = peer.create_api(PRINTING, run.environment())
    return Target(PORT, get("/hello", host=host), peer.enter)


def _send(run: Run, target: Target, connections: int) -> Burst:
    # The first requests of many connections start workers, which takes MiniStack seconds.
    return burst(run.program("load"), target, connections, run.seconds * 2, warmup=1.0 if connections > 1 else 0.3)
