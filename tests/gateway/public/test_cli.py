"""`esb-gateway serve` as a program: what it prints, its exit codes, and one invocation from front to back."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.cli import main
from esb_gateway.execution.container_host import runtime_host
from tests.watching import until

SECRETS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "ESB_RUNTIME_SECRET": "r"}
FUNCTIONS = "functions: {hello: {handler: app.handler, runtime: python3.12}}\n"
ROUTING = "routes: [{path: '/hello/{name}', method: GET, function: hello}]\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "functions.yml").write_text(FUNCTIONS)
    (tmp_path / "routing.yml").write_text(ROUTING)
    return tmp_path


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def test_a_bad_file_is_one_sentence_and_exit_code_1(
    config: Path, environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (config / "routing.yml").write_text("routes: [{path: /, method: GET, function: nope}]\n")
    assert main(["serve", "--config", str(config)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("esb-gateway: routing.yml: routes[0].function: there is no function nope")
    assert printed.err.count("\n") == 1


def test_without_a_runtime_secret_nobody_could_be_told_apart(
    config: Path, environment: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ESB_RUNTIME_SECRET")
    assert main(["serve", "--config", str(config)]) == 1
    assert "ESB_RUNTIME_SECRET is needed" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["dance"], ["serve", "--port", "http"], ["schedules", "--count", "0"]])
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: esb-gateway" in capsys.readouterr().err


@pytest.fixture
def scheduled(config: Path) -> Path:
    """A folder with a schedule that has two firings left, one that has none, and one that is off."""
    events = (
        "{type: ScheduleV2, name: Shift, schedule: cron(0 6 1 1 ? 2190-2191), timezone: Europe/Berlin}",
        "{type: Schedule, name: Past, schedule: cron(0 0 1 1 ? 2020)}",
        "{type: Schedule, name: 'Off', schedule: rate(1 day), enabled: false}",
    )
    function = f"{{handler: app.handler, runtime: python3.12, events: [{', '.join(events)}]}}"
    (config / "functions.yml").write_text(f"functions: {{hello: {function}}}\n")
    return config


def test_the_next_firings_are_printed(scheduled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedules", "--config", str(scheduled)]) == 0
    assert capsys.readouterr().out == (
        "hello/Shift: cron(0 6 1 1 ? 2190-2191), Europe/Berlin\n"
        "  2190-01-01 06:00:00 CET\n"
        "  2191-01-01 06:00:00 CET\n"
        "hello/Past: cron(0 0 1 1 ? 2020), UTC\n"
        "  never again\n"
        "hello/Off: rate(1 day), UTC, disabled\n"
    )


def test_the_next_firings_as_json(scheduled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedules", "--config", str(scheduled), "--count", "1", "--json"]) == 0
    shift, past, off = json.loads(capsys.readouterr().out)["schedules"]
    assert shift["next"] == ["2190-01-01T05:00:00Z"]
    assert past["next"] == off["next"] == []


def test_who_reads_no_further_is_told_nothing(scheduled: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "esb_gateway", "schedules", "--config", str(scheduled)]
    with os.fdopen(write, "w") as nobody:
        done = subprocess.run(command, stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_folder_without_schedules_and_one_that_is_none(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedules", "--config", str(config)]) == 0
    assert capsys.readouterr().out == "there are no schedules\n"
    assert main(["schedules", "--config", str(config / "nowhere")]) == 1
    assert "run `esb build`" in capsys.readouterr().err


class Served:
    """A running `esb-gateway serve`."""

    def __init__(self, config: Path, **more: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.runtime_port: int = free.getsockname()[1]
        here = {"ESB_RUNTIME_PORT": str(self.runtime_port), "ESB_EVENTS_FILE": str(config / "events.sqlite3")}
        environment = {**os.environ, **SECRETS, **here, **more}
        command = [sys.executable, "-c", "import sys; from esb_gateway.cli import main; sys.exit(main())", "serve"]
        self.process = subprocess.Popen(
            [*command, "--config", str(config), "--host", "127.0.0.1", "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = next(line for line in self.process.stdout if line.startswith("ready: "))
        self.address = self.ready.strip().removeprefix("ready: http://")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End it; gives the exit code and what else it printed."""
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=5)
        return self.process.returncode, output


@contextlib.contextmanager
def serving(config: Path, **more: str) -> Iterator[Served]:
    server = Served(config, **more)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()


@pytest.fixture
def served(config: Path) -> Iterator[Served]:
    with serving(config) as server:
        yield server


def run_one(port: int, function: str = "hello") -> None:
    """A runtime in a container of the function: takes one event, answers with its path parameters."""
    path, host = "/2018-06-01/runtime/invocation", {"Host": f"{runtime_host(function, 'r')}:{port}"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", f"{path}/next", headers=host)
    response = connection.getresponse()
    event = json.loads(response.read())
    answer = json.dumps({"statusCode": 200, "body": json.dumps(event["pathParameters"])})
    connection.request("POST", f"{path}/{response.headers['Lambda-Runtime-Aws-Request-Id']}/response", answer, host)
    connection.getresponse().read()
    connection.close()


def get(address: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


@pytest.mark.server
def test_a_request_reaches_a_function_in_a_container(served: Served) -> None:
    runtime = threading.Thread(target=run_one, args=(served.runtime_port,))
    runtime.start()
    assert get(served.address, "/_esb/ready") == (200, b'{"status":"ready"}')
    assert get(served.address, "/hello/w%C3%B6rld") == (200, b'{"name": "w\\u00f6rld"}')
    runtime.join(10)
    code, output = served.stop()
    lines = [json.loads(line) for line in output.splitlines()]
    access = [line for line in lines if line["type"] == "access"]
    assert code == 0
    assert [(line["path"], line["status"]) for line in access] == [("/hello/w%C3%B6rld", 200)]
    started = [line for line in lines if line["type"] == "function" and line["message"].startswith("START ")]
    assert [line["request_id"] for line in started] == [access[0]["request_id"]]


def replace_file(path: Path, text: str) -> None:
    """As `esb build` does it."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text)
    temporary.replace(path)


@pytest.mark.server
def test_changed_files_are_served_without_a_restart(served: Served, config: Path) -> None:
    replace_file(config / "functions.yml", FUNCTIONS.replace("{hello:", "{hello: {handler: a.b, runtime: r}, new:"))
    replace_file(config / "routing.yml", ROUTING.replace("/hello/", "/new/").replace("hello}", "new}"))
    assert served.process.stdout is not None
    taken = next(line for line in served.process.stdout if "configuration" in line)
    assert '"configuration taken: added new; changed hello"' in taken
    assert get(served.address, "/hello/a")[0] == 404
    runtime = threading.Thread(target=run_one, args=(served.runtime_port, "new"))
    runtime.start()
    assert get(served.address, "/new/a") == (200, b'{"name": "a"}')
    runtime.join(10)
    assert served.stop()[0] == 0


@pytest.mark.server
def test_a_bad_file_is_refused_and_the_old_configuration_stays(served: Served, config: Path) -> None:
    def ready() -> dict[str, str]:
        status, body = get(served.address, "/_esb/ready")
        assert status == 200
        return dict(json.loads(body))

    (config / "functions.yml").unlink()
    replace_file(config / "routing.yml", "routes: [{path: /, method: GET, function: nope}]\n")
    until(lambda: "refused" in ready())
    assert "functions.yml" in ready()["refused"]
    replace_file(config / "functions.yml", FUNCTIONS)
    until(lambda: "there is no function nope" in ready()["refused"])
    assert get(served.address, "/")[0] == 404
    runtime = threading.Thread(target=run_one, args=(served.runtime_port,))
    runtime.start()
    assert get(served.address, "/hello/a")[0] == 200
    runtime.join(10)

    replace_file(config / "routing.yml", ROUTING)
    until(lambda: ready() == {"status": "ready"})
    _, output = served.stop()
    refusals = [json.loads(line) for line in output.splitlines() if "refused" in line]
    assert [line["level"] for line in refusals] == ["ERROR", "ERROR"]
    assert refusals[1]["message"].startswith(
        "configuration refused, the one before it stays: routing.yml: routes[0].function: there is no function nope"
    )


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(served: Served, number: int) -> None:
    assert served.stop(number) == (0, "")


def test_a_certificate_that_is_none_is_one_sentence(
    config: Path, environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(config / "tls.crt")
    assert main(["serve", "--config", str(config), "--port", "0", "--tls-cert", missing, "--tls-key", missing]) == 1
    assert capsys.readouterr().err.startswith(f"esb-gateway: {missing}: cannot be read (No such file or directory); ")


@pytest.mark.server
def test_tls_outside_and_none_inside(config: Path, pair: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        plain = free.getsockname()[1]
    tls = {"ESB_TLS_CERT": str(pair.certificate), "ESB_TLS_KEY": str(pair.key), "ESB_PLAIN_PORT": str(plain)}
    with serving(config, **tls) as served:
        assert served.ready.startswith("ready: https://127.0.0.1:")
        port = int(served.ready.strip().rpartition(":")[2])
        outside = http.client.HTTPSConnection("localhost", port, timeout=10, context=pair.client())
        outside.request("GET", "/_esb/ready")
        assert outside.getresponse().status == 200
        outside.close()
        assert get(f"127.0.0.1:{plain}", "/_esb/ready") == (200, b'{"status":"ready"}')
        assert served.stop()[0] == 0


@pytest.mark.server
def test_a_stop_lets_a_request_end(config: Path) -> None:
    with serving(config) as served:
        connection = http.client.HTTPConnection(served.address, timeout=10)
        connection.request("GET", "/hello/late")
        wait_for_a_request(served)
        served.process.send_signal(signal.SIGTERM)
        while is_open(served.address):
            threading.Event().wait(0.01)
        run_one(served.runtime_port)  # a function whose container starts only now
        response = connection.getresponse()
        assert (response.status, response.headers["connection"]) == (200, "close")
        assert response.read() == b'{"name": "late"}'
        connection.close()
        served.process.communicate(timeout=10)
        assert served.process.returncode == 0


@pytest.mark.server
def test_a_stop_does_not_wait_for_ever(config: Path) -> None:
    with serving(config, ESB_DRAIN_SECONDS="0.2") as served:
        connection = http.client.HTTPConnection(served.address, timeout=10)
        connection.request("GET", "/hello/never")
        wait_for_a_request(served)
        assert served.stop()[0] == 0
        assert connection.getresponse().status == 500
        connection.close()


def wait_for_a_request(served: Served) -> None:
    """Until one waits for a function."""
    while b'esb_queued_invocations{function="hello"} 1.0' not in get(served.address, "/_esb/metrics")[1]:
        threading.Event().wait(0.01)


def is_open(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0
