"""10,000 printed lines, shipped to VictoriaLogs by ESB's sitecustomize, against a plain print."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench.goals import Finding, at_most
from bench.parts.sitecustomize import runtime_files
from bench.processes import finished, has_printed_port, printed_port, serving
from bench.run import ESB, Run, measure_interleaved

LINES = 10_000
PLAIN = "a plain print"
SERVER = Path(__file__).parents[1] / "log_server.py"
PRINTS = f"""\
import sys, time
start = time.perf_counter()
for number in range({LINES}):
    print("order", number, "of a day is on its way to the customer who has waited for it")
took = time.perf_counter() - start
open(sys.argv[1], "w").write(str(took))
"""


def measure(run: Run) -> Iterator[Finding]:
    files = str(runtime_files(run))
    with ExitStack() as servers:
        up, slow = (
            printed_port(servers.enter_context(serving(command, run.folder, run.environment(), has_printed_port)))
            for command in ([sys.executable, str(SERVER), delay] for delay in ("0", "2"))
        )
        down = servers.enter_context(socket.socket())
        down.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        ports = {"is up": up, "takes 2 s for a response": slow, "is down": down.getsockname()[1]}
        for name, port in ports.items():
            environment = run.environment(PYTHONPATH=files, VICTORIALOGS_URL=f"http://127.0.0.1:{port}")
            sides = {ESB: _printer(run, environment), PLAIN: _printer(run, run.environment())}
            measured = measure_interleaved(run.pairs, sides)
            added = tuple(ours - theirs for ours, theirs in zip(*measured.found.values(), strict=True))
            yield Finding(f"added per line, VictoriaLogs {name}", "µs", added, goal=at_most(50))


def _printer(run: Run, environment: dict[str, str]) -> Callable[[], float]:
    """Measures the microseconds that a program needs to print a line."""
    return partial(_print, run, environment)


def _print(run: Run, environment: dict[str, str]) -> float:
    took = run.folder / "took"
    finished([sys.executable, "-c", PRINTS, str(took)], run.folder, environment)
    return float(took.read_text()) / LINES * 1e6
