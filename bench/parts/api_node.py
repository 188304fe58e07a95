"""The same route and Python handler, against serverless-offline, a server in Node.js."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from bench import gateways
from bench.gateways import Function, write_stack
from bench.goals import Finding, ratio_at_least, ratio_at_most
from bench.load import Burst, Target, burst, get
from bench.parts.api import HELLO
from bench.peers import NODE_PACKAGES, node_peer
from bench.processes import Server, answers, on_free_ports, serving
from bench.run import ESB, Run, measure_interleaved, optional

OFFLINE = "serverless-offline"
SLOTS = (1, 2, 4)
SERVICE = """\
service: bench
provider: {name: aws, runtime: python3.11}
plugins: [serverless-offline]
functions:
  hello: {handler: app.handler, events: [{httpApi: "GET /hello"}]}
"""


def measure(run: Run) -> Iterator[Finding]:
    names = {f"{ESB} {slots}": slots for slots in SLOTS}
    functions = {f"hello{slots}": Function(HELLO, slots=slots, warm=True) for slots in SLOTS}
    stack = write_stack(run.folder / "stack", functions, {f"/hello{slots}": f"hello{slots}" for slots in SLOTS})
    with ExitStack() as servers:
        gateway = servers.enter_context(gateways.esb(run, stack))
        targets = {name: Target(gateway.port, get(f"/hello{slots}")) for name, slots in names.items()}
        absent: dict[str, str] = {}
        peer = optional(lambda: servers.enter_context(_offline(run)), OFFLINE, absent)
        if peer is not None:
            targets[OFFLINE] = Target(peer[1], get("/hello"))
            optional(lambda: burst(run.program("load"), targets[OFFLINE], 32, 6.0), "its processes start", {})
        pair = (f"{ESB} 4", OFFLINE)
        for connections in (1, 8, 32):
            sides = {name: partial(_send, run, target, connections) for name, target in targets.items()}
            measured = measure_interleaved(run.pairs, sides, absent)
            if connections == 1:
                yield measured.finding("one at a time: p50", "µs", lambda each: each.p50, pair, ratio_at_most(0.8))
                continue
            for name, slots in names.items():
                goal = ratio_at_least(1.0) if slots == max(SLOTS) else None
                what = f"{connections} at a time, {slots} slot{'s' if slots > 1 else ''}"
                yield measured.finding(what, "req/s", lambda each: each.rate, (name, OFFLINE), goal)
        ours = gateways.without_stores(gateway.server)
        theirs = (peer[0].memory(),) if peer else ()
    reason = absent.get(OFFLINE, "")
    yield Finding("memory afterwards, 7 slots in total", "MB", (ours,), OFFLINE, theirs, ratio_at_most(1 / 4), reason)


@contextmanager
def _offline(run: Run) -> Iterator[tuple[Server, int]]:
    """serverless-offline with the route; yields its port. Raises Unavailable."""
    node = shutil.which("node") or "node"
    home = node_peer()
    run.versions.update(package.replace("@", " ") for package in NODE_PACKAGES)
    service = run.folder / "service"
    service.mkdir()
    (service / "node_modules").symlink_to(home / "node_modules")
    (service / "serverless.yml").write_text(SERVICE)
    (service / "app.py").write_text(HELLO)
    environment = run.environment(SLS_TELEMETRY_DISABLED="1", SLS_NOTIFICATIONS_MODE="off", CI="1")

    @contextmanager
    def start(port: int, lambda_port: int) -> Iterator[tuple[Server, int]]:
        options = ["--host", "127.0.0.1", "--httpPort", str(port), "--lambdaPort", str(lambda_port)]
        command = [node, "node_modules/serverless/bin/serverless.js", "offline", *options]
        with serving(command, service, environment, answers(port, "/hello")) as server:
            yield server, port

    with on_free_ports(2, start) as served:
        yield served


def _send(run: Run, target: Target, connections: int) -> Burst:
    return burst(run.program("load"), target, connections, run.seconds)
