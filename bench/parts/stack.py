"""A small application on Docker Compose whose images are built: until its first answer, and the memory it takes."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.errors import Unavailable
from bench.goals import Finding, at_most
from bench.processes import PortTaken, finished, on_free_ports
from bench.run import Run

PORTS = ("GATEWAY", "DATABASE", "S3", "LOGS", "CLOUD")
PATH = "/hello/ada"
ANSWER_TIMEOUT = 60.0  # seconds
_UNITS = {"B": 1 / 1024**2, "KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0}


def measure(run: Run) -> Iterator[Finding]:
    with _stack(run) as stack:
        fresh, unchanged, edited = [], [], []
        for number in range(1 if run.quick else 3):
            stack.down()
            fresh.append(stack.seconds(stack.up))
            unchanged.append(stack.seconds(stack.up))
            text = f"answer {number}"
            edited.append(stack.seconds(partial(stack.edit, text), text))
        idle = stack.memory()
    yield Finding("from docker compose up -d to the first answer", "s", tuple(fresh))
    yield Finding("the same with nothing changed", "s", tuple(unchanged))
    yield Finding("after an edit: esb build, up -d, the new answer", "s", tuple(edited), goal=at_most(5))
    yield Finding("memory of all containers", "MB", (idle,))


@dataclass(frozen=True, slots=True)
class Stack:
    """The project's folder, its environment, and the command `esb`."""

    folder: Path
    environment: dict[str, str]
    esb: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['ESB_GATEWAY_PORT']}{PATH}"

    def build(self) -> None:
        finished([self.esb, "build"], self.folder, self.environment)

    def compose(self, *arguments: str) -> None:
        """Raises Unavailable, or PortTaken."""
        try:
            finished(["docker", "compose", *arguments], self.folder, self.environment)
        except Unavailable as error:
            taken = re.search(r"address already in use|port is already allocated", str(error))
            raise PortTaken(str(error)) if taken else Unavailable(str(error)) from error

    def up(self) -> None:
        self.compose("up", "-d")

    def down(self) -> None:
        self.compose("down", "--volumes", "--timeout", "1")

    def edit(self, text: str) -> None:
        """Edit the function, build, and replace what has changed."""
        code = self.folder / "src/hello/app.py"
        code.write_text(re.sub(r'"hello": .*?,', f'"hello": "{text}",', code.read_text()))
        self.build()
        self.up()

    def seconds(self, change: Callable[[], None], text: str = "visits") -> float:
        """The seconds from the beginning of the change to an answer that has the text. Raises Unavailable."""
        start = time.perf_counter()
        change()
        while time.perf_counter() - start < ANSWER_TIMEOUT:
            with suppress(OSError), urllib.request.urlopen(self.url, timeout=30) as answer:
                if text in answer.read().decode():
                    return time.perf_counter() - start
            time.sleep(0.02)
        raise Unavailable(f"no answer within {ANSWER_TIMEOUT:.0f} s")

    def memory(self) -> float:
        """MB that the project's containers use now, as `docker stats` shows them."""
        containers = self._docker("ps", "--quiet", "--filter", f"label=com.docker.compose.project={self._project}")
        return used_memory(self._docker("stats", "--no-stream", "--format", "{{.MemUsage}}", *containers.split()))

    def remove_images(self) -> None:
        if images := self._docker("image", "ls", "--quiet", "--filter", f"reference={self._project}/*").split():
            self._docker("image", "rm", "--force", *sorted(set(images)))

    @property
    def _project(self) -> str:
        return self.environment["COMPOSE_PROJECT_NAME"]

    def _docker(self, *arguments: str) -> str:
        command = ["docker", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"docker {arguments[0]}: {done.stderr.strip()[-200:]}")
        return done.stdout


def used_memory(stats: str) -> float:
    """The sum, in MB, of lines such as `39.7MiB / 23.5GiB`."""
    found = re.findall(r"^([\d.]+)(B|KiB|MiB|GiB) /", stats, re.MULTILINE)
    return sum(float(number) * _UNITS[unit] for number, unit in found)


@contextmanager
def _stack(run: Run) -> Iterator[Stack]:
    """The sample of `esb init`, built, with its images; nothing of it is left afterwards. Raises Unavailable."""
    project = f"esb-bench-{secrets.token_hex(3)}"
    finished([run.command("esb"), "init", "shop", "--no-input"], run.folder, run.environment())

    @contextmanager
    def start(*ports: int) -> Iterator[Stack]:
        of_docker = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
        of_docker.setdefault("DOCKER_CONFIG", str(Path.home() / ".docker"))
        images = {name: os.environ[name] for name in ("UV_IMAGE", "PYTHON_IMAGE") if name in os.environ}
        numbers = {f"ESB_{name}_PORT": str(port) for name, port in zip(PORTS, ports, strict=True)}
        names = {"COMPOSE_PROJECT_NAME": project, "IMAGE_PREFIX": project}
        environment = run.environment(**of_docker, **images, **numbers, **names)
        stack = Stack(run.folder / "shop", environment, run.command("esb"))
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
