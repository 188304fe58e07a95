"""Gateways that run the same echo function: ours, AWS's emulator, and a minimal one in C."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.application import HANDLER
from bench.load import Target, post, signature
from bench.peers import python_peer, runtime_emulator
from bench.processes import (
    Server,
    has_printed,
    has_printed_port,
    immediately,
    listens,
    memory_of,
    on_free_ports,
    printed_port,
    serving,
)
from bench.run import Run
from esb_wire.sigv4 import Credentials

KEYS = Credentials("BENCHBENCHBENCHBENCH", "not-a-secret-of-anybody")
BODY = b'{"hello": "world", "number": 1}'
INVOCATIONS = "/2015-03-31/functions/function/invocations"  # of the emulator, whose only function has this name
PROXY = Path(__file__).with_name("emulator_proxy.py")


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the stack: `text` is the content of its app.py."""

    text: str = HANDLER
    slots: int = 4
    warm: bool = False  # its slots start with the gateway
    timeout: int = 30  # seconds


def write_stack(folder: Path, functions: Mapping[str, Function], routes: Mapping[str, str] | None = None) -> Path:
    """Write the files of `esb build` that a gateway reads; `routes` maps paths of GET routes to functions."""
    config = folder / "config"
    config.mkdir(parents=True)
    lines = ["Version: 1", "functions:"]
    for name, function in functions.items():
        code = folder / "functions" / name / "code"
        code.mkdir(parents=True)
        (code / "app.py").write_text(function.text)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        least = function.slots if function.warm else 0
        lines += [
            f"  {name}:",
            f"    {{handler: app.handler, runtime: {version}, code: functions/{name}/code,",
            f"     timeout: {function.timeout}, scaling: {{min_capacity: {least}, max_capacity: {function.slots}}}}}",
        ]
    (config / "functions.yml").write_text("\n".join([*lines, ""]))
    routing = [f"  - {{path: {path}, method: GET, function: {name}}}" for path, name in (routes or {}).items()]
    (config / "routing.yml").write_text("\n".join(["Version: 1", f"routes:{'' if routing else ' []'}", *routing, ""]))
    (config / "resources.yml").write_text("Version: 1\nDynamoDB: []\nS3: []\n")
    secrets = {"AWS_ACCESS_KEY_ID": KEYS.access_key, "AWS_SECRET_ACCESS_KEY": KEYS.secret_key}
    (folder / "secrets.env").touch(0o600)
    (folder / "secrets.env").write_text("".join(f"{name}={value}\n" for name, value in secrets.items()))
    return folder


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running `esb-gateway local`."""

    server: Server
    port: int

    def invoke(self, function: str, kind: str = "RequestResponse", *, signed: bool = False) -> Target:
        """Invocations of a function; `kind` is AWS's invocation type. A signature is valid for five minutes."""
        path = f"/2015-03-31/functions/{function}/invocations"
        headers = {"X-Amz-Invocation-Type": kind}
        return Target(self.port, post(path, BODY, headers | (signature(KEYS, path, BODY, headers) if signed else {})))


@contextmanager
def esb(run: Run, stack: Path, *, data: Path | None = None, **environment: str) -> Iterator[Gateway]:
    """`esb-gateway local` on a free port, with its log in a file."""
    command = [run.command("esb-gateway"), "local", str(stack), "--port", "0"]
    command += [] if data is None else ["--data", str(data)]
    with serving(command, run.folder, run.environment(**environment), has_printed("\ns3: ")) as server:
        yield Gateway(server, _port(server))


def _port(server: Server) -> int:
    """The port in the line `ready: http://HOST:PORT`."""
    lines = server.log.read_text(errors="replace").splitlines()
    ready = next(line for line in lines if line.startswith("ready: "))
    return int(ready.rpartition(":")[2])


@contextmanager
def emulated(run: Run) -> Iterator[tuple[Server, int]]:
    """AWS's runtime interface emulator with the same function and runtime client; yields it before it listens.

    Raises Unavailable.
    """
    with on_free_ports(2, partial(_emulator, run, immediately)) as served:
        yield served


@contextmanager
def emulator(run: Run) -> Iterator[int]:
    """The port of an emulator that listens. Raises Unavailable."""
    with on_free_ports(2, partial(_emulator, run, None)) as (_, port):
        yield port


@contextmanager
def _emulator(
    run: Run, ready: Callable[[Server], bool] | None, port: int, runtime_port: int
) -> Iterator[tuple[Server, int]]:
    command = [
        str(runtime_emulator()),
        *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
        *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
        *(sys.executable, "-m", "awslambdaric", "app.handler"),
    ]
    with serving(command, code_folder(run), run.environment(), ready or listens(port)) as server:
        yield server, port


@contextmanager
def emulator_behind_proxy(run: Run) -> Iterator[int]:
    """The port of an emulator behind a Flask proxy, as in `sam local start-api`. Raises Unavailable."""
    python = python_peer("sam") / "bin/python"
    with emulator(run) as behind:
        command = [str(python), str(PROXY), f"http://127.0.0.1:{behind}{INVOCATIONS}"]
        with serving(command, run.folder, run.environment(), has_printed_port) as server:
            yield printed_port(server)


@contextmanager
def baseline(run: Run, runtimes: int) -> Iterator[int]:
    """The port of a gateway in C that only forwards bodies, with AWS's runtime client behind it. Raises Unavailable."""
    program = str(run.program("baseline"))

    @contextmanager
    def start(port: int, runtime_port: int) -> Iterator[tuple[int, int]]:
        gateway = [program, "gateway", str(port), str(runtime_port)]
        with serving(gateway, run.folder, run.environment(), listens(port)):
            yield port, runtime_port

    client = [sys.executable, "-m", "awslambdaric", "app.handler"]
    with ExitStack() as stack:
        port, runtime_port = stack.enter_context(on_free_ports(2, start))
        environment = run.environment(AWS_LAMBDA_RUNTIME_API=f"127.0.0.1:{runtime_port}")
        for _ in range(runtimes):
            stack.enter_context(serving(client, code_folder(run), environment, immediately))
        yield port


def code_folder(run: Run) -> Path:
    """The folder of the echo function's app.py."""
    folder = run.folder / "echo"
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(HANDLER)
    return folder


def without_stores(server: Server) -> float:
    """MB of a gateway and its functions, without the embedded database and storage."""
    stores = {pid for pid in server.family() if "local.stores.server" in Path(f"/proc/{pid}/cmdline").read_text()}
    return sum(memory_of(pid) for pid in server.family() if pid not in stores)
