"""A clock and servers for the provisioner's tests: fakes without I/O, and moto on a free port of the loopback."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from esb_provisioner.answers import ServerError
from esb_provisioner.cli import run
from esb_provisioner.steps import Call


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.stopped = False

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def stop(self) -> None:
        self.stopped = True


@dataclass
class ScriptedServer:
    """Answers each operation with its next answer; the last one stays. Remembers the calls."""

    script: Mapping[str, Sequence[Mapping[str, Any] | ServerError]]
    calls: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> Mapping[str, Any]:
        earlier = sum(each.operation == call.operation for each in self.calls)
        self.calls.append(call)
        answers = self.script[call.operation]
        answer = answers[min(earlier, len(answers) - 1)]
        if isinstance(answer, ServerError):
            raise answer
        return answer

    @property
    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def scripted() -> type[ScriptedServer]:
    return ScriptedServer


@dataclass(frozen=True)
class Finished:
    """A run of the command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def results(self) -> dict[str, str]:
        return {each["name"]: each["result"] for each in self.document["results"]}


@cache
def client(service: str, url: str) -> Any:
    """A plain client of the test's own."""
    keys = {"aws_access_key_id": "test-key", "aws_secret_access_key": "not-to-be-seen"}
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", **keys)


@dataclass(frozen=True)
class Stack:
    """Moto's server, emptied, and the environment that leads there."""

    url: str
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            "DYNAMODB_ENDPOINT": self.url,
            "S3_ENDPOINT": self.url,
            "AWS_ACCESS_KEY_ID": "test-key",
            "AWS_SECRET_ACCESS_KEY": "not-to-be-seen",
        }

    def client(self, service: str) -> Any:
        return client(service, self.url)

    def write(self, document: Mapping[str, Any]) -> Path:
        path = self.folder / "resources.yml"
        path.write_text(json.dumps(document))  # JSON is YAML
        return path

    def provision(self, document: Mapping[str, Any], *options: str, **environ: str) -> Finished:
        return provision(self.write(document), *options, environ=self.environ | environ)


def provision(path: Path, *options: str, environ: Mapping[str, str]) -> Finished:
    out, err = StringIO(), StringIO()
    code = run([str(path), *options], environ, out, err)
    return Finished(code, out.getvalue(), err.getvalue())


@pytest.fixture
def command() -> Callable[..., Finished]:
    return provision


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def stack(moto_url: str, tmp_path: Path) -> Stack:
    with urlopen(Request(f"{moto_url}/moto-api/reset", method="POST")):
        return Stack(moto_url, tmp_path)
