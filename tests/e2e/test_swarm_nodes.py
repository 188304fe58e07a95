"""A stack on three nodes of a swarm: what a client loses when a node does, and what an operator's commands cost.

ESB_SWARM_NODES names a script that makes the nodes on this machine, each an engine of its own with the address
10.77.0.11, .12 and so on, and a registry at 10.77.0.1:5000: `up N`, `push IMAGE…`, `kill I`, `cut I` (silent from then
on), `start I`, `on I COMMAND…` (in the network of node I, 0 is that between them), `down`. Sockets of the engines are
`$SWARM_BASE/n1.sock` and so on.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from .conftest import HERE, NewStack, Stack, docker, wait_for

LONG = pytest.mark.timeout(900)  # seconds: Swarm waits before it replaces what a node had
LOG = logging.getLogger(__name__)  # how many requests failed: --log-cli-level=INFO
SCRIPT = Path(os.environ.get("ESB_SWARM_NODES", "/nowhere"))
REGISTRY = "10.77.0.1:5000"
CLIENTS = 4
REPLICAS = 4
LOST_AT_MOST = 2 * CLIENTS  # each client waits for one request that was lost, and may meet one more silent slot
ENGINES = {"ESB_DATABASE_IMAGE": "database", "ESB_S3_IMAGE": "s3-storage", "ESB_LOGS_IMAGE": "victorialogs"}
# Prints the status of each answer, 0 for none, until it is ended.
POLLER = """
import sys, threading, time, urllib.error, urllib.request
def poll():
    while True:
        try:
            status = urllib.request.urlopen(sys.argv[1], timeout=60).status
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError:
            status = 0
        sys.stdout.write(f"{status}\\n"); sys.stdout.flush(); time.sleep(0.1)
for _ in range(int(sys.argv[2])): threading.Thread(target=poll).start()
"""

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not SCRIPT.is_file(), reason="ESB_SWARM_NODES names no script that makes nodes of a swarm"),
]


@dataclass(frozen=True)
class Nodes:
    """Three engines, of which the first is the manager, and the stack on them."""

    base: Path
    stack: Stack

    @property
    def url(self) -> str:
        return f"http://10.77.0.11:{self.stack.ports['GATEWAY']}/hello"

    def call(self, *arguments: str) -> None:
        done = self._run([str(SCRIPT), *arguments])
        assert done.returncode == 0, done.stdout + done.stderr

    def docker(self, *arguments: str, node: int = 1) -> str:
        done = self._run(["docker", "-H", f"unix://{self.base}/n{node}.sock", *arguments])
        assert done.returncode == 0, done.stderr
        return done.stdout

    def deploy(self) -> None:
        """As docs/compose.md has it: build, push, read the settings, deploy."""
        built = self.stack.compose("build")
        assert built.returncode == 0, built.stderr
        own = {name for name in self.stack.compose("config", "--images").stdout.split() if REGISTRY in name}
        self.call("push", *sorted(own))
        script = (
            "set -a; . .esb/.env; . ./esb.env; set +a;"
            f" docker -H unix://{self.base}/n1.sock stack deploy --detach=true -c .esb/docker-stack.yml shop"
        )
        done = self._run(["sh", "-c", script])
        assert done.returncode == 0, done.stderr

    def replicas(self) -> tuple[int, int]:
        """How many containers of the function run, and how many there should be.

        `docker service ls` counts those of a silent node, too, as long as it is silent.
        """
        service = ("shop_hello", "--format")
        wanted = self.docker("service", "inspect", *service, "{{.Spec.Mode.Replicated.Replicas}}")
        states = self.docker("service", "ps", "--filter", "desired-state=running", *service, "{{.CurrentState}}")
        return sum(state.startswith("Running") for state in states.splitlines()), int(wanted)

    def on_node(self, node: int) -> list[str]:
        """The function's containers on a node that should run."""
        form = "{{.Name}}"
        tasks = self.docker(
            *("service", "ps", "shop_hello", "--filter", f"node=n{node}", "--filter", "desired-state=running"),
            *("--format", form),
        )
        return tasks.split()

    def answer(self) -> str:
        done = self._run([str(SCRIPT), "on", "0", "curl", "-s", "-m", "60", self.url])
        return done.stdout

    @contextlib.contextmanager
    def polled(self) -> Iterator[Callable[[], Counter[int]]]:
        """Clients that ask all the time; gives how often each status has come, 0 for none."""
        log = self.stack.folder / "polled.txt"
        with log.open("w") as out:
            command = [str(SCRIPT), "on", "0", sys.executable, "-c", POLLER, self.url]
            process = subprocess.Popen(
                [*command, str(CLIENTS)], stdout=out, env=self._environment(), start_new_session=True
            )
            try:

                def seen() -> Counter[int]:
                    return Counter(map(int, log.read_text().split()))

                wait_for(lambda: seen()[200] > 10 * CLIENTS)
                yield seen
                before = seen()[200]
                wait_for(lambda: seen()[200] > before + 10 * CLIENTS, 180)  # it goes on
            finally:
                os.killpg(process.pid, signal.SIGKILL)  # the script, and the clients that it started
                process.wait()

    def _environment(self) -> dict[str, str]:
        images = {variable: f"{REGISTRY}/{service}:1" for variable, service in ENGINES.items()}
        prefix = f"{REGISTRY}/{self.stack.project}"
        return {**self.stack.environment(), **images, "IMAGE_PREFIX": prefix, "SWARM_BASE": str(self.base)}

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.stack.folder, env=self._environment(), capture_output=True, text=True, check=False
        )


@dataclass(frozen=True)
class RegistryStack(Stack):
    """A stack whose images are those of the registry."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "IMAGE_PREFIX": f"{REGISTRY}/{self.project}"}


@pytest.fixture(scope="module")
def nodes(new_stack: NewStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    made = new_stack(HERE / "apps/tiny")
    stack = RegistryStack(made.folder, made.project, made.ports)
    stack.build()
    (stack.folder / "esb.env").write_text(f"ESB_DATA_NODE=n1\nESB_REPLICAS_hello={REPLICAS}\n")
    nodes = Nodes(tmp_path_factory.mktemp("n"), stack)
    try:
        nodes.call("up", "3")
        push_engines(nodes)
        nodes.deploy()
        wait_for(lambda: nodes.answer() == "hello", 300)
        wait_for(lambda: nodes.replicas() == (REPLICAS, REPLICAS), 300)
        yield nodes
    finally:
        nodes.call("down")
        # The names alone: the servers' images have others, too.
        mine = ("--filter", f"reference={REGISTRY}/*", "--filter", f"reference={REGISTRY}/*/*")
        docker("image", "rm", *docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", *mine).split())


def push_engines(nodes: Nodes) -> None:
    """The servers of the stack, under names of the registry."""
    config = json.loads(replace(nodes.stack).compose("config", "--format", "json").stdout)
    for service in ENGINES.values():
        docker("tag", config["services"][service]["image"], f"{REGISTRY}/{service}:1")
    nodes.call("push", *(f"{REGISTRY}/{service}:1" for service in ENGINES.values()))


def back(nodes: Nodes, node: int) -> None:
    """The node is there again, all replicas run, and no update is under way.

    If a node is cut during an update, Swarm replaces both tasks of the slot that is being updated: one replica more
    runs, and the update does not end (seen for five minutes).
    """
    nodes.call("start", str(node))
    nodes.docker("node", "update", "--availability", "active", f"n{node}")
    wait_for(lambda: nodes.docker("node", "ls", "--format", "{{.Status}}").split() == ["Ready"] * 3, 180)
    nodes.docker("service", "update", "--force", "--quiet", "shop_hello")  # returns when all have been replaced
    wait_for(lambda: nodes.replicas() == (REPLICAS, REPLICAS) and nodes.on_node(node), 300)


@LONG
def test_draining_a_node_fails_no_request(nodes: Nodes) -> None:
    wait_for(lambda: nodes.on_node(3))

    with nodes.polled() as seen:
        nodes.docker("node", "update", "--availability", "drain", "n3")
        wait_for(lambda: not nodes.on_node(3) and nodes.replicas() == (REPLICAS, REPLICAS), 300)

    LOG.info("answers: %s", dict(seen()))
    assert set(seen()) == {200}
    back(nodes, 3)


@LONG
def test_a_rolling_update_fails_no_request(nodes: Nodes) -> None:
    handler = nodes.stack.folder / "src/app.py"
    handler.write_text(handler.read_text().replace('"hello"', '"hallo"'))
    nodes.stack.build()

    with nodes.polled() as seen:
        nodes.deploy()
        wait_for(lambda: '"completed"' in update_of(nodes), 300)
        wait_for(lambda: nodes.answer() == "hallo")

    LOG.info("answers: %s", dict(seen()))
    assert set(seen()) == {200}


def update_of(nodes: Nodes) -> str:
    return nodes.docker("service", "inspect", "--format", "{{json .UpdateStatus.State}}", "shop_hello")


@LONG
def test_a_deploy_without_a_change_replaces_nothing_and_keeps_the_replicas(nodes: Nodes) -> None:
    form = "{{.ID}}"
    before = nodes.docker("stack", "ps", "shop", "--filter", "desired-state=running", "--format", form)

    with nodes.polled() as seen:
        nodes.deploy()
        assert nodes.replicas() == (REPLICAS, REPLICAS)

    LOG.info("answers: %s", dict(seen()))
    assert set(seen()) == {200}
    assert nodes.docker("stack", "ps", "shop", "--filter", "desired-state=running", "--format", form) == before


@LONG
@pytest.mark.parametrize(("how", "node"), [("cut", 3), ("kill", 2)])
def test_a_node_that_is_lost_costs_the_requests_that_it_had(nodes: Nodes, how: str, node: int) -> None:
    wait_for(lambda: nodes.on_node(node))

    with nodes.polled() as seen:
        nodes.call(how, str(node))
        wait_for(lambda: not nodes.on_node(node), 300)  # Swarm has replaced them elsewhere
        wait_for(lambda: nodes.replicas() == (REPLICAS, REPLICAS), 300)
        counts = seen()

    LOG.info("answers: %s", dict(counts))
    assert counts.total() - counts[200] <= LOST_AT_MOST, counts
    back(nodes, node)
