"""A topic with 100 queues, and a bus with 300 rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

from bench.goals import Finding, ratio_at_least
from bench.load import Burst, Target, burst
from bench.messaging import MINISTACK, MOTO, OURS, MessageServer, ministack_server, moto_server, our_server
from bench.run import Comparison, Run, measure_interleaved, optional

SUBSCRIBERS = 100
RULES = 300
SHARE = 2 / 3  # of the usual time, for a part with so many sides
LEAST = 2.0  # seconds: on a busy machine a publish takes up to one, and one that is not answered counts for nothing
MOTO_SHARE, MOTO_PAIRS = 3, 3  # a request takes moto up to a second, and it is far behind: few measurements, but long
WHAT = f"events matched with {RULES} rules, 4 clients"


def measure(run: Run) -> Iterator[Finding]:
    with ExitStack() as opened:
        absent: dict[str, str] = {}
        servers = {OURS: opened.enter_context(our_server(run.in_folder("esb")))}
        for name, start in ((MINISTACK, ministack_server), (MOTO, moto_server)):
            peer = optional(lambda start=start: opened.enter_context(start(run)), name, absent)  # type: ignore[misc]
            servers |= {name: peer} if peer else {}
        fast = {name: server for name, server in servers.items() if name != MOTO}  # moto takes seconds for a publish
        topics = _targets(fast, _publish, absent)
        published = measure_interleaved(run.pairs, _senders(run, topics), absent)
        what = f"published to {SUBSCRIBERS} queues, 4 clients"
        yield published.finding(what, "messages/s", lambda each: each.rate, (OURS, MINISTACK))
        buses = _targets(servers, _put, absent)
        matched = measure_interleaved(run.pairs, _senders(run, buses, without=MOTO), absent)
        yield matched.finding(WHAT, "events/s", lambda each: each.rate, (OURS, MINISTACK))
        matched = measure_interleaved(MOTO_PAIRS, _senders(run, buses, MOTO_SHARE, without=MINISTACK), absent)
        yield matched.finding(WHAT, "events/s", lambda each: each.rate, (OURS, MOTO), ratio_at_least(1))


def compare(revisions: Comparison) -> Iterator[Finding]:
    with ExitStack() as opened:
        servers = {side: opened.enter_context(our_server(run)) for side, run in revisions.runs.items()}
        published = revisions.measure({side: _sender(each.run, _publish(each)) for side, each in servers.items()})
        yield revisions.finding(
            published, f"published to {SUBSCRIBERS} queues", "µs/message", lambda each: 1e6 / each.rate
        )
        matched = revisions.measure({side: _sender(each.run, _put(each)) for side, each in servers.items()})
        yield revisions.finding(matched, f"events matched with {RULES} rules", "µs/event", lambda each: 1e6 / each.rate)


def _targets(
    servers: dict[str, MessageServer], prepare: Callable[[MessageServer], Target], absent: dict[str, str]
) -> dict[str, Target]:
    """The prepared request of each server that takes it."""
    targets = {name: optional(partial(prepare, server), name, absent) for name, server in servers.items()}
    return {name: target for name, target in targets.items() if target is not None}


def _senders(
    run: Run, targets: dict[str, Target], share: float = SHARE, without: str = ""
) -> dict[str, Callable[[], Burst]]:
    return {name: _sender(run, target, share) for name, target in targets.items() if name != without}


def _publish(server: MessageServer) -> Target:
    return server.publish(server.do("topic", "news", SUBSCRIBERS)["arn"], "x" * 100)


def _put(server: MessageServer) -> Target:
    """An event that one rule matches; ten of them in a request would hide the cost of the request, so it is one."""
    bus = server.do("rules", "bench", RULES)["bus"]
    detail = json.dumps({"kind": "kind-150", "path": "in/of/another.json", "missing": 1})
    entry = {"Source": "bench", "DetailType": "d", "Detail": detail, "EventBusName": bus}
    return server.target("AWSEvents.PutEvents", {"Entries": [entry]})


def _sender(run: Run, target: Target, share: float = SHARE) -> Callable[[], Burst]:
    return lambda: burst(run.program("load"), target, 4, max(run.seconds * share, LEAST), warmup=0.0)
