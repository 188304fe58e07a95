"""The supervisor of function containers, with a gateway that the test plays and shell commands for runtimes."""

from __future__ import annotations

import os
import select
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO

import pytest

from tests.watching import is_alive, until

from .conftest import VictoriaLogs

pytestmark = pytest.mark.server

SUPERVISOR = Path(__file__).parents[2] / "runtime" / "supervisor"  # copied into images as it is; it has no package
DEADLINE = 15.0
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: esb-slots/1\r\n\r\n"


class Gateway:
    """One side of the control connection."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(DEADLINE)
        self.port = self.listener.getsockname()[1]
        self.connection = socket.socket()
        self.stream: IO[bytes] = BytesIO()

    def accept(self, answer: bytes = SWITCHED) -> list[bytes]:
        """Take the next connection; gives the head of its request."""
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
        """The next line; nothing when the connection has ended."""
        return self.stream.readline().rstrip(b"\n")

    def lose(self) -> None:
        with suppress(OSError):  # it has ended from the other side
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.stream.close()


class Supervisor:
    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [SUPERVISOR, *command],
            env={"PATH": os.environ["PATH"], **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def read_until(self, text: str) -> str:
        """What is printed, up to and with the text."""
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
def supervisor(*command: str, **environment: str) -> Iterator[Supervisor]:
    started = Supervisor(list(command), environment)
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


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    played = Gateway()
    try:
        yield played
    finally:
        played.listener.close()
        played.lose()


@contextmanager
def running(gateway: Gateway, script: str, **environment: str) -> Iterator[Supervisor]:
    """A supervisor whose runtimes run the shell's script."""
    address = f"127.0.0.1:{gateway.port}"
    with supervisor("/bin/sh", "-c", script, **{"AWS_LAMBDA_RUNTIME_API": address, **environment}) as started:
        try:
            yield started
        finally:
            started.process.terminate()
            gateway.lose()  # so it need not drain


def test_asks_for_the_control_connection_and_runs_what_it_is_told(gateway: Gateway) -> None:
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


def test_gateway_may_have_another_address_than_its_name(gateway: Gateway) -> None:
    address = f"127.0.0.1:{gateway.port}"
    with running(gateway, "env", AWS_LAMBDA_RUNTIME_API="orders-token.esb:9001", ESB_GATEWAY=address) as container:
        assert gateway.accept()[1] == b"Host: orders-token.esb:9001"
        gateway.send(b"start 1 40123")
        assert "AWS_LAMBDA_RUNTIME_API=127.0.0.1:40123\n" in container.read_until(
            "AWS_LAMBDA_RUNTIME_API=127.0.0.1:40123\n"
        )


def test_runtime_inherits_no_descriptor_and_no_ignored_signal(gateway: Gateway) -> None:
    script = "grep -E '^Sig(Ign|Blk)' /proc/self/status; ls -l /proc/$$/fd; echo end"
    with running(gateway, script) as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        printed = container.read_until("end\n")
        assert printed.count("0000000000000000") == 2
        assert [line.split()[-3] for line in printed.splitlines() if " -> " in line] == ["0", "1", "2"]
        assert " 0 -> /dev/null" in printed


def test_streams_of_a_runtime_are_those_of_the_container(gateway: Gateway) -> None:
    with running(gateway, "printf 'out\nno end'; echo err >&2") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert container.read_until("err\n") == "out\nno enderr\n"


def test_kill_takes_the_whole_group_and_is_told_once_it_is_done(gateway: Gateway) -> None:
    with running(gateway, "trap '' TERM; sleep 1000 & echo $$ $!; wait") as container:
        gateway.accept()
        gateway.send(b"start 7 40123")
        runtime, child = map(int, container.read_until("\n").split())
        gateway.send(b"term 7")  # both ignore it
        gateway.send(b"kill 7")
        assert gateway.receive() == b"exited 7 137"
        until(lambda: not is_alive(runtime) and not is_alive(child))


def test_term_is_the_runtimes_own_matter(gateway: Gateway) -> None:
    with running(gateway, "trap 'echo bye; exit 5' TERM; echo up; sleep 1000 & wait") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        container.read_until("up\n")
        gateway.send(b"term 1")
        assert gateway.receive() == b"exited 1 5"
        container.read_until("bye\n")


def test_what_a_runtime_leaves_behind_is_killed(gateway: Gateway) -> None:
    with running(gateway, "sleep 1000 & echo $!") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert gateway.receive() == b"exited 1 0"
        child = int(container.read_until("\n"))
        until(lambda: not is_alive(child))


def test_entrypoint_that_is_not_there_is_said_and_told(gateway: Gateway) -> None:
    address = f"127.0.0.1:{gateway.port}"
    with supervisor("/no/such/entrypoint", "app.handler", AWS_LAMBDA_RUNTIME_API=address) as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert gateway.receive() == b"exited 1 127"
        assert "/no/such/entrypoint" in container.read_until("\n")
        gateway.send(b"forget 1")


def test_lost_gateway_ends_every_runtime_and_is_looked_for_again(gateway: Gateway) -> None:
    with running(gateway, "trap '' TERM; echo $$; sleep 1000") as container:
        for _ in range(3):
            gateway.accept()
            gateway.send(b"start 1 40123")
            runtime = int(container.read_until("\n"))
            gateway.lose()
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
        b"\xff\xfe",
    ],
)
def test_garbage_ends_the_connection_and_every_runtime(gateway: Gateway, garbage: bytes) -> None:
    with running(gateway, "echo $$; sleep 1000") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        runtime = int(container.read_until("\n"))
        gateway.send(garbage)
        assert gateway.receive() == b""
        until(lambda: not is_alive(runtime))
        assert "something else than a command" in container.read_until("\n")
        gateway.accept()


def test_commands_for_runs_that_are_over_do_no_harm(gateway: Gateway) -> None:
    with running(gateway, "exit 0"):
        gateway.accept()
        for line in (b"kill 5", b"term 5", b"forget 5", b"start 6 40123"):
            gateway.send(line)
        assert gateway.receive() == b"exited 6 0"
        gateway.send(b"kill 6")
        gateway.send(b"term 6")
        gateway.send(b"start 7 40123")
        assert {gateway.receive(), gateway.receive()} == {b"exited 6 137", b"exited 7 0"}


def test_term_drains(gateway: Gateway) -> None:
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


def test_term_without_a_gateway_ends_at_once(gateway: Gateway) -> None:
    gateway.listener.close()
    with running(gateway, "exit 0") as container:
        container.read_until("waiting for the gateway at 127.0.0.1:")
        container.process.terminate()
        assert container.wait() == 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "127.0.0.1 is no function that the gateway knows"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "is not a gateway of this version"),
        (b"SSH-2.0-OpenSSH\r\n", "is not a gateway of this version"),
    ],
)
def test_refusal_is_said_once(gateway: Gateway, answer: bytes, said: str) -> None:
    with running(gateway, "exit 0") as container:
        for _ in range(3):
            gateway.accept(answer)
            gateway.lose()
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert gateway.receive() == b"exited 1 0"
        container.process.terminate()
        gateway.receive()
        gateway.send(b"forget 1")
        assert container.wait() == 0
        assert container.process.stdout is not None
        [line] = container.process.stdout.read().decode().splitlines()
        assert said in line


@pytest.mark.parametrize(
    ("command", "environment", "said"),
    [
        ([], {"AWS_LAMBDA_RUNTIME_API": "gateway:9001"}, "no command"),
        (["x"], {}, "AWS_LAMBDA_RUNTIME_API is ''"),
        (["x"], {"AWS_LAMBDA_RUNTIME_API": "gateway"}, "AWS_LAMBDA_RUNTIME_API is 'gateway'"),
        (["x"], {"AWS_LAMBDA_RUNTIME_API": "g:1", "ESB_GATEWAY": "../g:1"}, "ESB_GATEWAY is '../g:1'"),
        (["x"], {"AWS_LAMBDA_RUNTIME_API": "g:1", "ESB_STOP_GRACE": "a[0]"}, "ESB_STOP_GRACE is 'a[0]'"),
    ],
)
def test_wrong_set_up_is_one_sentence(command: list[str], environment: dict[str, str], said: str) -> None:
    ended = subprocess.run(
        [SUPERVISOR, *command],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_lines_are_printed_and_shipped_as_they_are(gateway: Gateway, logs: VictoriaLogs) -> None:
    request = "01234567-89ab-cdef-0123-456789abcdef"
    printed = [
        'plain "quoted" back\\slash \x1b[1m\ttab & é',
        "[ERROR] KeyError: x",
        f"2026-01-01T00:00:00Z\t{request}\tWARN\tfrom node",
        f'{{"level":"debug","requestId":"{request}","message":"json"}}',
        "",
        "no end",
    ]
    with shipping(gateway, logs.url, f"printf '%s' {shlex.quote(chr(10).join(printed))}; exec sleep 1000") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        assert container.read_until("json").startswith("\n".join(printed[:3]))
        gateway.send(b"kill 1")
        assert gateway.receive() == b"exited 1 137"
        gateway.send(b"forget 1")
        container.process.terminate()
        assert container.wait() == 0  # and what has no end yet is not lost

    logs.wait_for(lambda: len(logs.rows) >= 5)
    rows = logs.rows
    assert [row["message"] for row in rows] == [line for line in printed if line]
    assert [row["level"] for row in rows] == ["INFO", "ERROR", "WARNING", "DEBUG", "INFO"]
    assert [row.get("aws_request_id") for row in rows] == [None, None, request, request, None]
    assert {(row["container_name"], row["job"]) for row in rows} == {("orders", "lambda")}
    assert [row["_time"] for row in rows] == sorted(row["_time"] for row in rows)


def test_a_log_server_that_is_away_holds_nothing_up(gateway: Gateway, logs: VictoriaLogs) -> None:
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


def test_a_runtime_whose_lines_are_shipped_inherits_no_descriptor_either(gateway: Gateway, logs: VictoriaLogs) -> None:
    with shipping(gateway, logs.url, "ls -l /proc/$$/fd; echo end") as container:
        gateway.accept()
        gateway.send(b"start 1 40123")
        printed = container.read_until("end\n")
        assert [line.split()[-3] for line in printed.splitlines() if " -> " in line] == ["0", "1", "2"]


@contextmanager
def shipping(gateway: Gateway, url: str, script: str) -> Iterator[Supervisor]:
    environment = {"ESB_SHIP_LOGS": "1", "VICTORIALOGS_URL": url, "AWS_LAMBDA_FUNCTION_NAME": "orders"}
    with running(gateway, script, **environment) as container:
        yield container
