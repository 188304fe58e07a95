"""Applications that are built by `esb build` and run by `docker compose` on a real engine.

These tests run only when they are asked for by name: `nox -s e2e`, or `pytest tests/e2e`. They need a Docker engine and
`docker compose`. ESB_E2E_OVERRIDE names a Compose file that replaces images where the stack's own cannot be pulled.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
from botocore.config import Config
from xdist.scheduler import LoadScopeScheduling

from tests.documents import Shell
from tests.provisioner.matrix import table

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
DEADLINE = 90.0  # seconds
PAUSE = 0.1  # between two looks at a condition
PORTS = ("GATEWAY", "DATABASE", "S3", "LOGS", "CLOUD")
# The fixtures of stacks that the tests of several files use, and these files.
SHARED_STACKS = {
    "probe": (
        "test_capacity",
        "test_function_credentials",
        "test_functions",
        "test_logs",
        "test_published_ports",
        "test_recovery",
        "test_seeds",
    ),
    "orders": ("test_first_run",),
    "fulfilment": ("test_node_sdk", "test_queues"),
}
LONGEST = (  # groups of tests
    "test_changes",
    "probe",
    "test_builds",
    "fulfilment",
    "test_export_import",
    "orders",
    "test_swarm",
    "test_bundle",
    "test_provisioner_matrix",
)
MATRIX = "matrix"  # a property of a test: scenario, server, and what came of it
PORT_TAKEN = re.compile("address already in use|port is already allocated")
T = TypeVar("T")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    asked = any(path.is_relative_to(HERE) for path in _arguments(config))
    return None if asked else True


def _arguments(config: pytest.Config) -> list[Path]:
    return [(config.invocation_params.dir / argument.split("::")[0]).resolve() for argument in config.args]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(400))
            for stack in SHARED_STACKS.keys() & getattr(item, "fixturenames", ()):
                file = item.path.stem
                assert file in SHARED_STACKS[stack], f"{file} is missing in SHARED_STACKS[{stack!r}]"
    items.sort(key=lambda item: _turn(_group(item.path.stem)))


def _group(file: str) -> str:
    """The tests that run in one process, one after the other: those that share a stack, else those of a file."""
    return next((stack for stack, files in SHARED_STACKS.items() if file in files), file)


def _turn(group: str) -> int:
    """The longest groups are begun first, so that no process waits for the other's last one."""
    return LONGEST.index(group) if group in LONGEST else len(LONGEST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Each process gets a whole group at a time."""
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = lambda nodeid: _group(Path(nodeid.partition("::")[0]).stem)
    return scheduler


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """Make a swarm of this machine before any test begins, if a test wants one; it is used as somebody's would be.

    When an engine leaves a swarm, the containers that run on it no longer find each other by name.
    """
    if not _made_swarm and any("/test_swarm.py::" in each for each in ids) and not in_swarm():
        make_swarm()
        _made_swarm.append(node)


@pytest.hookimpl(trylast=True)  # the processes have ended
def pytest_sessionfinish() -> None:
    if _made_swarm:
        docker("swarm", "leave", "--force")


_made_swarm: list[Any] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the matrix of the provisioner, whose cells the tests record as properties."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    recorded = [value for report in reports for name, value in report.user_properties if name == MATRIX]
    cells = {(scenario, server): cell for scenario, server, cell in recorded}
    if cells:
        terminalreporter.write(f"\n{table(cells)}\n")


def wait_for(condition: Callable[[], T | None], deadline: float = DEADLINE) -> T:
    """What the condition gives, as soon as it is true."""
    end = time.monotonic() + deadline
    while True:
        if value := condition():
            return value
        assert time.monotonic() < end, f"not within {deadline} s"
        time.sleep(PAUSE)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; status 0 is none at all."""

    status: int
    text: str
    retry_after: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Stack:
    """A project folder, and the Compose project that is made of it."""

    folder: Path
    project: str
    ports: dict[str, int]

    def build(self, *arguments: str) -> None:
        """`esb build` in the project's folder."""
        done = subprocess.run(
            [sys.executable, "-m", "esb_generator", "build", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`docker compose` in the project's folder, whatever comes of it."""
        command = ["docker", "compose", "--progress", "quiet", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False
        )

    def environment(self) -> dict[str, str]:
        ports = {f"ESB_{name}_PORT": str(port) for name, port in self.ports.items()}
        return {**os.environ, **ports, "COMPOSE_PROJECT_NAME": self.project, "IMAGE_PREFIX": self.project}

    def shell(self) -> Shell:
        """A terminal in the project's folder, with the ports and the names of this stack."""
        docker_files = os.environ.get("DOCKER_CONFIG", str(Path.home() / ".docker"))
        variables = {**self.environment(), "DOCKER_CONFIG": docker_files}
        own = {name: value for name, value in variables.items() if name not in ("HOME", "PATH")}
        replace = {
            "http://localhost:8080": f"http://localhost:{self.ports['GATEWAY']}",
            "http://127.0.0.1:9428": f"http://127.0.0.1:{self.ports['LOGS']}",
        }
        return Shell(self.folder.parent, self.folder, own, replace)

    def up(self) -> None:
        """`docker compose up -d --wait --remove-orphans`."""
        command = ("up", "-d", "--wait", "--remove-orphans")
        done = self.compose(*command)
        while PORT_TAKEN.search(done.stderr):  # by another process, since it was picked
            self.ports.update(free_ports())
            done = self.compose(*command)
        assert done.returncode == 0, f"{done.stderr}\n{self.compose('logs', '--tail', '30').stdout}"

    def down(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "0")
        images = docker("image", "ls", "--quiet", "--filter", f"reference={self.project}/*").split()
        if images:
            docker("image", "rm", "--force", *sorted(set(images)))

    def containers(self) -> dict[str, str]:
        """The containers' ids by service."""
        lines = self.compose("ps", "--all", "--no-trunc", "--format", "json").stdout.splitlines()
        return {row["Service"]: row["ID"] for row in map(json.loads, lines)}

    def state(self, service: str) -> dict[str, Any]:
        """What the engine knows of a service's container: Status, StartedAt, FinishedAt, ExitCode …"""
        state: dict[str, Any] = json.loads(docker("inspect", "--format", "{{json .State}}", self.containers()[service]))
        return state

    def logs(self, service: str) -> str:
        text = self.compose("logs", "--no-log-prefix", service).stdout
        return text.replace("\x1b[2K", "")  # Compose clears the line before each, though this is no terminal

    def request(self, method: str, path: str, body: Any = None) -> Answer:
        """A request to the API; status 0 where nobody answers."""
        return request_to(f"http://127.0.0.1:{self.ports['GATEWAY']}", method, path, body)

    def credentials(self) -> tuple[str, str]:
        """The access key id and the secret key of the stack."""
        lines = (self.folder / ".esb/secrets.env").read_text().splitlines()
        known = dict(line.split("=", 1) for line in lines)
        return known["AWS_ACCESS_KEY_ID"], known["AWS_SECRET_ACCESS_KEY"]

    def client(self, service: str, secret: str | None = None, key: str | None = None) -> Any:
        """boto3's client as a person on this machine uses it: published ports, the stack's own credentials.

        With `secret` or `key`, another secret key or access key id than the stack's.
        """
        own_key, own_secret = self.credentials()
        port = self.ports[{"dynamodb": "DATABASE", "s3": "S3", "lambda": "GATEWAY", "sqs": "CLOUD"}[service]]
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id=key or own_key,
            aws_secret_access_key=secret or own_secret,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=20),
        )

    def invoke(self, function: str, payload: Any, kind: str = "RequestResponse") -> Any:
        """A function's answer; its error fails the test."""
        answer = self.client("lambda").invoke(
            FunctionName=function, InvocationType=kind, Payload=json.dumps(payload).encode()
        )
        content = answer["Payload"].read().decode()
        assert "FunctionError" not in answer, content
        return json.loads(content) if content else None

    def rows(self, query: str) -> list[dict[str, str]]:
        """The log rows that a LogsQL query finds."""
        address = f"http://127.0.0.1:{self.ports['LOGS']}/select/logsql/query"
        data = urllib.parse.urlencode({"query": query}).encode()
        request = urllib.request.Request(address, data, {"Authorization": self.logs_authorization()})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return [json.loads(line) for line in answer]

    def logs_authorization(self) -> str:
        """The header by which VictoriaLogs knows the person whose stack this is."""
        lines = (self.folder / ".esb/.env").read_text().splitlines()
        password = dict(line.split("=", 1) for line in lines)["ESB_LOGS_PASSWORD"]
        return f"Basic {base64.b64encode(f'esb:{password}'.encode()).decode()}"

    def runs(self, name: str) -> tuple[int, int]:
        """How often a piece of the worker's work was begun and done."""
        item = self.client("dynamodb").get_item(TableName="runs", Key={"id": {"S": name}}).get("Item", {})
        return int(item.get("begun", {}).get("N", 0)), int(item.get("done", {}).get("N", 0))


def request_to(url: str, method: str, path: str, body: Any = None) -> Answer:
    """A request with a body as JSON; status 0 where nobody answers."""
    request = urllib.request.Request(
        url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=90) as response:
            return Answer(response.status, response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode(), error.headers.get("Retry-After", ""))
    except OSError:
        return Answer(0, "")


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_swarm() -> bool:
    return docker("info", "--format", "{{.Swarm.LocalNodeState}}").strip() == "active"


def make_swarm() -> None:
    docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")


NewStack = Callable[[Path], Stack]


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """Stop with what is missing, and how to get it."""
    if shutil.which("docker") is None:
        pytest.exit("there is no `docker` here; install Docker Engine 23 or newer with its compose plugin", 3)
    for command, mend in {
        "version": "the Docker engine does not answer; start it, or let DOCKER_HOST name one",
        "compose version": "`docker compose` is missing; install the plugin docker-compose-plugin, 2.20 or newer",
    }.items():
        done = subprocess.run(["docker", *command.split()], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.exit(f"{mend} ({done.stderr.strip()})", 3)


@pytest.fixture(scope="session")
def new_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewStack]:
    """Makes a stack of a copy of an application, not built and not up; all are gone at the end, data and images too."""
    made: list[Stack] = []

    def make(application: Path) -> Stack:
        folder = tmp_path_factory.mktemp("stack") / application.name
        shutil.copytree(application, folder)
        if override := os.environ.get("ESB_E2E_OVERRIDE"):
            shutil.copy(override, folder / "compose.override.yaml")
        project = f"e2e-{application.name}-{secrets.token_hex(3)}"
        made.append(Stack(folder, project, free_ports()))
        return made[-1]

    yield make
    for stack in made:
        stack.down()


def free_ports() -> dict[str, int]:
    """Ports for Compose to publish, which are free now."""
    with contextlib.ExitStack() as opened:
        servers = {name: opened.enter_context(socket.create_server(("127.0.0.1", 0))) for name in PORTS}
        return {name: server.getsockname()[1] for name, server in servers.items()}


@pytest.fixture
def tiny(new_stack: NewStack) -> Iterator[Stack]:
    """A small stack for one test alone: built, not up."""
    stack = new_stack(HERE / "apps/tiny")
    stack.build()
    yield stack
    stack.down()


@pytest.fixture(scope="session")
def orders(new_stack: NewStack) -> Stack:
    """The example, up."""
    stack = new_stack(EXAMPLES / "orders")
    stack.build("--strict")
    stack.up()
    return stack


@pytest.fixture(scope="session")
def probe(new_stack: NewStack) -> Stack:
    """The application that looks at the stack from inside, up; each function has credentials of its own."""
    stack = new_stack(HERE / "apps/probe")
    stack.build("--strict", "--credentials", "function")
    stack.up()
    return stack


@pytest.fixture(scope="session")
def fulfilment(new_stack: NewStack) -> Stack:
    """The example with queues, up; each function has credentials of its own."""
    stack = new_stack(EXAMPLES / "fulfilment")
    stack.build("--strict", "--credentials", "function")
    stack.up()
    return stack
