"""`esb-gateway serve` as a program: what it prints, its exit codes, and one invocation from front to back."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.cli import main
from esb_gateway.execution.containers.container_host import runtime_host
from esb_schemas.agreements.provisioned import Difference, Provisioned, resources_digest, write_record
from tests.gateway.cli.serve_process import FUNCTIONS, ROUTING, SECRETS, ServeProcess, get, serve, starting
from tests.listening import listening_ports
from tests.watching import until


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


@pytest.fixture
def served(config: Path) -> Iterator[ServeProcess]:
    with serve(config) as process:
        yield process


def run_one(port: int, function: str = "hello") -> None:
    """A runtime in a container of the function: takes one event, answers with its path parameters."""
    path, host = "/2018-06-01/runtime/invocation", {"Host": f"{runtime_host(function, 'r')}:{port}"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"{path}/next", headers=host)
    response = connection.getresponse()
    event = json.loads(response.read())
    answer = json.dumps({"statusCode": 200, "body": json.dumps(event["pathParameters"])})
    connection.request("POST", f"{path}/{response.headers['Lambda-Runtime-Aws-Request-Id']}/response", answer, host)
    connection.getresponse().read()
    connection.close()


@pytest.mark.server
def test_a_request_reaches_a_function_in_a_container(served: ServeProcess) -> None:
    runtime = threading.Thread(target=run_one, args=(served.runtime_port,))
    runtime.start()
    assert get(served.address, "/_esb/ready") == (200, b'{"status":"ready"}')
    assert get(served.address, "/hello/w%C3%B6rld") == (200, b'{"name": "w\\u00f6rld"}')
    runtime.join(60)
    code, output = served.stop()
    lines = [json.loads(line) for line in output.splitlines()]
    access = [line for line in lines if line["type"] == "access"]
    assert code == 0
    assert [(line["path"], line["status"]) for line in access] == [("/hello/w%C3%B6rld", 200)]
    started = [line for line in lines if line["type"] == "function" and line["message"].startswith("START ")]
    assert [line["request_id"] for line in started] == [access[0]["request_id"]]


@pytest.mark.server
def test_a_port_of_its_own_refuses_calls_of_other_services(served: ServeProcess) -> None:
    status, body = get(f"127.0.0.1:{served.refusing_port}", "/graphql")

    assert status == 400
    assert b"this stack has nothing at /graphql" in body


def replace_file(path: Path, text: str) -> None:
    """As `esb build` does it."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text)
    temporary.replace(path)


@pytest.mark.server
def test_changed_files_are_served_without_a_restart(served: ServeProcess, config: Path) -> None:
    replace_file(config / "functions.yml", FUNCTIONS.replace("{hello:", "{hello: {handler: a.b, runtime: r}, new:"))
    replace_file(config / "routing.yml", ROUTING.replace("/hello/", "/new/").replace("hello}", "new}"))
    assert served.process.stdout is not None
    applied = next(line for line in served.process.stdout if "configuration" in line)
    assert '"configuration applied: added new; changed hello"' in applied
    assert get(served.address, "/hello/a")[0] == 404
    runtime = threading.Thread(target=run_one, args=(served.runtime_port, "new"))
    runtime.start()
    assert get(served.address, "/new/a") == (200, b'{"name": "a"}')
    runtime.join(60)
    assert served.stop()[0] == 0


@pytest.mark.server
def test_a_bad_file_is_refused_and_the_old_configuration_stays(served: ServeProcess, config: Path) -> None:
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
    runtime.join(60)

    replace_file(config / "routing.yml", ROUTING)
    until(lambda: ready() == {"status": "ready"})
    _, output = served.stop()
    refusals = [json.loads(line) for line in output.splitlines() if "refused" in line]
    assert [line["level"] for line in refusals] == ["ERROR", "ERROR"]
    refused = "configuration refused, the previous one stays in use: routing.yml: routes[0].function: "
    assert refusals[1]["message"].startswith(f"{refused}there is no function nope")


@pytest.mark.server
def test_it_ends_to_be_started_again_if_the_provisioner_has_read_another_folder(config: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    drift = Difference("table Orders", "KeySchema differs")
    write_record(record, Provisioned("of the last run", (drift,)))
    with serve(config, ESB_PROVISIONED_FILE=str(record)) as served:
        assert json.loads(get(served.address, "/_esb/ready")[1]) == {
            "status": "ready",
            "configuration": "of the last run",
            "drift": [drift._asdict()],
        }
        (config / "resources.yml").write_text("{}")
        write_record(record, Provisioned("another"))
        output, _ = served.process.communicate(timeout=60)
    assert served.process.returncode == 0
    assert "the folder of the configuration was replaced" in output


@pytest.mark.server
def test_until_the_resources_are_provisioned_it_says_what_it_waits_for(config: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    (config / "resources.yml").write_text("{}")
    with starting(config, ESB_PROVISIONED_FILE=str(record), ESB_DATA_SERVERS="database") as process:
        until(lambda: listening_ports(process.pid))
        (port,) = listening_ports(process.pid)
        write_record(record, Provisioned("", failed=("table Orders: no",)))
        until(lambda: b"not_provisioned" in get(f"127.0.0.1:{port}", "/_esb/ready")[1])
        status, page = get(f"127.0.0.1:{port}", "/_esb/ready")
        assert (status, json.loads(page)["status"]) == (503, "starting")
        assert get(f"127.0.0.1:{port}", "/hello/a") == (503, b'{"message":"Service Unavailable"}')
        assert get(f"127.0.0.1:{port}", "/_esb/health")[0] == 200

        write_record(record, Provisioned("", resources=resources_digest(config, "database")))
        served = ServeProcess(process)
        assert json.loads(get(served.address, "/_esb/ready")[1])["status"] == "ready"
        assert served.stop()[0] == 0


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(served: ServeProcess, number: int) -> None:
    assert served.stop(number) == (0, "")


def test_an_invalid_certificate_is_one_sentence(
    config: Path, environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(config / "tls.crt")
    assert main(["serve", "--config", str(config), "--port", "0", "--tls-cert", missing, "--tls-key", missing]) == 1
    assert capsys.readouterr().err.startswith(f"esb-gateway: {missing}: cannot be read (No such file or directory); ")


@pytest.mark.server
def test_tls_outside_and_none_inside(config: Path, pair: Any) -> None:
    tls = {"ESB_TLS_CERT": str(pair.certificate), "ESB_TLS_KEY": str(pair.key), "ESB_PLAIN_PORT": "0"}
    with serve(config, **tls) as served:
        assert served.ready.startswith("ready: https://127.0.0.1:")
        outside = http.client.HTTPSConnection("localhost", served.port, timeout=10, context=pair.client())
        outside.request("GET", "/_esb/ready")
        assert outside.getresponse().status == 200
        outside.close()
        answers = [get(f"127.0.0.1:{port}", "/_esb/ready") for port in served.other_ports()]
        assert (200, b'{"status":"ready"}') in answers
        assert served.stop()[0] == 0


@pytest.mark.server
def test_a_stop_lets_a_request_end(config: Path) -> None:
    with serve(config) as served:
        connection = http.client.HTTPConnection(served.address, timeout=60)
        connection.request("GET", "/hello/late")
        wait_for_a_request(served)
        served.process.send_signal(signal.SIGTERM)
        until(lambda: not is_open(served.address))
        run_one(served.runtime_port)  # a function whose container starts only now
        response = connection.getresponse()
        assert (response.status, response.headers["connection"]) == (200, "close")
        assert response.read() == b'{"name": "late"}'
        connection.close()
        served.process.communicate(timeout=60)
        assert served.process.returncode == 0


@pytest.mark.server
def test_a_stop_does_not_wait_for_ever(config: Path) -> None:
    with serve(config, ESB_DRAIN_SECONDS="0.2") as served:
        connection = http.client.HTTPConnection(served.address, timeout=60)
        connection.request("GET", "/hello/never")
        wait_for_a_request(served)
        assert served.stop()[0] == 0
        assert connection.getresponse().status == 503
        connection.close()


def wait_for_a_request(served: ServeProcess) -> None:
    """Until one waits for a function."""
    until(lambda: b'esb_queued_invocations{function="hello"} 1.0' in get(served.address, "/_esb/metrics")[1])


def is_open(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0
