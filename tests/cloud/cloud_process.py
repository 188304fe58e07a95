"""`esb-cloud serve` as a process of its own, to be killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.cloud.running_cloud import ACCESS_KEY, SECRET_KEY

CREDENTIALS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}


class CloudProcess:
    """The running process; port 0 is a free one, which is kept for the next start."""

    def __init__(self, data: Path, *options: str, port: int = 0, **environment: str) -> None:
        command = [sys.executable, "-m", "esb_cloud", "serve", "--port", str(port), "--data", str(data), *options]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **CREDENTIALS, **environment},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.fullmatch(r"ready: (http://127\.0\.0\.1:(\d+))\n", line)
        assert found is not None, line + self.process.stdout.read()
        self.url, self.port = found[1], int(found[2])

    def client(self, service: str = "sqs", **config: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(**{"retries": {"total_max_attempts": 1}, **config}),
        )

    def kill(self) -> None:
        """As the power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def terminate(self) -> int:
        """As Docker does; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def end(self) -> int:
        assert self.process.stdout is not None
        code = self.process.wait(30)
        self.process.stdout.close()
        return code


Spawn = Callable[..., CloudProcess]
