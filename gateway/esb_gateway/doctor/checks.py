"""The checks: facts about a machine and a stack become findings. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

_ENGINE: Final = (23, 0)  # docs/compose.md
_COMPOSE: Final = (2, 20)
_WATCH: Final = (2, 23)
_DISK: Final = (2, 10)  # GB that are an error, and a warning
_MEMORY: Final = (0.5, 2)  # GB
_CLOCK: Final = 60  # seconds; a signature is refused after 300
_ARCHITECTURES: Final = {"amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64", "x86_64": "x86_64"}


class Status(Enum):
    """The severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and what to do; nothing if it is as it should be."""

    subject: str
    status: Status
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class StackContainer:
    """A container of the stack; `wanted` is the image that the folder names for its service, if it has the service."""

    service: str
    state: str  # running, exited, …
    health: str
    exit_code: int
    image: str
    wanted: str | None


@dataclass(frozen=True, slots=True)
class Port:
    """A port that the stack publishes; `variable` sets another one."""

    service: str
    number: int
    variable: str
    taken: bool  # by something else than this stack


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about the machine; None for one that could not be found. Sizes in GB, times in seconds since 1970."""

    folder: str
    has_folder: bool
    engine: str | None = None
    engine_error: str = ""
    compose: str | None = None
    architecture: str | None = None
    arm_functions: tuple[str, ...] = ()  # that run on this architecture alone
    x86_functions: tuple[str, ...] = ()
    disk: float | None = None
    memory: float | None = None
    now: float = 0.0
    engine_now: float | None = None
    ports: tuple[Port, ...] = ()
    containers: tuple[StackContainer, ...] = ()
    stack_error: str = ""


def findings(facts: Facts) -> list[Finding]:
    """One for each subject, and one for each container that is not as its folder says."""
    return [
        _folder(facts),
        _engine(facts),
        _compose(facts),
        _architecture(facts),
        _room("disk", facts.disk, _DISK, "remove what is not used: docker system prune"),
        _room("memory", facts.memory, _MEMORY, "end other programs, or give functions less MemorySize and concurrency"),
        _clock(facts),
        *_ports(facts),
        *_containers(facts),
    ]


def _folder(facts: Facts) -> Finding:
    if facts.has_folder:
        return Finding("folder", Status.OK, f"{facts.folder} is the output of esb build")
    return Finding("folder", Status.ERROR, f"{facts.folder} has no docker-compose.yml", "run esb build, or give --root")


def _engine(facts: Facts) -> Finding:
    if facts.engine is None:
        return Finding("engine", Status.ERROR, facts.engine_error or "no engine answers", "start Docker")
    if _version(facts.engine) < _ENGINE:
        fix = "install Docker Engine 23 or newer"
        return Finding("engine", Status.ERROR, f"Docker Engine {facts.engine} is too old", fix)
    return Finding("engine", Status.OK, f"Docker Engine {facts.engine}")


def _compose(facts: Facts) -> Finding:
    if facts.compose is None:
        fix = "install the plugin docker-compose-plugin, 2.20 or newer"
        return Finding("compose", Status.ERROR, "docker compose is missing", fix)
    if _version(facts.compose) < _COMPOSE:
        return Finding("compose", Status.ERROR, f"Compose {facts.compose} is too old", "install Compose 2.20 or newer")
    if _version(facts.compose) < _WATCH:
        fix = "install Compose 2.23 or newer to use docker compose watch"
        return Finding("compose", Status.WARNING, f"Compose {facts.compose} has no watch", fix)
    return Finding("compose", Status.OK, f"Compose {facts.compose}")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def _architecture(facts: Facts) -> Finding:
    here = _ARCHITECTURES.get(facts.architecture or "", facts.architecture)
    if here is None:
        return Finding("architecture", Status.WARNING, "the engine's architecture is not known")
    others = {"x86_64": facts.arm_functions, "arm64": facts.x86_functions}.get(here, ())
    if others:
        names, other = ", ".join(others), "arm64" if here == "x86_64" else "x86_64"
        fix = f"build on a machine with {other}, or set Architectures: [{here}]; else qemu runs them, slowly"
        return Finding("architecture", Status.WARNING, f"{here}, and {names} is for {other}", fix)
    return Finding("architecture", Status.OK, here)


def _room(subject: str, size: float | None, limits: tuple[float, float], fix: str) -> Finding:
    error, warning = limits
    if size is None:
        return Finding(subject, Status.WARNING, "not known")
    text = f"{size:.1f} GB are free"
    if size < error:
        return Finding(subject, Status.ERROR, text, fix)
    return Finding(subject, Status.WARNING, text, fix) if size < warning else Finding(subject, Status.OK, text)


def _clock(facts: Facts) -> Finding:
    if facts.engine_now is None:
        return Finding("clock", Status.WARNING, "the engine's clock is not known")
    difference = round(facts.engine_now - facts.now)
    if abs(difference) > _CLOCK:
        fix = "set both by NTP; a request that is signed more than 5 minutes off is refused"
        return Finding("clock", Status.ERROR, f"the engine's is {difference:+} s from this machine's", fix)
    year = datetime.fromtimestamp(facts.now).year  # noqa: DTZ006 - of this machine, as a person reads it
    if year < 2025:
        fix = "set it by NTP; certificates and tokens count as not yet valid"
        return Finding("clock", Status.ERROR, f"it is {year} on this machine", fix)
    return Finding("clock", Status.OK, "this machine's and the engine's agree")


def _ports(facts: Facts) -> Iterator[Finding]:
    taken = [port for port in facts.ports if port.taken]
    for port in taken:
        text = f"{port.number}, for {port.service}, is used by another program"
        yield Finding("port", Status.ERROR, text, f"end it, or set {port.variable} to another port")
    if not taken and facts.ports:
        yield Finding("port", Status.OK, f"{', '.join(str(port.number) for port in facts.ports)} can be used")


def _containers(facts: Facts) -> Iterator[Finding]:
    if facts.compose is None:  # which is an error of its own, and what would say what runs
        return
    if facts.stack_error:
        yield Finding("stack", Status.WARNING, facts.stack_error, "see docker compose ps")
        return
    odd = [finding for container in facts.containers if (finding := _container(container)) is not None]
    yield from odd
    if not facts.containers:
        yield Finding("stack", Status.OK, "it does not run")
    elif not odd:
        yield Finding("stack", Status.OK, f"{len(facts.containers)} containers are as the folder says")


def _container(container: StackContainer) -> Finding | None:
    name = container.service
    if container.wanted is None:
        fix = "docker compose up -d --remove-orphans removes it"
        return Finding("stack", Status.WARNING, f"{name} runs, and the folder has no such service", fix)
    if container.image != container.wanted:
        fix = "docker compose up -d"
        return Finding("stack", Status.WARNING, f"{name} is older than its folder ({container.image})", fix)
    if container.state == "running" and container.health != "unhealthy":
        return None
    if container.state == "exited" and container.exit_code == 0:
        return None
    what = container.health if container.state == "running" else f"{container.state} ({container.exit_code})"
    return Finding("stack", Status.ERROR, f"{name} is {what}", f"docker compose logs {name} says why")


def line_of(finding: Finding) -> str:
    """A finding as one line for a person."""
    fix = f": {finding.fix}" if finding.fix else ""
    return f"{finding.status.value:<8}{finding.subject:<13}{finding.text}{fix}"
