"""Ships rows to VictoriaLogs: `POST /insert/jsonline`, in batches, from a thread, with a limit on what waits."""

# ruff: noqa: PLC0415  (imports are late: a process that needs less pays less)
from __future__ import annotations

import socket
import threading
import time
from collections import deque
from urllib.parse import urlencode, urlsplit

TYPE_CHECKING = False  # typing would be loaded for nothing else
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INSERT = "/insert/jsonline?" + urlencode(
    {"_stream_fields": "container_name,job", "_msg_field": "message", "_time_field": "_time"}
)

# What became of a batch.
STORED = "stored"
NOT_TAKEN = "not taken"  # surely not stored, and worth another attempt
UNKNOWN = "unknown"  # sent, and no answer; a second attempt could store it twice
REFUSED = "refused"  # another attempt would be refused too


def labels(environ: Mapping[str, str], hostname: str) -> dict[str, str]:
    """The stream's labels: who printed it. `CONTAINER_NAME`, else the function's name, else the host's."""
    function = environ.get("AWS_LAMBDA_FUNCTION_NAME")
    name = environ.get("CONTAINER_NAME") or function or hostname
    return {"container_name": name, "job": environ.get("ESB_LOG_JOB") or ("lambda" if function else "esb")}


def post(url: str, body: bytes, *, connect: float = 2.0, answer: float = 30.0) -> str:
    """Send rows, with limits in seconds for the connection and for the answer.

    Each batch has its own connection: on one that was idle, a lost batch cannot be told from one that was stored.
    """
    address = urlsplit(url)
    try:
        port = address.port or (443 if address.scheme == "https" else 80)
        connection = socket.create_connection((address.hostname or "", port), connect)
    except (OSError, ValueError):
        return NOT_TAKEN
    try:
        connection.settimeout(answer)
        if address.scheme == "https":
            connection = encrypted(connection, address.hostname or "")
        connection.sendall(request(address.netloc, address.path.rstrip("/") + INSERT, body))
        status = status_of(connection)
    except (OSError, ValueError):
        return UNKNOWN
    finally:
        connection.close()
    if status < 300:
        return STORED
    return NOT_TAKEN if status in (429, 500, 502, 503, 504) else REFUSED


def encrypted(connection: socket.socket, host: str) -> socket.socket:
    import ssl

    return ssl.create_default_context().wrap_socket(connection, server_hostname=host)


def request(host: str, path: str, body: bytes) -> bytes:
    """A whole HTTP/1.1 request. http.client would do, and double the memory of each tee: it loads email and ssl."""
    head = (
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/stream+json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join((*head, "", "")).encode() + body


def status_of(connection: socket.socket) -> int:
    """The status code of the answer: `HTTP/1.1 200 OK`; raises ValueError if it is no answer."""
    answer = b""
    while b"\n" not in answer:
        part = connection.recv(4096)
        if not part:
            break
        answer += part
    if not answer.startswith(b"HTTP/"):
        raise ValueError("not an answer of HTTP")
    return int(answer.split(None, 2)[1])


WAITING_BYTES = 8_000_000  # what may wait in memory
BATCH_BYTES = 1_000_000
GATHER = 0.2  # seconds that a row waits for company
LONGEST_PAUSE = 5.0  # seconds between attempts


class Shipper:
    """Rows wait here and leave in batches; when too much waits, the oldest are dropped and counted.

    `notice(count)` is the row that says so. It is shipped as soon as VictoriaLogs takes rows again.
    """

    def __init__(
        self,
        send: Callable[[bytes], str],
        notice: Callable[[int], bytes],
    ) -> None:
        self.send = send
        self.notice = notice
        self.changed = threading.Condition()
        self.rows: deque[bytes] = deque()
        self.size = 0
        self.lost = 0
        self.busy = False
        self.failures = 0
        self.hurry = False
        self.started = False

    def add(self, row: bytes) -> None:
        """Take a row; never waits."""
        with self.changed:
            self.rows.append(row)
            self.size += len(row)
            self.trim()
            if not self.started:
                self.started = True
                threading.Thread(target=self.run, name="esb-logs", daemon=True).start()
            if len(self.rows) == 1 or self.size >= BATCH_BYTES:
                self.changed.notify_all()

    def flush(self, seconds: float, *, persist: bool = False) -> None:
        """Wait until all is shipped; not longer than that, nor, unless persisting, for one who did not answer last."""
        deadline = time.monotonic() + seconds
        with self.changed:
            self.hurry = True
            self.changed.notify_all()
            while (self.rows or self.busy or self.lost) and (persist or not self.failures):
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self.changed.wait(left)
            self.hurry = False

    def run(self) -> None:
        """The thread: take rows, send them, pause when that failed."""
        while True:
            rows, lost = self.take()
            notice = [self.notice(lost)] if lost else []
            outcome = self.send(b"".join(notice + rows))
            with self.changed:
                self.settle(rows, lost, outcome)
                self.changed.notify_all()
                if self.failures:
                    self.changed.wait_for(lambda: False, min(LONGEST_PAUSE, 0.1 * 2**self.failures))

    def take(self) -> tuple[list[bytes], int]:
        """Wait for rows, a moment more for company; what one request should carry, and how many have been lost."""
        with self.changed:
            self.changed.wait_for(lambda: self.rows or self.lost)
            self.changed.wait_for(lambda: self.hurry or self.size >= BATCH_BYTES, GATHER)
            self.busy = True
            rows: list[bytes] = []
            size = 0
            while self.rows and size < BATCH_BYTES:
                rows.append(self.rows.popleft())
                size += len(rows[-1])
            self.size -= size
            return rows, self.lost

    def settle(self, rows: list[bytes], lost: int, outcome: str) -> None:
        """Put back, count as lost, or forget what was sent. Called with the lock."""
        self.busy = False
        if outcome == STORED:
            self.lost -= lost
            self.failures = 0
            return
        self.failures = min(self.failures + 1, 16)
        if outcome == NOT_TAKEN:
            self.rows.extendleft(reversed(rows))
            self.size += sum(map(len, rows))
            self.trim()
        else:
            self.lost += len(rows)

    def trim(self) -> None:
        """Drop the oldest rows until the rest is within the limit. Called with the lock."""
        while self.size > WAITING_BYTES:
            self.size -= len(self.rows.popleft())
            self.lost += 1
