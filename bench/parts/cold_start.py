"""From nothing to the first answer: the start of a runtime, against AWS's emulator with the same runtime client."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import suppress

from bench import gateways
from bench.errors import NotHere
from bench.gateways import BODY, INVOCATIONS, Function, write_stack
from bench.goals import Finding, ratio_at_most
from bench.run import ESB, Run, in_turns

EMULATOR = "RIE and its runtime"


def measure(run: Run) -> Iterator[Finding]:
    # A function for each start: none is there before its first request.
    count = (run.starts + 1) * 2
    stack = write_stack(run.folder / "stack", {f"cold{number}": Function(slots=1) for number in range(count)})
    with gateways.esb(run, stack, ESB_AUTH="off") as gateway:
        names = iter([f"cold{number}" for number in range(count)])
        sides = {
            ESB: lambda: _first_answer(gateway.port, f"/2015-03-31/functions/{next(names)}/invocations"),
            EMULATOR: lambda: _emulated(run),
        }
        turns = in_turns(run.starts, sides)
    yield turns.finding("from the request to its answer", "ms", float, (ESB, EMULATOR), ratio_at_most(1.0))


def _first_answer(port: int, path: str) -> float:
    """Milliseconds until a request is answered."""
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, BODY)
    answer = connection.getresponse()
    content = answer.read()
    took = (time.perf_counter() - start) * 1000
    connection.close()
    if json.loads(content) != json.loads(BODY):
        raise RuntimeError(f"{path}: {answer.status} {content[:200]!r}")
    return took


def _emulated(run: Run) -> float:
    """The same for an emulator that is started for the request, as nothing else starts it. Raises NotHere."""
    start = time.perf_counter()
    with gateways.emulated(run) as (server, port):
        while server.process.poll() is None:
            with suppress(ConnectionError):
                _first_answer(port, INVOCATIONS)
                return (time.perf_counter() - start) * 1000
            time.sleep(0.0005)
    raise NotHere("RIE ended before it answered")
