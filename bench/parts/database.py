"""Calls of the stack's database through boto3, beside DynamoDB Local and moto; 1 and 16 clients."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from bench.errors import Unavailable
from bench.goals import Finding
from bench.parts.provision import moto
from bench.processes import STARTUP_TIMEOUT, finished
from bench.run import ESB, Run, measure_interleaved, optional
from esb_schemas.engines import Engine, engines

CLIENT: Final = Path(__file__).parents[1] / "database_client.py"
CLIENTS: Final = (1, 16)
OPERATIONS: Final = ("put", "get", "query of 100 items", "transaction of 2 puts")
LOCAL, MOTO = "DynamoDB Local", "moto"
LAB_IMAGE: Final = "esb-lab/database:ddblocal"  # where the official image cannot be pulled

Rates = Mapping[str, float]


def measure(run: Run) -> Iterator[Finding]:
    default, local = next(iter(engines("dynamodb").values())), engines("dynamodb")["dynamodb-local"]
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        urls = {
            ESB: stack.enter_context(container(default)),
            LOCAL: optional(lambda: stack.enter_context(container(local, LAB_IMAGE)), LOCAL, absent),
            MOTO: optional(lambda: stack.enter_context(moto(run)), MOTO, absent),
        }
        run.versions.add(f"{default.name} {default.image.rpartition(':')[2]}")
        for clients in CLIENTS:
            sides = {name: _calls(run, url, clients) for name, url in urls.items() if url is not None}
            measured = measure_interleaved(run.pairs, sides, absent)
            what = "1 client" if clients == 1 else f"{clients} clients"
            for other in (LOCAL, MOTO):
                for operation in OPERATIONS:
                    pick = partial(_rate, operation)
                    yield measured.finding(f"{operation}, {what}", "calls/s", pick, (ESB, other))


def _rate(operation: str, rates: Rates) -> float:
    return rates[operation]


def _calls(run: Run, url: str, clients: int) -> Callable[[], Rates]:
    def call() -> Rates:
        output = run.folder / "output"  # of `finished`
        finished([sys.executable, str(CLIENT), url, str(clients), str(run.seconds / 3)], run.folder, run.environment())
        rates: Rates = json.loads(output.read_text())
        return rates

    return call


@contextmanager
def container(engine: Engine, other: str | None = None) -> Iterator[str]:
    """The URL of an engine as a stack runs it, but in a container alone; `other` is an image in place of its own.

    Raises Unavailable.
    """
    name, port = f"esb-bench-{secrets.token_hex(4)}", engine.backend.port
    image = _image(engine.image, other)
    user = () if engine.user is None else ("--user", engine.user)
    options = ("--detach", "--name", name, "--publish", f"127.0.0.1::{port}", "--volume", engine.data, *user)
    command = engine.command if image == engine.image else ()
    try:
        _docker("run", *options, image, *command)
        url = f"http://{_docker('port', name, str(port)).splitlines()[0]}"
        _until_answered(url, f"{engine.name} in {image}")
        yield url
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)


def _image(image: str, other: str | None) -> str:
    """The image, or the other one, whichever is on this machine; else it is pulled. Raises Unavailable."""
    candidates = [image] if other is None else [image, other]
    for each in candidates:
        if _has(each):
            return each
    _docker("pull", "--quiet", image)
    return image


def _has(image: str) -> bool:
    try:
        done = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False)
    except OSError as error:
        raise Unavailable(f"docker: {error.strerror}") from error
    return done.returncode == 0


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"docker {arguments[0]} failed: {(done.stderr.strip() or 'no output').splitlines()[-1]}")
    return done.stdout.strip()


def _until_answered(url: str, name: str) -> None:
    """Wait until it answers, and be it with an error. Raises Unavailable."""
    deadline = time.monotonic() + STARTUP_TIMEOUT
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise Unavailable(f"{name} does not answer") from None
            time.sleep(0.1)
        else:
            return
