"""`esb-gateway serve` as a child process on free ports."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.listening import listening_ports

SECRETS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "ESB_RUNTIME_SECRET": "r"}
FUNCTIONS = "functions: {hello: {handler: app.handler, runtime: python3.12}}\n"
ROUTING = "routes: [{path: '/hello/{name}', method: GET, function: hello}]\n"


class ServeProcess:
    """The process, once it has said that it is ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.ready = next(line for line in process.stdout if line.startswith("ready: "))
        self.address = self.ready.strip().rpartition("//")[2]
        self.port = int(self.address.rpartition(":")[2])

    @property
    def runtime_port(self) -> int:
        (port,) = self.other_ports()
        return port

    def other_ports(self) -> set[int]:
        """The ports besides the public one: that of the runtimes, and with TLS the one without."""
        return {port for port in listening_ports(self.process.pid) - {self.port} if not _refuses_all(port)}

    @property
    def refusing_port(self) -> int:
        """The port for services that the stack lacks."""
        (port,) = listening_ports(self.process.pid) - {self.port} - self.other_ports()
        return port

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End it; returns the exit code and the rest of its output."""
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, output


@contextmanager
def serve(config: Path, **variables: str) -> Iterator[ServeProcess]:
    """Run it; however the block ends, no process and no pipe is left."""
    with starting(config, **variables) as process:
        yield ServeProcess(process)


@contextmanager
def starting(config: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """As `serve`, before it has said anything."""
    ports = {"ESB_RUNTIME_PORT": "0", "ESB_NOT_IN_THIS_STACK_PORT": "0"}
    environment = {**ports, "ESB_EVENTS_FILE": str(config / "events.sqlite3")}
    process = subprocess.Popen(
        [sys.executable, "-m", "esb_gateway", "serve", "--config", str(config), "--host", "127.0.0.1", "--port", "0"],
        env={**os.environ, **SECRETS, **environment, **variables},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _refuses_all(port: int) -> bool:
    try:
        return b"NotInThisStack" in get(f"127.0.0.1:{port}", "/")[1]
    except (OSError, http.client.HTTPException):
        return False


def get(address: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
