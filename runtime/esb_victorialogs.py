"""Ships rows to VictoriaLogs: `POST /insert/jsonline`, in batches, from a thread, with a bounded queue."""

# ruff: noqa: PLC0415  (late imports: a process pays only for what it needs)
from __future__ import annotations

import socket
import threading
import time
from collections import deque
from urllib.parse import urlencode, urlsplit

TYPE_CHECKING = False  # importing typing would cost more than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INSERT = "/insert/jsonline?" + urlencode(
    {"_stream_fields": "container_name,job", "_msg_field": "message", "_time_field": "_time"}
)

# The outcome of a batch.
STORED = "stored"
RETRY = "retry"  # certainly not stored; another attempt may succeed
UNKNOWN = "unknown"  # sent, without a response; another attempt could store it twice
REJECTED = "rejected"  # another attempt would be rejected too


def labels(environ: Mapping[str, str], hostname: str) -> dict[str, str]:
    """The stream's labels. The container is `CONTAINER_NAME`, else the function's name, else the host name."""
    function = environ.get("AWS_LAMBDA_FUNCTION_NAME")
    name = environ.get("CONTAINER_NAME") or function or hostname
    return {"container_name": name, "job": environ.get("ESB_LOG_JOB") or ("lambda" if function else "esb")}


def post(url: str, body: bytes, authorization: str = "", *, connect_timeout: float = 2.0, timeout: float = 30.0) -> str:
    """Send rows; the timeouts are seconds for the connection and for the response. Returns the outcome.

    `authorization` is the value of that header, if the server asks for one.

    Each batch has a new connection: after a failure on an idle one, it is unknown whether the batch was stored.
    """
    address = urlsplit(url)
    try:
        port = address.port or (443 if address.scheme == "https" else 80)
        connection = socket.create_connection((address.hostname or "", port), connect_timeout)
    except (OSError, ValueError):
        return RETRY
    try:
        connection.settimeout(timeout)
        if address.scheme == "https":
            connection = encrypted(connection, address.hostname or "")
        connection.sendall(request(address.netloc, address.path.rstrip("/") + INSERT, body, authorization))
        status = status_of(connection)
    except (OSError, ValueError):
        return UNKNOWN
    finally:
        connection.close()
    if status < 300:
        return STORED
    return RETRY if status in (429, 500, 502, 503, 504) else REJECTED


def encrypted(connection: socket.socket, host: str) -> socket.socket:
    import ssl

    return ssl.create_default_context().wrap_socket(connection, server_hostname=host)


def request(host: str, path: str, body: bytes, authorization: str) -> bytes:
    """An HTTP/1.1 request. http.client would double the memory of each tee, because it loads email and ssl."""
    head = (
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/stream+json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *((f"Authorization: {authorization}",) if authorization else ()),
    )
    return "\r\n".join((*head, "", "")).encode() + body


def status_of(connection: socket.socket) -> int:
    """The status code of a response such as `HTTP/1.1 200 OK`; raises ValueError for anything else."""
    answer = b""
    while b"\n" not in answer:
        part = connection.recv(4096)
        if not part:
            break
        answer += part
    if not answer.startswith(b"HTTP/"):
        raise ValueError("not an HTTP response")
    return int(answer.split(None, 2)[1])


MAX_QUEUE = 8_000_000  # bytes in memory
BATCH_BYTES = 1_000_000
BATCH_DELAY = 0.2  # seconds that a row waits for further rows
MAX_PAUSE = 5.0  # seconds between attempts


class Shipper:
    """A queue of rows that are sent in batches; if it is full, the oldest rows are dropped and counted.

    `notice(count)` is the row that reports dropped rows. It is shipped once VictoriaLogs accepts rows again.
    """

    def __init__(self, send: Callable[[bytes], str], notice: Callable[[int], bytes]) -> None:
        self.send = send
        self.notice = notice
        self.changed = threading.Condition()
        self.rows: deque[bytes] = deque()
        self.size = 0
        self.lost = 0
        self.busy = False
        self.failures = 0
        self.flushing = False
        self.started = False

    def add(self, row: bytes) -> None:
        """Queue a row; never blocks."""
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
        """Wait up to `seconds` until all is shipped. Without `persist`, do not wait if the last attempt failed."""
        deadline = time.monotonic() + seconds
        with self.changed:
            self.flushing = True
            self.changed.notify_all()
            while (self.rows or self.busy or self.lost) and (persist or not self.failures):
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self.changed.wait(left)
            self.flushing = False

    def run(self) -> None:
        """The thread: take rows, send them, and pause after a failure."""
        while True:
            rows, lost = self.take()
            notice = [self.notice(lost)] if lost else []
            outcome = self.send(b"".join(notice + rows))
            with self.changed:
                self.complete(rows, lost, outcome)
                self.changed.notify_all()
                if self.failures:
                    self.changed.wait_for(lambda: False, min(MAX_PAUSE, 0.1 * 2**self.failures))

    def take(self) -> tuple[list[bytes], int]:
        """Wait for rows, then BATCH_DELAY for more; returns a batch and the number of lost rows."""
        with self.changed:
            self.changed.wait_for(lambda: self.rows or self.lost)
            self.changed.wait_for(lambda: self.flushing or self.size >= BATCH_BYTES, BATCH_DELAY)
            self.busy = True
            rows: list[bytes] = []
            size = 0
            while self.rows and size < BATCH_BYTES:
                rows.append(self.rows.popleft())
                size += len(rows[-1])
            self.size -= size
            return rows, self.lost

    def complete(self, rows: list[bytes], lost: int, outcome: str) -> None:
        """Requeue a batch, count it as lost, or drop it as stored. Called with the lock."""
        self.busy = False
        if outcome == STORED:
            self.lost -= lost
            self.failures = 0
            return
        self.failures = min(self.failures + 1, 16)
        if outcome == RETRY:
            self.rows.extendleft(reversed(rows))
            self.size += sum(map(len, rows))
            self.trim()
        else:
            self.lost += len(rows)

    def trim(self) -> None:
        """Drop the oldest rows until the queue is within its limit. Called with the lock."""
        while self.size > MAX_QUEUE:
            self.size -= len(self.rows.popleft())
            self.lost += 1
