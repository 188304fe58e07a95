"""A fake VictoriaLogs that stores rows, and interpreters that start with the runtime folder on their path."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from esb_schemas.backends import backends_json

RUNTIME = Path(__file__).parents[2] / "runtime"
DEADLINE = 60.0

Row = dict[str, str]


class VictoriaLogs:
    """Accepts rows at /insert/jsonline. Answers with `statuses` first, and not at all while `open` is not set."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.queries: list[dict[str, list[str]]] = []
        self.statuses: list[int] = []
        self.authorization = ""  # what each request needs; others are answered with 401
        self.open = threading.Event()
        self.open.set()
        self.changed = threading.Condition()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        logs = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with logs.changed:
                    logs.queries.append({"path": [urlsplit(self.path).path], **parse_qs(urlsplit(self.path).query)})
                    logs.changed.notify_all()
                logs.open.wait(DEADLINE)
                status = logs.statuses.pop(0) if logs.statuses else 200
                if self.headers.get("Authorization", "") != logs.authorization:
                    status = 401
                if status == 200:
                    logs.store(body)
                try:
                    self.send_response(status)
                    self.end_headers()
                except OSError:
                    return  # the client has closed the connection; its rows are stored

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name in the base class)
                return

        return Handler

    def store(self, body: bytes) -> None:
        with self.changed:
            self.rows += [json.loads(line) for line in body.splitlines()]
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, DEADLINE), f"timeout; the rows are {self.rows}"

    def stored(self, count: int) -> list[Row]:
        """All rows, once there are `count`. A program may end before its last rows arrive."""
        self.wait_for(lambda: len(self.rows) >= count)
        return self.rows

    def messages(self, count: int) -> list[str]:
        return [row["message"] for row in self.stored(count)]

    def close(self) -> None:
        self.open.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def logs() -> Iterator[VictoriaLogs]:
    server = VictoriaLogs()
    yield server
    server.close()


@dataclass(frozen=True)
class Interpreter:
    """Runs programs as in a container: in a clean environment with the runtime folder on the path."""

    folder: Path
    environment: dict[str, str]

    def start(self, code: str, **environment: str) -> subprocess.Popen[str]:
        program = self.folder / "program.py"
        program.write_text(code)
        return subprocess.Popen(
            [sys.executable, str(program)],
            env=self.environment | environment,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
        )

    def run(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The result of a program, once its output has ended."""
        process = self.start(code, **environment)
        out, err = process.communicate(timeout=DEADLINE)
        return subprocess.CompletedProcess([], process.returncode, out, err)

    def value(self, code: str, **environment: str) -> Any:
        """The last line of a program's output, parsed as JSON; the program must exit with 0."""
        result = self.run(code, **environment)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def runtime_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as in an image: the Python files, and the table that `esb build` writes beside them."""
    folder = tmp_path_factory.mktemp("runtime")
    for path in RUNTIME.glob("*.py"):
        shutil.copy(path, folder)
    (folder / "backends.json").write_text(backends_json())
    return folder


@pytest.fixture
def python(tmp_path: Path, runtime_folder: Path) -> Interpreter:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(runtime_folder),
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "CONTAINER_NAME": "orders",
    }
    return Interpreter(tmp_path, environment)
