"""Queues: sends of 16 clients, receives with deletes, and a backlog; each of ours is synced to the disk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.goals import Finding, ratio_at_least, ratio_at_most
from bench.load import burst
from bench.messaging import MINISTACK, OURS, MessageServer, ministack_server, our_server
from bench.run import Comparison, Run, measure_interleaved, optional

CLIENTS = 16
EMPTY = "an empty queue"


@dataclass(frozen=True, slots=True)
class Sends:
    """Sends a second, and transactions a second of ours."""

    rate: float
    commits: float


def measure(run: Run) -> Iterator[Finding]:
    with ExitStack() as opened:
        absent: dict[str, str] = {}
        servers = {OURS: opened.enter_context(our_server(run.in_folder("esb")))}
        peer = optional(lambda: opened.enter_context(ministack_server(run)), MINISTACK, absent)
        servers |= {MINISTACK: peer} if peer else {}
        for server in servers.values():
            server.do("queue", "sent")
        pair = (OURS, MINISTACK)
        sides = {name: partial(_send, run, server) for name, server in servers.items()}
        sent = measure_interleaved(run.pairs, sides, absent)
        what = f"{CLIENTS} clients: sends, ours synced"
        yield sent.finding(what, "messages/s", lambda each: each.rate, pair, ratio_at_least(1.5))
        commits = tuple(each.commits for each in sent.found[OURS])
        yield Finding(f"{CLIENTS} clients: fsyncs of ours", "fsyncs/s", commits)
        drains = {name: partial(_drain, run, server) for name, server in servers.items()}
        drained = measure_interleaved(run.pairs, drains, absent)
        yield drained.finding("received and deleted in batches of 10", "messages/s", float, pair, ratio_at_least(4))
        memory = measure_interleaved(1, {name: each.server.memory for name, each in servers.items()}, absent)
        yield memory.finding("memory afterwards", "MB", float, pair, ratio_at_most(1))
    with our_server(run.in_folder("backlog")) as ours:
        yield from _backlog(run, ours)


def compare(revisions: Comparison) -> Iterator[Finding]:
    with ExitStack() as opened:
        servers = {side: opened.enter_context(our_server(run)) for side, run in revisions.runs.items()}
        for server in servers.values():
            server.do("queue", "sent")
        sends = revisions.measure({side: partial(_send, each.run, each) for side, each in servers.items()})
        yield revisions.finding(sends, f"{CLIENTS} clients: sends", "µs/message", lambda each: 1e6 / each.rate)
        drains = revisions.measure({side: partial(_drain, each.run, each) for side, each in servers.items()})
        yield revisions.finding(drains, "received and deleted", "µs/message", lambda rate: 1e6 / rate)


def _send(run: Run, server: MessageServer) -> Sends:
    body = {"QueueUrl": server.do("queue", "sent")["url"], "MessageBody": "x" * 100}
    target = server.target("AmazonSQS.SendMessage", body)
    start, before = time.perf_counter(), _commits(server)
    sent = burst(run.program("load"), target, CLIENTS, run.seconds, warmup=0.0)
    return Sends(sent.rate, (_commits(server) - before) / (time.perf_counter() - start))


def _commits(server: MessageServer) -> float:
    return 0.0 if server.enter else server.commits()


def _drain(run: Run, server: MessageServer) -> float:
    """Messages a second, of a queue of its own: what a slow server leaves would make it slower the next time."""
    name = f"drained-{time.monotonic_ns()}"
    server.do("queue", name)
    server.do("fill", name, int(4000 * run.seconds))
    rate: float = server.do("drain", name, run.seconds * 2)["rate"]
    return rate


def _backlog(run: Run, ours: MessageServer) -> Iterator[Finding]:
    """A queue with many messages beside an empty one in the same file."""
    messages = 20_000 if run.quick else 1_000_000
    names = {OURS: "full", EMPTY: "empty"}
    for name in names.values():
        ours.do("queue", name)
    ours.do("fill", "full", messages)
    sides = {side: partial(_one, ours, name) for side, name in names.items()}
    measured = measure_interleaved(run.pairs, sides)
    for call in ("send", "receive"):
        what = f"a backlog of {messages:,}: {'send' if call == 'send' else 'receive and delete'}, p50"
        yield measured.finding(what, "µs", _picked(call), (OURS, EMPTY), ratio_at_most(2))
    yield Finding(f"a backlog of {messages:,}: memory", "MB", (ours.server.memory(),))


def _one(ours: MessageServer, name: str) -> Any:
    return ours.do("one", name, 200)


def _picked(call: str) -> Any:
    return lambda found: float(found[call])
