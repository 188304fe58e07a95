"""The first response of a function, which starts its runtime, against AWS's emulator with the same runtime client."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from bench import gateways
from bench.errors import Unavailable
from bench.gateways import BODY, INVOCATIONS, Function, write_stack
from bench.goals import Finding, ratio_at_most
from bench.run import ESB, Comparison, Run, measure_interleaved

EMULATOR = "RIE and its runtime"
WHAT = "from request to response"


def measure(run: Run) -> Iterator[Finding]:
    with _cold_functions(run, run.starts) as first_response:
        sides = {ESB: first_response, EMULATOR: lambda: _emulated(run)}
        measured = measure_interleaved(run.starts, sides)
    yield measured.finding(WHAT, "ms", float, (ESB, EMULATOR), ratio_at_most(1.0))


def compare(revisions: Comparison) -> Iterator[Finding]:
    with ExitStack() as servers:
        runs = revisions.runs.items()
        sides = {side: servers.enter_context(_cold_functions(run, revisions.pairs)) for side, run in runs}
        yield revisions.finding(revisions.measure(sides), WHAT, "ms", float)


@contextmanager
def _cold_functions(run: Run, starts: int) -> Iterator[Callable[[], float]]:
    """Yields a function that measures the first response of another Lambda function at each call."""
    functions = {f"cold{number}": Function(slots=1) for number in range(starts + 1)}
    with gateways.esb(run, write_stack(run.folder / "stack", functions), ESB_AUTH="off") as gateway:
        names = iter(functions)
        yield lambda: _first_response(gateway.port, f"/2015-03-31/functions/{next(names)}/invocations")


def _first_response(port: int, path: str) -> float:
    """The milliseconds of a request."""
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, BODY)
    response = connection.getresponse()
    content = response.read()
    took = (time.perf_counter() - start) * 1000
    connection.close()
    if json.loads(content) != json.loads(BODY):
        raise RuntimeError(f"{path}: {response.status} {content[:200]!r}")
    return took


def _emulated(run: Run) -> float:
    """The milliseconds to start an emulator and get its first response. Raises Unavailable."""
    start = time.perf_counter()
    with gateways.emulated(run) as (server, port):
        while server.process.poll() is None:
            with suppress(ConnectionError):
                _first_response(port, INVOCATIONS)
                return (time.perf_counter() - start) * 1000
            time.sleep(0.0005)
    raise Unavailable("RIE ended before it responded")
