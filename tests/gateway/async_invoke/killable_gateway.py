"""A whole gateway as a child process that can be killed and started again, and requests to it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.credentials

KEYS = ("AKIDEXAMPLE", "example")
COMMAND = (sys.executable, "-m", "tests.gateway.async_invoke.durable_gateway")
ROOT = Path(__file__).parents[3]


class KillableGateway:
    """Keeps its port over a restart: the first start takes any free one and says which."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [*COMMAND, str(self.file), str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rpartition(":")[2])

    def kill(self) -> None:
        if self.process is not None:
            process, self.process = self.process, None
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=60)


def signed(method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> dict[str, str]:
    """The headers of a request that botocore has signed."""
    request = botocore.awsrequest.AWSRequest(method, url, headers or {}, body)
    credentials = botocore.credentials.Credentials(*KEYS)
    botocore.auth.SigV4Auth(credentials, "lambda", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
