"""The demo: builds examples/orders, then creates what it asks for on an embedded database and storage.

Everything happens in a temporary folder and on the loopback interface; nothing is left behind.
"""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from moto.server import ThreadedMotoServer

ORDERS = Path(__file__).resolve().parent / "orders"


def main() -> int:
    start = time.monotonic()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # or the embedded server logs every request
    with tempfile.TemporaryDirectory(prefix="esb-demo-") as folder:
        project = Path(folder)
        say("1. A SAM template becomes a stack")
        run(project, "esb", "build", "-t", str(ORDERS / "template.yaml"))

        say("2. An embedded database and storage start here; what would be created?")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            url = f"http://{host}:{port}"
            endpoints = {
                **credentials(project / ".esb/secrets.env"),
                "AWS_DEFAULT_REGION": "us-east-1",
                "DYNAMODB_ENDPOINT": url,
                "S3_ENDPOINT": url,
            }
            provision = ["esb-provision", ".esb/config/resources.yml"]
            run(project, *provision, "--plan", environment=endpoints)
            say("3. The provisioner creates it")
            run(project, *provision, environment=endpoints)
            say("4. A second time there is nothing to do")
            run(project, *provision, environment=endpoints)
        finally:
            server.stop()
    print(f"\nDone in {time.monotonic() - start:.1f} s.")
    return 0


def credentials(path: Path) -> dict[str, str]:
    """The stack's own credentials, as the first build made them."""
    pairs = (line.partition("=") for line in path.read_text().splitlines())
    return {name: value for name, _, value in pairs if name.startswith("AWS_")}


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def run(folder: Path, *command: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a command of ESB's as a person would, showing it and what it says; the demo ends if it fails."""
    shown = shlex.join(command).replace(str(ORDERS.parents[1]) + os.sep, "")
    print(f"  $ {shown}", flush=True)
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    print("".join(f"  {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
    if done.returncode:
        sys.exit(f"\n{command[0]} ended with exit code {done.returncode}.")


if __name__ == "__main__":
    sys.exit(main())
