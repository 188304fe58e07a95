"""The supervisor of function containers, with a fake gateway and shell commands as runtimes."""

from __future__ import annotations

import base64
import os
import pwd
import re
import select
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO

import pytest

from tests.terminal import shown
from tests.watching import is_alive, refused_port, until

from .conftest import VictoriaLogs

pytestmark = pytest.mark.server

SUPERVISOR = Path(__file__).parents[2] / "runtime" / "supervisor"  # a single file, copied into images
DEADLINE = 60.0
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: esb-slots/2\r\n\r\n"


class FakeGateway:
    """The gateway's side of the control connection."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(DEADLINE)
        self.port = self.listener.getsockname()[1]
        self.connection = socket.socket()
        self.stream: IO[bytes] = BytesIO()

    def accept(self, answer: bytes = SWITCHED) -> list[bytes]:
        """Accept the next connection; returns the head of its request."""
        self.connection.close()
        self.stream.close()
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(DEADLINE)
        self.stream = self.connection.makefile("rb")
        head = []
        while (line := self.stream.readline()) != b"\r\n":
            head.append(line.rstrip())
        self.connection.sendall(answer)
        return head

    def send(self, line: bytes) -> None:
        self.connection.sendall(line + b"\n")

    def receive(self) -> bytes:
        """The next line; empty if the connection has ended."""
        return self.stream.readline().rstrip(b"\n")

    def disconnect(self) -> None:
        with suppress(OSError):  # the supervisor closed it
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.stream.close()


class Supervisor:
    def __init__(self, command: list[str], environment: dict[str, str], program: Path = SUPERVISOR) -> None:
        self.process = subprocess.Popen(
            [program, *command],
            env={"PATH": os.environ["PATH"], **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def read_until(self, text: str) -> str:
        """The output up to and including the text."""
        assert self.process.stdout is not None
        printed = b""
        deadline = time.monotonic() + DEADLINE
        while text.encode() not in printed:
            ready, _, _ = select.select([self.process.stdout], [], [], deadline - time.monotonic())
            assert ready, f"{text!r} was not printed: {printed!r}"
            data = os.read(self.process.stdout.fileno(), 4096)
            assert data, f"{text!r} was not printed: {printed!r}"
            printed += data
        return printed.decode()

    def wait(self) -> int:
        return self.process.wait(DEADLINE)


@contextmanager
def started_by(program: Path, command: list[str], environment: dict[str, str]) -> Iterator[Supervisor]:
    started = Supervisor(command, environment, program)
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.kill(started.process.pid, signal.SIGTERM)
        try:
            started.wait()
        finally:
            assert started.process.stdout is not None
            started.process.stdout.close()


def supervisor(*command: str, **environment: str) -> AbstractContextManager[Supervisor]:
    return started_by(SUPERVISOR, list(command), environment)


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    fake = FakeGateway()
    try:
        yield fake
    finally:
        fake.listener.close()
        fake.disconnect()


@contextmanager
def running(gateway: FakeGateway, script: str, **environment: str) -> Iterator[Supervisor]:
    """A supervisor whose runtimes are a shell script."""
    address = f"127.0.0.1:{gateway.port}"
    with supervisor("/bin/sh", "-c", script, **{"AWS_LAMBDA_RUNTIME_API": address, **environment}) as started:
        try:
            yield started
        finally:
            started.process.terminate()
            gateway.disconnect()  # so that it does not drain


def test_opens_the_control_connection_and_runs_commands(gateway: FakeGateway) -> None:
    script = 'echo "at $AWS_LAMBDA_RUNTIME_API"; exit 3'
    with running(gateway, script) as container:
        head = gateway.accept()
        assert head[:2] == [b"GET /esb/slots HTTP/1.1", f"Host: 127.0.0.1:{gateway.port}".encode()]
        gateway.send(b"-")
        gateway.send(b"start 1 40123")
        assert gateway.receive() == b"exited 1 3"
        assert container.read_until("\n") == "at 127.0.0.1:40123\n"
        gateway.send(b"forget 1")
        gateway.send(b"start 2 40124")
        assert gateway.receive() == b"exited 2 3"


@pytest.fixture
def with_extensions(tmp_path: Path) -> Path:
    """A supervisor for which a folder of the test is /opt/extensions."""
    folder = tmp_path / "extensions"
    (folder / "a folder").mkdir(parents=True)
    for name in ("agent", "last one"):
        (folder / name).write_text(
            f"#!/bin/sh\necho {name} at $AWS_LAMBDA_RUNTIME_API of ${{_HANDLER-none}}; exec sleep 60\n", "utf-8"
        )
        (folder / name).chmod(0o755)
    (folder / "text").write_text("no program", "utf-8")
    changed = tmp_path / "supervisor"
    script = SUPERVISOR.read_text("utf-8").replace(
        "esb_extensions_folder=/opt/extensions", f"esb_extensions_folder={folder}"
    )
    changed.write_text(script, "utf-8")
    changed.chmod(0o755)
    return changed


def test_an_extension_is_a_run_of_its_own(gateway: FakeGateway, with_extensions: Path) -> None:
    address = f"127.0.0.1:{gateway.port}"
    environment = {"AWS_LAMBDA_RUNTIME_API": address, "_HANDLER": "app.handler"}
    command = ["/bin/sh", "-c", "echo runtime of $_HANDLER; exec sleep 60"]
    with started_by(with_extensions, command, environment) as container:
        assert b"Esb-Extensions: agent/last one/text" in gateway.accept()
        gateway.send(b"start 1 40123 2")
        assert container.read_until("\n") == "last one at 127.0.0.1:40123 of none\n"
        gateway.send(b"start 2 40123")
        assert container.read_until("\n") == "runtime of app.handler\n"
        gateway.send(b"term 2")
        assert gateway.receive() == b"exited 2 143"
        gateway.send(b"kill 1")
        assert gateway.receive() == b"exited 1 137"
        gateway.send(b"start 3 40123 3")
        assert gateway.receive() == b"exited 3 126"
        gateway.send(b"start 4 40123 4")  # there is none
        assert gateway.receive() == b""
        gateway.disconnect()


def test_the_lines_of_an_extension_are_shipped_whoever_ships_those_of_the_runtime(
    gateway: FakeGateway, logs: VictoriaLogs, with_extensions: Path
) -> None:
    environment = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{gateway.port}", "VICTORIALOGS_URL": logs.url}
    with started_by(with_extensions, ["/bin/true"], environment) as container:
        gateway.accept()
        gateway.send(b"start 1 40123 1")
        container.read_until("\n")
        logs.wait_for(lambda: any(row["message"] == "agent at 127.0.0.1:40123 of none" for row in logs.rows))
        gateway.send(b"kill 1")
        assert gateway.receive() == b"exited 1 137"
        gateway.disconnect()


def test_gateway_can_have_another_address_than_its_name(gateway: FakeGateway) -> None:
    address = f"127.0.0.1:{gateway.port}"
    with running(gateway, "env", AWS_LAMBDA_RUNTIME_API="orders-token.esb:9001", ESB_GATEWAY=address) as container:
        assert gateway.accept()[1] == b"Host: orders-token.esb:9001"
        gateway.send(b"start 1 40123")
        assert "AWS_LAMBDA_RUNTIME_API=127.0.0.1:40123\n" in container.read_until(
            "AWS_LAMBDA_RUNTIME_API=127.0.0.1:40123\n"
        )


def test_runtimes_get_the_address_that_the_gateway_says_and_look_up_no_name(gateway: FakeGateway) -> None:
    """awslambdaric gives up when a lookup takes more than a second, and its caller would see a failed start."""
    said = SWITCHED.replace(b"\r\n\r\n", b"\r\nEsb-Address: 127.0.0.9\r\n\r\n")
    script = "echo at $AWS_LAMBDA_RUNTIME_API"
    with running(gateway, script, AWS_LAMBDA_RUNTIME_API=f"localhost:{gateway.port}") as container:
        gateway.accept(said)
        gateway.send(b"start 1 40123")
        assert container.read_until("\n") == "at 127.0.0.9:40123\n"
        gateway.disconnect()
        gateway.accept()  # perhaps at another address: it is looked up again
        gateway.send(b"start 1 40124")
        assert container.read_until("\n") == "at localhost:40124\n"


def test_a_home_that_docker_sets_is_not_passed_on_and_another_one_is(gateway: FakeGateway) -> None:
    of_the_user = pwd.getpwuid(os.getuid()).pw_dir
    for home, seen in ((of_the_user, "none"), ("/elsewhere", "/elsewhere")):
        with running(gateway, "echo home=${HOME-none}", HOME=home) as container:
            gateway.accept()
            gateway.send(b"start 1 40123")
            assert container.read_until("\n") == f"home={seen}\n"


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"ESB_NODE_GUARD": "/g.cjs"}, "--require /g.cjs"),
        ({"ESB_NODE_GUARD": "/g.cjs", "NODE_OPTIONS": "--enable-source-maps"}, "--require /g.cjs --enable-source-maps"),
        ({"NODE_OPTIONS": "--enable-source-maps"}, "--enable-source-maps"),
        ({"ESB_NODE_GUARD": "/g.cjs", "PATH": ""}, "none"),
    ],
)
def test_node_loads_the_guard_before_what_the_image_says(
    gateway: FakeGateway, tmp_path: Path, given: dict[str, str], seen: str
) -> None:
    node = tmp_path / "node"
    node.touch(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with running(gateway, "echo options=${NODE_OPTIONS-none}", **{**path, **given}) as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert container.read_until("\n") == f"options={seen}\n"


@pytest.mark.parametrize("version", ["$LATEST", "1"])
def test_a_log_stream_names_the_version(gateway: FakeGateway, version: str) -> None:
    script = "echo $AWS_LAMBDA_LOG_STREAM_NAME"
    with running(gateway, script, AWS_LAMBDA_FUNCTION_VERSION=version) as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        stream = container.read_until("\n")
        assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/\[{re.escape(version)}\][0-9a-f]{{32}}\n", stream)


def test_runtime_inherits_no_descriptor_and_no_ignored_signal(gateway: FakeGateway) -> None:
    script = "grep -E '^Sig(Ign|Blk)' /proc/self/status; ls -l /proc/$$/fd; echo end"
    with running(gateway, script) as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        printed = container.read_until("end\n")
        assert printed.count("0000000000000000") == 2
        assert [line.split()[-3] for line in printed.splitlines() if " -> " in line] == ["0", "1", "2"]
        assert " 0 -> /dev/null" in printed


def test_streams_of_a_runtime_are_those_of_the_container(gateway: FakeGateway) -> None:
    with running(gateway, "printf 'out\nno end'; echo err >&2") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert container.read_until("err\n") == "out\nno enderr\n"


def test_kill_ends_the_whole_group_and_is_reported_afterwards(gateway: FakeGateway) -> None:
    with running(gateway, "trap '' TERM; sleep 1000 & echo $$ $!; wait") as container:
        gateway.accept()
        gateway.send(b"start 7 40123")
        runtime, child = map(int, container.read_until("\n").split())
        gateway.send(b"term 7")  # both ignore it
        gateway.send(b"kill 7")
        assert gateway.receive() == b"exited 7 137"
        until(lambda: not is_alive(runtime) and not is_alive(child))


def test_term_is_handled_by_the_runtime(gateway: FakeGateway) -> None:
    with running(gateway, "trap 'echo bye; exit 5' TERM; echo up; sleep 1000 & wait") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        container.read_until("up\n")
        gateway.send(b"term 1")
        assert gateway.receive() == b"exited 1 5"
        container.read_until("bye\n")


def test_processes_left_behind_by_a_runtime_are_killed(gateway: FakeGateway) -> None:
    with running(gateway, "sleep 1000 & echo $!") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert gateway.receive() == b"exited 1 0"
        child = int(container.read_until("\n"))
        until(lambda: not is_alive(child))


def test_missing_entrypoint_is_printed_and_reported(gateway: FakeGateway) -> None:
    address = f"127.0.0.1:{gateway.port}"
    with supervisor("/no/such/entrypoint", "app.handler", AWS_LAMBDA_RUNTIME_API=address) as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert gateway.receive() == b"exited 1 127"
        assert "/no/such/entrypoint" in container.read_until("\n")
        gateway.send(b"forget 1")


def test_losing_the_gateway_ends_every_runtime_and_reconnects(gateway: FakeGateway) -> None:
    with running(gateway, "trap '' TERM; echo $$; sleep 1000") as container:
        for _ in range(3):
            gateway.accept()
            gateway.send(b"start 1 40123")
            runtime = int(container.read_until("\n"))
            gateway.disconnect()
            until(lambda pid=runtime: not is_alive(pid))  # type: ignore[misc]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"stop 1",
        b"start 2",
        b"start 2 x",
        b"start 2 123456",
        b"start a[$(touch${IFS}/tmp/no)] 1",
        b"kill 0",
        b"kill 08",
        b"kill -1",
        b"term 1; exit",
        b"forget *",
        b"kill 1 2",
        b"output 1",
        b"memory 1",
        b"\xff\xfe",
    ],
)
def test_garbage_ends_the_connection_and_every_runtime(gateway: FakeGateway, garbage: bytes) -> None:
    with running(gateway, "echo $$; sleep 1000") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        runtime = int(container.read_until("\n"))
        gateway.send(garbage)
        assert gateway.receive() == b""
        until(lambda: not is_alive(runtime))
        assert "the gateway sent an invalid command" in container.read_until("\n")
        gateway.accept()


def test_commands_for_ended_runs_are_ignored(gateway: FakeGateway) -> None:
    with running(gateway, "exit 0"):
        gateway.accept()
        for line in (b"kill 5", b"term 5", b"forget 5", b"start 6 40123"):
            gateway.send(line)
        assert gateway.receive() == b"exited 6 0"
        gateway.send(b"kill 6")
        gateway.send(b"term 6")
        gateway.send(b"start 7 40123")
        assert {gateway.receive(), gateway.receive()} == {b"exited 6 137", b"exited 7 0"}


def test_memory_is_the_peak_of_the_runtime_and_0_of_one_that_has_ended(gateway: FakeGateway) -> None:
    with running(gateway, "echo $$; sleep 1000") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        status = Path(f"/proc/{int(container.read_until(chr(10)))}/status").read_text()
        gateway.send(b"memory 1 7")
        [peak] = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        name, ticket, measured = gateway.receive().split()
        assert (name, ticket) == (b"memory", b"7")
        assert abs(int(measured) - int(peak)) < 1024  # it may have grown in between
        gateway.send(b"kill 1")
        gateway.send(b"memory 1 8")
        gateway.send(b"memory 2 9")
        assert [gateway.receive() for _ in range(3)] == [b"exited 1 137", b"memory 8 0", b"memory 9 0"]


def test_output_that_nobody_keeps_is_nothing(gateway: FakeGateway) -> None:
    with running(gateway, "echo up; sleep 1000"):
        gateway.accept()
        gateway.send(b"start 1 40123")
        gateway.send(b"output 1 7")
        gateway.send(b"output 2 8")
        assert [gateway.receive() for _ in range(2)] == [b"nothing 7", b"nothing 8"]


def test_output_is_posted_to_the_port_of_the_run_since_the_question_before(
    gateway: FakeGateway, logs: VictoriaLogs
) -> None:
    script = "echo one; printf two; read line </dev/zero"
    with shipping(gateway, logs.url, script) as container, socket.create_server(("127.0.0.1", 0)) as port:
        port.settimeout(DEADLINE)
        gateway.accept()
        gateway.send(f"start 1 {port.getsockname()[1]}".encode())
        container.read_until("one\n")
        until(lambda: answer(gateway, port, 7).endswith(b"\r\n\r\ntwo"))
        gateway.send(b"kill 1")  # the last question may come after the end
        assert answer(gateway, port, 8).startswith(b"POST /esb/output/8 HTTP/1.1\r\n")
        assert gateway.receive() == b"exited 1 137"


def answer(gateway: FakeGateway, port: socket.socket, ticket: int) -> bytes:
    gateway.send(f"output 1 {ticket}".encode())
    connection, _ = port.accept()
    with connection, connection.makefile("rb") as stream:
        return stream.read()


def test_term_drains(gateway: FakeGateway) -> None:
    with running(gateway, "echo up; read line </dev/zero") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        container.read_until("up\n")
        container.process.terminate()
        assert gateway.receive() == b"drain"
        gateway.send(b"-")
        assert container.process.poll() is None
        gateway.send(b"kill 1")
        assert gateway.receive() == b"exited 1 137"
        gateway.send(b"forget 1")
        assert container.wait() == 0


def test_term_without_a_gateway_ends_at_once() -> None:
    with refused_port() as port:
        address = f"127.0.0.1:{port}"
        with supervisor("/bin/sh", AWS_LAMBDA_RUNTIME_API=address) as container:
            container.read_until(f"waiting for the gateway at {address}")
            container.process.terminate()
            assert container.wait() == 0


@pytest.mark.parametrize(
    ("response", "printed"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "the gateway does not know the function 127.0.0.1;"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "is not a gateway of this version"),
        (b"SSH-2.0-OpenSSH\r\n", "is not a gateway of this version"),
    ],
)
def test_rejection_is_printed_once(gateway: FakeGateway, response: bytes, printed: str) -> None:
    with running(gateway, "exit 0") as container:
        for _ in range(3):
            gateway.accept(response)
            gateway.disconnect()
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert gateway.receive() == b"exited 1 0"
        container.process.terminate()
        gateway.receive()
        gateway.send(b"forget 1")
        assert container.wait() == 0
        assert container.process.stdout is not None
        [line] = container.process.stdout.read().decode().splitlines()
        assert printed in line


@pytest.mark.parametrize(
    ("command", "environment", "printed"),
    [
        ([], {"AWS_LAMBDA_RUNTIME_API": "gateway:9001"}, "no command"),
        (["x"], {}, "AWS_LAMBDA_RUNTIME_API is ''"),
        (["x"], {"AWS_LAMBDA_RUNTIME_API": "gateway"}, "AWS_LAMBDA_RUNTIME_API is 'gateway'"),
        (["x"], {"AWS_LAMBDA_RUNTIME_API": "g:1", "ESB_GATEWAY": "../g:1"}, "ESB_GATEWAY is '../g:1'"),
        (["x"], {"AWS_LAMBDA_RUNTIME_API": "g:1", "ESB_STOP_GRACE": "a[0]"}, "ESB_STOP_GRACE is 'a[0]'"),
    ],
)
def test_invalid_configuration_is_one_sentence(command: list[str], environment: dict[str, str], printed: str) -> None:
    ended = subprocess.run(
        [SUPERVISOR, *command],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert printed in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_lines_are_printed_and_shipped_unchanged(gateway: FakeGateway, logs: VictoriaLogs) -> None:
    request = "01234567-89ab-cdef-0123-456789abcdef"
    printed = [
        'plain "quoted" back\\slash \x1b[1m\ttab & é',
        "[ERROR] KeyError: x",
        f"2026-01-01T00:00:00Z\t{request}\tWARN\tfrom node",
        "2026-01-01T00:00:00Z\tundefined\tERROR\tfrom node at init",
        f'{{"level":"debug","requestId":"{request}","message":"json"}}',
        "",
        "no end",
    ]
    with shipping(gateway, logs.url, f"printf '%s' {shlex.quote(chr(10).join(printed))}; exec sleep 1000") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert container.read_until("json").startswith("\n".join(printed[:4]))
        gateway.send(b"kill 1")
        assert gateway.receive() == b"exited 1 137"
        gateway.send(b"forget 1")
        container.process.terminate()
        assert container.wait() == 0  # the unfinished line is not lost

    rows = logs.stored(6)
    assert [row["message"] for row in rows] == [line for line in printed if line]
    assert [row["level"] for row in rows] == ["INFO", "ERROR", "WARNING", "ERROR", "DEBUG", "INFO"]
    assert [row.get("aws_request_id") for row in rows] == [None, None, request, None, request, None]
    assert {(row["container_name"], row["job"]) for row in rows} == {("orders", "lambda")}
    assert [row["_time"] for row in rows] == sorted(row["_time"] for row in rows)


def test_a_terminal_shows_every_line_that_a_runtime_joins_with_carriage_returns(
    gateway: FakeGateway, logs: VictoriaLogs
) -> None:
    error = '[ERROR] KeyError: x\rTraceback (most recent call last):\r  File "app.py", line 1'
    with shipping(gateway, logs.url, f"printf '%s\\r\\n' {shlex.quote(error)} over; exec sleep 1000") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        printed = container.read_until("over\n")

    assert shown(printed) == [*error.split("\r"), "over"]
    assert [row["message"] for row in logs.stored(2)] == [f"{error}\r", "over\r"]


@pytest.mark.parametrize("name", ["esb", "es", "e"])
def test_lines_are_shipped_with_the_password_of_the_server(gateway: FakeGateway, logs: VictoriaLogs, name: str) -> None:
    logs.authorization = f"Basic {base64.b64encode(f'{name}:sécret'.encode()).decode()}"
    credentials = {"VICTORIALOGS_USERNAME": name, "VICTORIALOGS_PASSWORD": "sécret"}
    with shipping(gateway, logs.url, "echo hello", **credentials):
        gateway.accept()
        gateway.send(b"start 1 40123")

        assert logs.messages(1) == ["hello"]


def test_a_log_server_without_responses_delays_nothing(gateway: FakeGateway, logs: VictoriaLogs) -> None:
    logs.open.clear()
    with shipping(gateway, logs.url, "seq 5000; echo end; exit 4") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert len(container.read_until("end\n").split()) == 5001
        assert gateway.receive() == b"exited 1 4"
        logs.open.set()
        logs.wait_for(lambda: any("lines were not shipped" in row["message"] for row in logs.rows))
        told = next(row["message"] for row in logs.rows if "not shipped" in row["message"])
        shipped = sum(row["message"].isdigit() or row["message"] == "end" for row in logs.rows)
        assert shipped + int(told.split()[2]) == 5001


def test_a_runtime_with_shipped_lines_inherits_no_descriptor(gateway: FakeGateway, logs: VictoriaLogs) -> None:
    with shipping(gateway, logs.url, "ls -l /proc/$$/fd; echo end") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        printed = container.read_until("end\n")
        assert [line.split()[-3] for line in printed.splitlines() if " -> " in line] == ["0", "1", "2"]


@contextmanager
def shipping(gateway: FakeGateway, url: str, script: str, **credentials: str) -> Iterator[Supervisor]:
    environment = {**credentials, "ESB_SHIP_LOGS": "1", "VICTORIALOGS_URL": url, "AWS_LAMBDA_FUNCTION_NAME": "orders"}
    with running(gateway, script, **environment) as container:
        yield container
