"""Gathers what the checks need: from `docker`, the files of the folder and this machine. Nothing is changed."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from esb_gateway.doctor.checks import Facts, Port, StackContainer
from esb_schemas.backends import BACKENDS
from esb_schemas.documents.reading import read
from esb_schemas.errors import ContractError

COMPOSE_FILE: Final = "docker-compose.yml"
_FUNCTIONS: Final = "config/functions.yml"
_GB: Final = 1 << 30
_FRACTION: Final = re.compile(r"(?<=\.)(\d{6})\d+")  # of seconds, of which Python reads six digits

Run: TypeAlias = Callable[[Sequence[str]], tuple[int, str, str] | None]  # exit code, output, errors; None: too long


def gather(root: Path, run: Run, now: float) -> Facts:
    """The facts. `run` runs a command; raises OSError if the program does not exist."""
    server, error = _json(run, "docker", "version", "--format", "{{json .Server}}")
    info, _ = _json(run, "docker", "info", "--format", "{{json .}}")
    compose = _output(run, "docker", "compose", "version", "--short")
    has_folder = (root / COMPOSE_FILE).is_file()
    services: dict[str, Any] = {}
    containers: tuple[StackContainer, ...] = ()
    stack_error = ""
    if has_folder and server:
        services, stack_error = _services(root, run)
        containers = tuple(_containers(root, run, services)) if not stack_error else ()
    functions = _functions(root)
    return Facts(
        folder=str(root),
        has_folder=has_folder,
        engine=server.get("Version") if server else None,
        engine_error=error,
        compose=compose,
        architecture=server.get("Arch") if server else None,
        arm_functions=functions["arm64"],
        x86_functions=functions["x86_64"],
        disk=_disk(info),
        memory=_memory(),
        now=now,
        engine_now=_time(info),
        ports=tuple(_ports(services, {each.service for each in containers if each.state == "running"})),
        containers=containers,
        stack_error=stack_error,
    )


def _json(run: Run, *command: str) -> tuple[dict[str, Any], str]:
    """A JSON object that a command prints, and its error, one of which is empty."""
    try:
        done = run(command)
    except OSError as error:
        return {}, f"{command[0]} cannot be started ({error.strerror})"
    if done is None:
        return {}, f"{' '.join(command[:2])} gives no answer"
    try:
        found = json.loads(done[1])
    except ValueError:
        found = None
    if done[0] == 0 and isinstance(found, dict):
        return found, ""
    reason = (done[2].strip() or done[1].strip()).splitlines()
    return {}, reason[-1] if reason else f"{' '.join(command[:2])} failed"


def _output(run: Run, *command: str) -> str | None:
    try:
        done = run(command)
    except OSError:
        return None
    return done[1].strip() if done is not None and done[0] == 0 else None


def _compose(root: Path) -> tuple[str, ...]:
    """`docker compose` for the stack: from the project's own file, which has the user's changes, if there is one."""
    project = root.resolve().parent
    own = next((name for name in ("compose.yaml", "compose.yml") if (project / name).is_file()), None)
    if own is None:
        return ("docker", "compose", "--project-directory", str(root), "-f", str(root / COMPOSE_FILE))
    return ("docker", "compose", "--project-directory", str(project))


def _services(root: Path, run: Run) -> tuple[dict[str, Any], str]:
    found, error = _json(run, *_compose(root), "config", "--format", "json")
    services = found.get("services", {})
    return services if isinstance(services, dict) else {}, error


def _containers(root: Path, run: Run, services: Mapping[str, Any]) -> Iterator[StackContainer]:
    printed = _output(run, *_compose(root), "ps", "--all", "--format", "json") or ""
    for row in _rows(printed):
        service = str(row.get("Service", ""))
        wanted = services.get(service)
        yield StackContainer(
            service=service,
            state=str(row.get("State", "")),
            health=str(row.get("Health", "")),
            exit_code=int(row.get("ExitCode") or 0),
            image=str(row.get("Image", "")),
            wanted=None if wanted is None else str(wanted.get("image", "")),
        )


def _rows(printed: str) -> Iterator[dict[str, Any]]:
    """An object a line; one array in Compose before 2.21."""
    for line in printed.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        yield from found if isinstance(found, list) else [found]


def _ports(services: Mapping[str, Any], running: set[str]) -> Iterator[Port]:
    for name, service in sorted(services.items()):
        for port in service.get("ports", ()):
            published = str(port.get("published", ""))
            if published.isdigit():
                address = port.get("host_ip") or "0.0.0.0"  # noqa: S104 - where Docker would publish it
                taken = name not in running and not _can_bind(address, int(published))
                yield Port(name, int(published), _variable(name, int(port.get("target", 0))), taken)


def _variable(service: str, target: int) -> str:
    """The variable that sets a published port; that of a server without signatures leads through the gateway."""
    for row in BACKENDS:
        if row.host == service or (service == "gateway" and row.port == target):
            return row.port_variable
    return f"ESB_{service.upper().replace('-', '_')}_PORT"


def _can_bind(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((address, port))
    except PermissionError:  # a port below 1024, which the engine may use
        return True
    except OSError:
        return False
    return True


def _functions(root: Path) -> dict[str, tuple[str, ...]]:
    """The names of functions whose architecture counts, by architecture: scripts run on any."""
    found: dict[str, list[str]] = {"arm64": [], "x86_64": []}
    try:
        document: Any = read(root / _FUNCTIONS)
        for name, entry in document["functions"].items():
            is_program = entry.get("package_type") == "Image" or str(entry.get("runtime", "")).startswith("provided")
            if is_program:
                found[entry.get("architecture", "x86_64")].append(name)
    except (ContractError, KeyError, TypeError, AttributeError):
        pass  # without a folder, or with one that another check reports
    return {architecture: tuple(names) for architecture, names in found.items()}


def _disk(info: Mapping[str, Any]) -> float | None:
    """Free space of the engine's images and volumes, in GB."""
    folder = str(info.get("DockerRootDir", ""))
    try:
        return shutil.disk_usage(folder if os.path.isdir(folder) else "/").free / _GB  # noqa: PTH112 - may be ""
    except OSError:
        return None


def _memory() -> float | None:
    """Memory that programs can still get, in GB; known on Linux only."""
    if sys.platform != "linux":
        return None
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024 / _GB
    return None


def _time(info: Mapping[str, Any]) -> float | None:
    try:
        return datetime.fromisoformat(_FRACTION.sub(r"\1", str(info["SystemTime"]))).timestamp()
    except (KeyError, ValueError):
        return None
