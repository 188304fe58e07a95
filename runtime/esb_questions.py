"""The gateway's questions for the last output, for the tail of an invocation's log.

The supervisor passes them on in a pipe, a line each; the answer is posted to the port that the runtime polls. It has
what was printed since the question before.
"""

# ruff: noqa: PLC0415  (late imports: a process pays only for what it needs)
from __future__ import annotations

import os
import select

TYPE_CHECKING = False  # importing typing would cost more than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = b"\001esb: output "
MAX_OUTPUT = 4096  # bytes
WAIT = 0.5  # seconds; after its end, a runtime is forgotten or asked about at once
TIMEOUT = 1.0  # seconds


class Questions:
    """The pipe `fd`, and the output that the answers are taken from."""

    def __init__(self, fd: int, environ: Mapping[str, str], recent: bytearray) -> None:
        self.fd = fd
        self.address = environ.get("AWS_LAMBDA_RUNTIME_API", "")
        self.recent = recent
        self.unread = b""

    def answer(self) -> bool:
        """Answer what can be read; False if there will be no more."""
        data = os.read(self.fd, 4096)
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            if line.startswith(PREFIX) and line[len(PREFIX) :].isdigit():
                self.post(line[len(PREFIX) :])
        return bool(data)

    def wait(self) -> None:
        """After the last output: answer one more question, unless it becomes clear that there is none."""
        if select.select([self.fd], [], [], WAIT)[0]:
            self.answer()

    def post(self, ticket: bytes) -> None:
        """Send the output to the gateway. If that fails, its answer lacks it."""
        import socket

        output = bytes(self.recent[-MAX_OUTPUT:])
        self.recent.clear()
        host, _, port = self.address.rpartition(":")
        head = b"POST /esb/output/%b HTTP/1.1\r\nHost: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        try:
            with socket.create_connection((host, int(port)), TIMEOUT) as connection:
                connection.sendall(head % (ticket, self.address.encode(), len(output)) + output)
        except (OSError, ValueError):
            return
