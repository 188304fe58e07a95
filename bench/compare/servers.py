"""The servers that are compared, each while the block runs, and the outcomes of the cases on it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

from bench.errors import Unavailable
from bench.ministack import URL as MINISTACK_URL
from bench.ministack import ministack
from bench.peers import ROOT
from bench.processes import has_printed, has_printed_port, printed_port, serving
from bench.run import Run

KEYS = ("COMPARECOMPARECOMPAR", "not-a-secret-of-anybody")


def on_cloud(run: Run) -> list[str]:
    keys = dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), KEYS, strict=True))
    command = [run.command("esb-cloud"), "serve", "--port", "0", "--data", str(run.folder / "cloud.sqlite3")]
    with serving(command, run.folder, run.environment(**keys), has_printed("ready: ")) as server:
        url = server.log.read_text().partition("ready: ")[2].split()[0]
        return _outcomes(run, [], url)


def on_moto(run: Run) -> list[str]:
    run.versions.add(f"moto {version('moto')}")
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", "0"]
    with serving(command, run.folder, run.environment(), has_printed_port) as server:
        return _outcomes(run, [], f"http://127.0.0.1:{printed_port(server)}")


def on_ministack(run: Run) -> list[str]:
    with ministack(run) as peer:
        return _outcomes(run, peer.enter, MINISTACK_URL)


SERVERS: Mapping[str, Callable[[Run], list[str]]] = {
    "esb-cloud": on_cloud,
    "moto": on_moto,
    "MiniStack": on_ministack,
}


def _outcomes(run: Run, enter: Sequence[str], url: str) -> list[str]:
    """Raises Unavailable."""
    command = [*enter, sys.executable, "-m", "bench.compare.run_cases", url, *KEYS]
    done = subprocess.run(
        command, cwd=ROOT, env=run.environment(), capture_output=True, text=True, check=False, timeout=900
    )
    if done.returncode:
        raise Unavailable(f"the cases did not run: {(done.stderr.strip().splitlines() or ['no output'])[-1][:200]}")
    found: list[str] = json.loads(done.stdout)
    return found
