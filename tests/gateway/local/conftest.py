"""What the tests of `esb-gateway local` share: the example as `esb build` leaves it, and the gateway as a program."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import botocore.config
import botocore.session
import pytest

from tests.watching import until

EXAMPLE = Path(__file__).parents[3] / "examples/orders/template.yaml"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
PROGRAM = (sys.executable, "-c", "import sys; from esb_gateway.cli import main; sys.exit(main())", "local")


class Local:
    """A running `esb-gateway local`."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        self.process = subprocess.Popen(
            [*PROGRAM, str(root), "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "AWS_PROFILE": "of-the-person", "SECRET_OF_THE_PERSON": "no"},
        )
        self.lines: list[str] = []
        self.said: list[str] = []
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [
            threading.Thread(target=self.lines.extend, args=(self.process.stdout,)),
            threading.Thread(target=self.said.extend, args=(self.process.stderr,)),
        ]
        for reader in self._readers:
            reader.start()

    def ready(self) -> Local:
        """Wait for the three lines."""
        until(lambda: "s3" in self.addresses or self.process.poll() is not None, 30)
        assert "s3" in self.addresses, self.said
        return self

    @property
    def addresses(self) -> dict[str, str]:
        """The lines of readiness: name and URL."""
        return dict(line.strip().split(": ", 1) for line in list(self.lines) if not line.startswith("{"))

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[int, Any]:
        """A request to a route: the status, and the JSON of the answer."""
        connection = http.client.HTTPConnection(self.addresses["ready"].removeprefix("http://"), timeout=20)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), dict(headers))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def client(self, service: str) -> Any:
        """A client with the stack's credentials."""
        secrets = dict(line.split("=", 1) for line in (self.root / "secrets.env").read_text().split())
        session = botocore.session.Session()
        session.set_config_variable("profile", None)
        return session.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.addresses["ready" if service == "lambda" else service],
            aws_access_key_id=secrets["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=secrets["AWS_SECRET_ACCESS_KEY"],
            config=botocore.config.Config(proxies={}, retries={"total_max_attempts": 1}),
        )

    def invoke(self, function: str, event: Any = None) -> Any:
        """Invoke a function; gives the JSON of its answer."""
        client = self.client("lambda")
        try:
            return json.loads(client.invoke(FunctionName=function, Payload=json.dumps(event))["Payload"].read())
        finally:
            client.close()

    def processes(self) -> list[int]:
        """The gateway's children."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="utf-8")
        return [int(child) for child in listed.split()]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal; gives the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self, seconds: float = 20) -> int:
        """Wait for its end and for the rest of what it wrote; gives the exit code."""
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(5)
            assert not reader.is_alive(), "somebody still holds the gateway's output"
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code


@pytest.fixture(scope="session")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's .esb folder."""
    output = tmp_path_factory.mktemp("orders") / ".esb"
    build = [sys.executable, "-m", "esb_generator", "build", "-t", str(EXAMPLE), "--output", str(output)]
    subprocess.run(build, check=True, capture_output=True, cwd=output.parent)
    return output


@pytest.fixture(scope="session")
def shop(orders: Path) -> Iterator[Local]:
    """The example, running, for all tests that leave it running."""
    gateway = Local(orders)
    try:
        yield gateway.ready()
    finally:
        gateway.end()


TICKING = """
stack: {name: shop}
functions:
  diary:
    handler: app.handler
    runtime: python3.11
    code: functions/diary
    events:
    - {type: Schedule, name: Tick, schedule: rate(1 minute)}
    - {type: ScheduleV2, name: Shift, schedule: cron(0 6 1 1 ? *), timezone: Europe/Berlin, input: '{"secret": 1}'}
"""


@pytest.fixture(scope="session", autouse=True)
def ticking(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local | None]:
    """A gateway with a schedule that fires every minute, if a test waits for it; started before all of the others, so
    that the minute is over when its turn comes.
    """
    if not any(item.path.name == "test_ticking.py" for item in request.session.items):
        yield None
        return
    root = tmp_path_factory.mktemp("ticking")
    (root / "config").mkdir()
    (root / "config/functions.yml").write_text(TICKING)
    (root / "config/routing.yml").write_text("routes: []\n")
    (root / "config/resources.yml").write_text("DynamoDB: []\n")
    (root / "secrets.env").write_text("".join(f"{name}={value}\n" for name, value in KEYS.items()))
    shutil.copytree(Path(__file__).parent / "functions/diary", root / "functions/diary")
    gateway = Local(root, "--data", str(root / "data"))
    try:
        yield gateway
    finally:
        if gateway.process.poll() is None:
            gateway.end()


@pytest.fixture
def start() -> Iterator[Callable[..., Local]]:
    """Starts gateways, and ends those that the test has left."""
    started: list[Local] = []

    def start(root: Path, *options: str) -> Local:
        started.append(Local(root, *options))
        return started[-1]

    yield start
    for gateway in started:
        if gateway.process.poll() is None:
            gateway.process.kill()
        if gateway.process.stdout is not None and not gateway.process.stdout.closed:
            gateway.wait()


@pytest.fixture
def by_hand(tmp_path: Path) -> Path:
    """A small folder as a person might write it: the functions `probe` and `echo`, one table, one bucket, one route."""
    root = tmp_path / "stack"
    (root / "config").mkdir(parents=True)
    (root / "secrets.env").write_text("".join(f"{name}={value}\n" for name, value in KEYS.items()))
    for name, text in DOCUMENTS.items():
        (root / "config" / name).write_text(text)
    for function in ("probe", "echo"):
        shutil.copytree(Path(__file__).parent / "functions" / function, root / "functions" / function)
    return root


DOCUMENTS = {
    "functions.yml": (
        "functions:\n"
        "  probe: {handler: app.handler, runtime: python3.11, timeout: 20, environment: {OWN: mine}}\n"
        "  echo: {handler: app.handler, runtime: python3.11}\n"
    ),
    "routing.yml": "routes: [{path: /echo, method: POST, function: echo}]\n",
    "resources.yml": (
        "DynamoDB:\n"
        "  - TableName: things\n"
        "    KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
        "    AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
        "    BillingMode: PAY_PER_REQUEST\n"
        "S3: [{BucketName: files}]\n"
    ),
}
