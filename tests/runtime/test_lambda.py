"""The request ids of lines, in functions run by AWS's own runtime client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.terminal import shown

from .conftest import DEADLINE, Interpreter, VictoriaLogs

pytestmark = pytest.mark.server

HANDLER = """
import json, logging, os, subprocess, sys
print("while it starts")
log = logging.getLogger("shop")
log.setLevel("INFO")

def handle(event, context):
    subprocess.run(["echo", "a child of", event])
    print("printed by", event)
    print({"a": [1, event]})
    log.info("logged by %s", event)
    os.write(1, f"native {event}\\n".encode())
    if event == "third":
        raise ValueError(f"no {event}")
    return event
"""


class RuntimeApi:
    """A fake Runtime API with a list of invocations; the first has request id req-1 and trace id 1-trace-1."""

    def __init__(self, events: list[str]) -> None:
        self.events = list(enumerate(events, 1))
        self.over = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                try:
                    number, event = api.events.pop(0)
                except IndexError:
                    api.over.wait(DEADLINE)
                    self.close_connection = True
                    return
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": f"req-{number}",
                    "Lambda-Runtime-Trace-Id": f"Root=1-trace-{number};Parent=1;Sampled=1",
                    "Lambda-Runtime-Deadline-Ms": "9999999999999",
                }
                self.answer(200, f'"{event}"'.encode(), headers)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(202, b"{}", {})

            def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Type": "application/json"}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name in the base class)
                return

        return Handler

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    server = RuntimeApi(["first", "second", "third", "last"])
    yield server
    server.close()


def run_function(python: Interpreter, logs: VictoriaLogs, api: RuntimeApi, **environment: str) -> str:
    """Run the function until the last line of each invocation has arrived; returns what it has printed."""
    (python.folder / "function.py").write_text(HANDLER)
    code = """
import runpy, sys
sys.path[0] = "."
sys.argv = ["", "function.handle"]
runpy.run_module("awslambdaric", run_name="__main__")
"""
    function = python.start(
        code,
        VICTORIALOGS_URL=logs.url,
        AWS_LAMBDA_RUNTIME_API=api.address,
        AWS_LAMBDA_FUNCTION_NAME="pay",
        **environment,
    )
    try:
        logs.wait_for(lambda: sum(row["message"].startswith("native") for row in logs.rows) == 4)
    finally:
        api.over.set()
        function.kill()
    return function.communicate()[0]


def of_request(logs: VictoriaLogs, number: int) -> list[str]:
    """The messages with both ids of a request."""
    ids = (f"req-{number}", f"1-trace-{number}")
    return [row["message"] for row in logs.rows if (row.get("aws_request_id"), row.get("trace_id")) == ids]


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_each_line_has_the_ids_of_its_request(
    python: Interpreter, logs: VictoriaLogs, api: RuntimeApi, log_format: str
) -> None:
    run_function(python, logs, api, AWS_LAMBDA_LOG_FORMAT=log_format)
    for number, event in enumerate(["first", "second"], 1):
        printed = [f"a child of {event}", f"printed by {event}", f"{{'a': [1, '{event}']}}"]
        assert of_request(logs, number) == [*printed, f"logged by {event}", f"native {event}"]
    assert [row["message"] for row in logs.rows if "aws_request_id" not in row] == ["while it starts"]
    (logged,) = [row for row in logs.rows if row["message"] == "logged by first"]
    assert (logged["level"], logged["logger"]) == ("INFO", "shop")


def test_the_error_of_a_handler_is_one_row(python: Interpreter, logs: VictoriaLogs, api: RuntimeApi) -> None:
    run_function(python, logs, api)
    (row,) = [row for row in logs.rows if row["message"].startswith("[ERROR]")]
    assert (row["message"], row["level"]) == ("[ERROR] ValueError: no third", "ERROR")
    assert (row["aws_request_id"], row["trace_id"]) == ("req-3", "1-trace-3")
    assert row["exc_info"].startswith("Traceback (most recent call last):\n")
    assert "raise ValueError" in row["exc_info"]


def test_a_terminal_shows_every_line_of_a_traceback(python: Interpreter, logs: VictoriaLogs, api: RuntimeApi) -> None:
    """As `docker compose logs` does; awslambdaric prints a traceback as one line, with carriage returns in it."""
    lines = shown(run_function(python, logs, api))
    at = lines.index("[ERROR] ValueError: no third")
    assert lines[at + 1] == "Traceback (most recent call last):"
    assert lines[at + 2].lstrip().startswith('File "')
    assert lines[at + 3].strip().startswith("raise ValueError")


def test_workers_that_share_a_process_tree_do_not_mix_their_requests(
    python: Interpreter, logs: VictoriaLogs, api: RuntimeApi
) -> None:
    run_function(python, logs, api, AWS_LAMBDA_MAX_CONCURRENCY="2")
    for number, event in enumerate(["first", "second", "third", "last"], 1):
        assert {f"printed by {event}", f"logged by {event}"} <= set(of_request(logs, number))
        others = {"first", "second", "third", "last"} - {event}
        assert not [line for line in of_request(logs, number) if others & set(line.split())]
