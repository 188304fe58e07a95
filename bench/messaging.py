"""Servers of queues, topics and buses: ours, with its file on the disk, moto and MiniStack, which keep nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bench.errors import Unavailable
from bench.load import Target, post
from bench.ministack import PORT as MINISTACK_PORT
from bench.ministack import URL as MINISTACK_URL
from bench.ministack import ministack
from bench.processes import Server, has_printed, has_printed_port, printed_port, serving
from bench.run import Run

CLIENT: Final = Path(__file__).with_name("messaging_client.py")
OURS, MINISTACK, MOTO = "ESB", "MiniStack", "moto"
_TYPES: Final = {"AmazonSQS": "application/x-amz-json-1.0", "AWSEvents": "application/x-amz-json-1.1"}
_SCOPES: Final = {"AmazonSQS": "sqs", "AWSEvents": "events", "sns": "sns"}


@dataclass(frozen=True, slots=True)
class MessageServer:
    """A running server; `enter` is the command prefix of its clients."""

    run: Run
    server: Server
    url: str
    port: int
    enter: Sequence[str] = ()

    def do(self, action: str, *arguments: object) -> Any:
        """An action of messaging_client.py. Raises Unavailable."""
        command = [*self.enter, sys.executable, str(CLIENT), self.url, action, *map(str, arguments)]
        done = subprocess.run(
            command, env=self.run.environment(), capture_output=True, text=True, check=False, timeout=900
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no output"]
            raise Unavailable(f"{action}: {said[-1][:200]}")
        return json.loads(done.stdout)

    def target(self, operation: str, body: Mapping[str, Any]) -> Target:
        """The request of a JSON operation, such as `AmazonSQS.SendMessage`."""
        service = operation.partition(".")[0]
        headers = {"X-Amz-Target": operation, "Authorization": _authorization(service)}
        request = post("/", json.dumps(body).encode(), headers)
        return self._target(request.replace(b"application/json", _TYPES[service].encode(), 1))

    def publish(self, topic: str, message: str) -> Target:
        """The request that publishes a message to a topic."""
        form = f"Action=Publish&Version=2010-03-31&TopicArn={topic.replace(':', '%3A')}&Message={message}"
        request = post("/", form.encode(), {"Authorization": _authorization("sns")})
        return self._target(request.replace(b"application/json", b"application/x-www-form-urlencoded", 1))

    def _target(self, request: bytes) -> Target:
        return Target(self.port, request, self.enter)

    def commits(self) -> float:
        """The number of transactions that esb-cloud has made durable; a sync is of one, now and then of two."""
        with urllib.request.urlopen(f"{self.url}/_esb/metrics", timeout=30) as page:
            for line in page.read().decode().splitlines():
                if line.startswith("esb_cloud_commits_total "):
                    return float(line.split()[1])
        raise Unavailable("esb-cloud's metrics have no esb_cloud_commits_total")


@contextmanager
def our_server(run: Run) -> Iterator[MessageServer]:
    """`esb-cloud serve` with its file in the run's folder. As the others, it checks no signature."""
    run.folder.mkdir(parents=True, exist_ok=True)
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "ESB_AUTH": "off"}
    command = [run.command("esb-cloud"), "serve", "--port", "0", "--data", str(run.folder / "cloud.sqlite3")]
    with serving(command, run.folder, run.environment(**keys), has_printed("ready: ")) as server:
        url = server.log.read_text().partition("ready: ")[2].split()[0]
        yield MessageServer(run, server, url, urlsplit(url).port or 0)


@contextmanager
def moto_server(run: Run) -> Iterator[MessageServer]:
    run.versions.add(f"moto {version('moto')}")
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", "0"]
    with serving(command, run.folder, run.environment(), has_printed_port) as server:
        port = printed_port(server)
        yield MessageServer(run, server, f"http://127.0.0.1:{port}", port)


@contextmanager
def ministack_server(run: Run) -> Iterator[MessageServer]:
    """Raises Unavailable."""
    with ministack(run) as peer:
        yield MessageServer(run, peer.server, MINISTACK_URL, MINISTACK_PORT, peer.enter)


def _authorization(service: str) -> str:
    """A signature that nobody checks; moto and MiniStack read the service from its scope."""
    scope = f"bench/20260101/us-east-1/{_SCOPES[service]}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"
