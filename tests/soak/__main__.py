"""Minutes of mixed load on `esb-gateway local`, with crashes and reloads: `nox -s soak -- --minutes 20`.

Succeeds if every response is correct, every accepted event and message has run, and the last third of the time has the
same memory, descriptors, processes, files and response times as the first third, within the bounds in samples.py. What
happens in the first quarter is ignored.

`-- --kill s3-storage` is another test: engine_kills.py. So is `-- --kill chain`: chain_kills.py,
and `-- --sweep`: sweep.py.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from .chain_kills import chain_kills, report
from .engine_kills import STORES, soak_kills
from .faults import faults
from .mix import MIX, TIMED, SoakRequest, order, send
from .samples import ResponseTime, Sample, growth, sample, slowdown, thirds, times_by_third
from .stack import Gateway, build, missing, running, wait_for, write
from .sweep import ITEMS, soak_sweep

T = TypeVar("T")

CHAIN: Final = "chain"
CLIENTS: Final = 4
WARM_UP: Final = 0.25  # of the time; growth until everything has happened once is ignored
RELOAD_EVERY: Final = 7.0  # seconds
DRAIN_TIMEOUT: Final = 60.0  # seconds for the last events


@dataclass
class Load:
    """The state that the clients share."""

    addresses: Mapping[str, str]  # of the gateway and of esb-cloud
    pause: float  # seconds between two requests of a client
    end: threading.Event = field(default_factory=threading.Event)
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    times: list[ResponseTime] = field(default_factory=list)

    def run(self, client: int) -> None:
        """Send requests until the end, 100 on each connection; every tenth connection ends with an unread response."""
        for turn in itertools.count():
            connections = {
                server: http.client.HTTPConnection(address, timeout=30) for server, address in self.addresses.items()
            }
            for at, name in enumerate(order(client * 1_000_000 + turn)):
                if self.end.is_set():
                    break
                request = MIX[name][1](f"{client}-{turn}-{at}")
                self._send(connections[request.server], name, request)
                time.sleep(self.pause)
            if turn % 10 == 9:
                connections["gateway"].request("POST", "/echo", "closed before the response")
            for connection in connections.values():
                connection.close()
            if self.end.is_set():
                return

    def _send(self, connection: http.client.HTTPConnection, name: str, request: SoakRequest) -> None:
        began = time.monotonic()
        try:
            problem = send(connection, request)
        except (OSError, http.client.HTTPException) as error:
            problem = f"{name}: {error!r}"
            connection.close()
        if problem is not None:
            self.errors.append(problem)
        self.notes += request.notes if problem is None else ()
        self.counts[name] += 1
        if name in TIMED:
            now = time.monotonic()
            self.times.append(ResponseTime(now, now - began))


def replace(path: Path, text: str) -> None:
    """Replace a file atomically, as `esb build` does."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").replace(path)


def reload(root: Path, load: Load) -> None:
    """Change a file every few seconds."""
    for path, text in changes(root):
        if load.end.wait(RELOAD_EVERY):
            return
        replace(root / path, text)
        load.counts["reload"] += 1


def changes(root: Path) -> Iterator[tuple[str, str]]:
    """Endless changes: an environment, a new function, routes, invalid routes, code."""
    functions, routing = ((root / "config" / name).read_text() for name in ("functions.yml", "routing.yml"))
    handler = (root / "functions/Echo/code/app.py").read_text()
    for number in itertools.count(1):
        more = f"F{number}: {{handler: app.echo, runtime: python3.12, code: functions/Echo/code}}"
        yield "config/functions.yml", functions.replace("VERSION: '0'", f"VERSION: '{number}'")
        yield "config/functions.yml", functions.replace("functions:", f"functions:\n  {more}", 1)
        route = f"{{path: /n, method: GET, function: F{number}}}"
        yield "config/routing.yml", routing.replace("routes:", f"routes:\n- {route}", 1)
        yield "config/routing.yml", "routes: [{path: /, method: GET, function: Nobody}]\n"
        yield "config/routing.yml", routing
        yield "functions/Echo/code/app.py", f"{handler}\n# {number}\n"


def soak(seconds: float, pause: float, folder: Path) -> list[str]:
    """Run the load for `seconds`; prints the measurements and returns the problems."""
    with running(build(folder), folder / "log") as gateway:
        load = Load({"gateway": gateway.address, "cloud": gateway.cloud}, pause)
        threads = [threading.Thread(target=load.run, args=(client,)) for client in range(CLIENTS)]
        threads.append(threading.Thread(target=reload, args=(folder / ".esb", load)))
        for thread in threads:
            thread.start()
        warm = time.monotonic() + seconds * WARM_UP
        taken = list(sampled(gateway, folder / "data", seconds))
        load.end.set()
        for thread in threads:
            thread.join()
        wait_for(lambda: not missing(load.notes, folder / "notes"), DRAIN_TIMEOUT)
        lost = missing(load.notes, folder / "notes")
    early, late = times_by_third([time for time in load.times if time.at > warm])
    write("responses:", ", ".join(f"{count} {name}" for name, count in sorted(load.counts.items())))
    write(f"first third: {early}", f"last third:  {late}")
    grown = list[str]()
    for name, samples in zip(("gateway", "esb-cloud"), zip(*taken, strict=True), strict=True):
        first, last = thirds(samples)
        write(f"{name}:", f"first third: {first}", f"last third:  {last}", f"maximum:     {maxima(samples)}")
        grown += (f"{name}: {sentence}" for sentence in growth(first, last))
    undone = (f"the event {note} has not run" for note in lost[:20])
    return [*load.errors[:20], *undone, *grown, *slowdown(early, late)]


def sampled(gateway: Gateway, data: Path, seconds: float) -> Iterator[tuple[Sample, Sample]]:
    """Samples of the gateway and of esb-cloud, each second after the warm-up."""
    (cloud,) = gateway.children("esb_cloud")
    time.sleep(seconds * WARM_UP)
    end = time.monotonic() + seconds * (1 - WARM_UP)
    while time.monotonic() < end:
        clouds = list(data.glob("cloud.sqlite3*"))
        others = [file for file in data.iterdir() if file not in clouds]
        yield sample(gateway.pid, others), sample(cloud, clouds)
        time.sleep(1)


def maxima(samples: Sequence[Sample]) -> Sample:
    """The maximum of each value."""
    return Sample(*(max(values) for values in zip(*map(astuple, samples), strict=True)))


def main() -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="duration (default: 1)")
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between two requests of a client (0.02)")
    parser.add_argument("--kill", choices=[CHAIN, *STORES], help="kill this under load instead; engines in Docker")
    parser.add_argument("--kills", type=int, default=20, help="how often (20)")
    parser.add_argument("--faults", action="store_true", help="crashes and kills instead: see faults.py")
    parser.add_argument("--sweep", action="store_true", help="measure the deletion of expired items: see sweep.py")
    parser.add_argument("--items", type=int, default=ITEMS, help=f"of --sweep, of which 1 in 100 has expired ({ITEMS})")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the gateway's log")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="esb-soak-"))
    try:
        if options.kill == CHAIN:
            problems = report(chain_kills(options.kills, folder / CHAIN))
        elif options.sweep:
            problems = soak_sweep(options.items, folder, write)
        elif options.kill:
            problems = soak_kills(options.kill, options.kills, folder, write)
        else:
            problems = faults(folder) if options.faults else soak(options.minutes * 60, options.pause, folder)
    finally:
        if options.keep:
            write(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    write(*problems, "failed" if problems else "passed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
