"""A stack on Docker Compose, with images of its own, on free ports; nothing of it is left afterwards."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.errors import Unavailable
from bench.processes import PortTaken, finished, on_free_ports
from bench.run import Run

PORTS: Final = ("GATEWAY", "DATABASE", "S3", "LOGS", "CLOUD")
_UNITS: Final = {"B": 1 / 1024**2, "KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0}
_MEMORY: Final = re.compile(r"^(\S+) ([\d.]+)(B|KiB|MiB|GiB) /", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stack:
    """The project's folder, its environment, and the command `esb`."""

    folder: Path
    environment: dict[str, str]
    esb: str

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.environment['ESB_GATEWAY_PORT']}{path}"

    def build(self) -> None:
        finished([self.esb, "build"], self.folder, self.environment)

    def compose(self, *arguments: str) -> None:
        """Raises Unavailable, or PortTaken."""
        try:
            finished(["docker", "compose", *arguments], self.folder, self.environment)
        except Unavailable as error:
            taken = re.search(r"address already in use|port is already allocated", str(error))
            raise PortTaken(str(error)) if taken else Unavailable(str(error)) from error

    def up(self, *options: str) -> None:
        self.compose("up", "-d", *options)

    def down(self) -> None:
        self.compose("down", "--volumes", "--timeout", "1")

    def memory(self) -> dict[str, float]:
        """MB that each service of the project uses now, all of its containers together. Raises Unavailable."""
        shown = '{{.ID}} {{.Label "com.docker.compose.service"}}'
        project = f"label=com.docker.compose.project={self._project}"
        listed = docker("ps", "--no-trunc", "--format", shown, "--filter", project, environment=self.environment)
        services = dict(line.split(" ", 1) for line in listed.splitlines())
        found: dict[str, float] = {}
        for container, used in memory_of_containers(*services, environment=self.environment).items():
            found[services[container]] = found.get(services[container], 0.0) + used
        return found

    def remove_images(self) -> None:
        names = f"reference={self._project}/*"
        listed = docker("image", "ls", "--quiet", "--filter", names, environment=self.environment)
        if images := sorted(set(listed.split())):
            docker("image", "rm", "--force", *images, environment=self.environment)

    @property
    def _project(self) -> str:
        return self.environment["COMPOSE_PROJECT_NAME"]


def memory_of_containers(*containers: str, environment: Mapping[str, str] | None = None) -> dict[str, float]:
    """MB that each container uses, by its full id, as `docker stats` shows them. Raises Unavailable, also for none."""
    if not containers:  # `docker stats` would show every container of the machine
        raise Unavailable("no container of the stack is running: `docker compose ps --all` shows how they ended")
    options = ("--no-stream", "--no-trunc", "--format", "{{.ID}} {{.MemUsage}}")
    return used_memory(docker("stats", *options, *containers, environment=environment))


def used_memory(stats: str) -> dict[str, float]:
    """The MB of lines such as `NAME 39.7MiB / 23.5GiB`."""
    return {name: float(number) * _UNITS[unit] for name, number, unit in _MEMORY.findall(stats)}


def docker(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What it prints. Raises Unavailable."""
    try:
        done = subprocess.run(["docker", *arguments], env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Unavailable(f"docker: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no output"]
        raise Unavailable(f"docker {arguments[0]} failed: {said[-1][-200:]}")
    return done.stdout.strip()


@contextmanager
def compose_stack(run: Run, folder: Path) -> Iterator[Stack]:
    """The application in a folder, up, with its images. Raises Unavailable."""
    project = f"esb-bench-{secrets.token_hex(3)}"

    @contextmanager
    def start(*ports: int) -> Iterator[Stack]:
        of_docker = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
        of_docker.setdefault("DOCKER_CONFIG", str(Path.home() / ".docker"))
        images = {name: os.environ[name] for name in ("UV_IMAGE", "PYTHON_IMAGE") if name in os.environ}
        numbers = {f"ESB_{name}_PORT": str(port) for name, port in zip(PORTS, ports, strict=True)}
        names = {"COMPOSE_PROJECT_NAME": project, "IMAGE_PREFIX": project}
        environment = run.environment(**of_docker, **images, **numbers, **names)
        stack = Stack(folder, environment, run.command("esb"))
        try:
            stack.build()
            stack.compose("build")
            stack.up()
            yield stack
        finally:
            with suppress(Unavailable):
                stack.down()
                stack.remove_images()

    with on_free_ports(len(PORTS), start) as stack:
        yield stack
