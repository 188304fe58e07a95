"""An HTTP server that notes what it is sent: the Invoke API, or a subscriber."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import unquote


class Received(NamedTuple):
    """One request, and when it came, in seconds. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Endpoint:
    """Answers with `status`, or with what `answer` says for a request, and with the body that `content` gives."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.status = 202
        self.answer: Callable[[Received], int] = lambda _: self.status
        self.content: Callable[[Received], bytes] = lambda _: b""
        self.url = ""

    def wait_for(self, count: int, seconds: float = 60) -> list[Received]:
        """What was received, once there is so much of it."""
        until = time.monotonic() + seconds
        while len(self.received) < count:
            assert time.monotonic() < until, f"{len(self.received)} of {count} requests: {self.received}"
            time.sleep(0.01)
        return self.received[:count]

    def functions(self) -> list[str]:
        """The names of the functions that were invoked."""
        return [unquote(one.path).split("/")[3].rpartition(":")[2] for one in self.received]


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Serve while the block runs."""
    found = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Received(self.command, self.path, headers, body, time.monotonic())
            status, content = found.answer(request), found.content(request)
            found.received.append(request)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    for method in ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
