"""Engines as a stack runs them, but in a container alone."""

from __future__ import annotations

import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from bench.compose_stack import docker
from bench.errors import Unavailable
from bench.processes import STARTUP_TIMEOUT
from esb_schemas.engines.engine import Engine


class Container(NamedTuple):
    """A running engine: its URL and the name of its container."""

    url: str
    name: str


@contextmanager
def container(engine: Engine, other: str | None = None, **variables: str) -> Iterator[Container]:
    """A running engine; `other` is an image in place of its own, with the environment `variables`.

    Raises Unavailable.
    """
    name, port = f"esb-bench-{secrets.token_hex(4)}", engine.backend.port
    image = _image(engine.image, other)
    user = () if engine.user is None else ("--user", engine.user)
    environment = tuple(f"--env={each}={value}" for each, value in variables.items())
    options = ("--detach", "--name", name, "--publish", f"127.0.0.1::{port}", "--volume", engine.data)
    command = engine.command if image == engine.image else ()
    try:
        docker("run", *options, *user, *environment, image, *command)
        url = f"http://{docker('port', name, str(port)).splitlines()[0]}"
        _until_answered(url, f"{engine.name} in {image}")
        yield Container(url, name)
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)


def _image(image: str, other: str | None) -> str:
    """The image, or the other one, whichever is on this machine; else it is pulled. Raises Unavailable."""
    for each in (image, other):
        if each is not None and docker("image", "ls", "--quiet", each):
            return each
    docker("pull", "--quiet", image)
    return image


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
