"""The program of the image: builds the application in /app and runs it for tests; its arguments are those of esb build.

The servers listen on the loopback interface, at ports of their own. Ports of the container lead there: 8000 to the
database, 9000 to the storage, 4566 to queues, topics and buses, and last 8080 to the gateway. So whoever gets an answer
from 8080 can use them all.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from esb_wire.forwarding import Target, forwarding
from esb_wire.http.sockets import bind

OUTPUT: Final = Path("/var/lib/esb/.esb")
KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
PORTS: Final = {"dynamodb": 8000, "s3": 9000, "cloud": 4566, "ready": 8080}  # by the lines of esb-gateway local
READY: Final = f"http://127.0.0.1:{PORTS['ready']}/_esb/ready"


def main(arguments: Sequence[str]) -> int:
    """Build and serve until TERM; with `--check`, whether it is ready."""
    if arguments[:1] == ["--check"]:
        return check()
    write_secrets(os.environ)
    build = subprocess.run(["esb", "build", "--output", str(OUTPUT), *arguments], check=False)
    return build.returncode or asyncio.run(serve())


def check() -> int:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(READY, timeout=4):
            return 0
    except OSError:
        return 1


def write_secrets(environ: Mapping[str, str]) -> None:
    """The credentials of the stack, if the environment has both; else esb build makes some."""
    if all(environ.get(name) for name in KEYS):
        OUTPUT.mkdir(parents=True, exist_ok=True)
        lines = [*(f"{name}={environ[name]}" for name in KEYS), f"ESB_RUNTIME_SECRET={os.urandom(32).hex()}"]
        with open(OUTPUT / "secrets.env", "w", opener=private) as file:
            file.writelines(f"{line}\n" for line in lines)


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


async def serve() -> int:
    """Run the gateway; returns its exit code."""
    command = ("esb-gateway", "local", str(OUTPUT), "--port", "0", "--testing", "--cloud")
    gateway = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, limit=1 << 24)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, gateway.terminate)
    assert gateway.stdout is not None, "it is a pipe"  # noqa: S101
    targets: dict[str, Target] = {}
    async with AsyncExitStack() as stack:
        async for line in gateway.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            name, _, url = line.decode("utf-8", "replace").strip().partition(": ")
            if name in PORTS and name not in targets:
                parts = urlsplit(url)
                targets[name] = Target(parts.hostname or "", parts.port or 0)
                if len(targets) == len(PORTS):
                    await open_ports(stack, targets)
        return await gateway.wait()


async def open_ports(stack: AsyncExitStack, targets: Mapping[str, Target]) -> None:
    for name, port in PORTS.items():
        listener = stack.enter_context(bind("0.0.0.0", port))  # noqa: S104 - the container's own
        await stack.enter_async_context(forwarding(listener, targets[name], drain=1))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
