"""Rows of a log server, each once."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from esb_gateway.client.gateway_client import NoServerError
from esb_gateway.errors import ConfigurationError
from esb_gateway.log_reader.log_server import LogServer, ServerTail
from esb_gateway.log_reader.selection import Selection
from tests.watching import refused_port

pytestmark = pytest.mark.server

AUTHORIZATION = f"Basic {base64.b64encode(b'esb:secret').decode()}"


class FakeLogs:
    """Answers every query with `rows`, the newest first; `queries` has what was asked."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.queries: list[str] = []
        self.status = 200
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                fake.queries.append(form["query"][0])
                allowed = self.headers.get("Authorization") == AUTHORIZATION
                self.send_response(fake.status if allowed else 401)
                self.end_headers()
                self.wfile.write("".join(json.dumps(row) + "\n" for row in reversed(fake.rows)).encode())

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def logs() -> Iterator[FakeLogs]:
    fake = FakeLogs()
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


def row(message: str) -> dict[str, str]:
    return {"_time": "2026-01-01T00:00:01Z", "_msg": message, "container_name": "orders", "level": "INFO"}


def test_rows_come_once_and_equal_ones_as_often_as_they_are_there(logs: FakeLogs) -> None:
    tail = ServerTail(LogServer(logs.url, "esb", "secret"), Selection("orders"), 100.0, lambda: 200.0)
    logs.rows = [row("a"), row("b")]
    assert [entry.message for entry in tail.new()] == ["a", "b"]
    logs.rows = [row("a"), row("a"), row("b"), row("c")]
    assert [entry.message for entry in tail.new()] == ["a", "c"]
    assert tail.new() == []
    assert logs.queries[0].startswith("_time:[1970-01-01T00:01:40.000Z, ")
    assert logs.queries[0].endswith(" | sort by (_time desc) limit 10000")
    assert logs.queries[1].startswith("_time:[1970-01-01T00:02:50.000Z, ")  # 30 s for rows that arrive late


def test_a_refused_password_and_an_error_are_one_sentence(logs: FakeLogs) -> None:
    with pytest.raises(ConfigurationError, match="does not take this stack's password"):
        LogServer(logs.url, "esb", "wrong").rows("*", 1)
    logs.status = 422
    with pytest.raises(ConfigurationError, match="the log server answers 422"):
        LogServer(logs.url, "esb", "secret").rows("*", 1)


@pytest.mark.parametrize("odd", [None, 5, [1], {}, {"_time": 5}, {"_time": "", "_msg": ["a"]}])
def test_another_server_is_one_sentence(logs: FakeLogs, odd: Any) -> None:
    logs.rows = [odd]
    with pytest.raises(ConfigurationError, match="is not VictoriaLogs"):
        LogServer(logs.url, "esb", "secret").rows("*", 1)


def test_a_port_where_nothing_listens_is_its_own_error() -> None:
    with refused_port() as port, pytest.raises(NoServerError, match="no log server answers there"):
        LogServer(f"http://127.0.0.1:{port}").rows("*", 1)
    with pytest.raises(ConfigurationError, match="not a URL"):
        LogServer("http://127.0.0.1:port").rows("*", 1)
