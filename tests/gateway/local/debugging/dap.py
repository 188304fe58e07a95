"""A client of the Debug Adapter Protocol, as far as tests need one.

https://microsoft.github.io/debug-adapter-protocol/specification
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]


class DebugClient:
    """One connection. Every read fails after a minute."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._file = self._socket.makefile("rb")
        self._sent = 0
        self._kept: list[Message] = []

    def send(self, command: str, **arguments: Any) -> int:
        """Send a request; gives its number."""
        self._sent += 1
        request = {"seq": self._sent, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(request).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return self._sent

    def call(self, command: str, **arguments: Any) -> Any:
        """The body of the response; a failure fails the test."""
        return self.response(self.send(command, **arguments))

    def response(self, number: int) -> Any:
        found = self._wait(lambda message: message["type"] == "response" and message["request_seq"] == number)
        assert found["success"], found
        return found.get("body")

    def event(self, name: str) -> Any:
        """The body of the next event of this name."""
        return self._wait(lambda message: message["type"] == "event" and message["event"] == name).get("body")

    def attach(self, breakpoints: dict[str, list[int]], **arguments: Any) -> None:
        """Attach with these arguments of a launch.json, and with breakpoints: lines by file."""
        self.call("initialize", clientID="tests", adapterID="debugpy", pathFormat="path", linesStartAt1=True)
        attached = self.send("attach", **arguments)
        self.event("initialized")
        for path, lines in breakpoints.items():
            self.call("setBreakpoints", source={"path": path}, breakpoints=[{"line": line} for line in lines])
        self.call("configurationDone")
        self.response(attached)

    def stopped(self) -> tuple[int, Message]:
        """Wait for a breakpoint; gives the thread and its innermost frame."""
        thread = self.event("stopped")["threadId"]
        return thread, self.call("stackTrace", threadId=thread)["stackFrames"][0]

    def variables(self, frame: Message) -> dict[str, str]:
        """The local variables of a frame, as text."""
        scope = self.call("scopes", frameId=frame["id"])["scopes"][0]
        found = self.call("variables", variablesReference=scope["variablesReference"])["variables"]
        return {each["name"]: each["value"] for each in found}

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _wait(self, wanted: Callable[[Message], bool]) -> Message:
        for index, message in enumerate(self._kept):
            if wanted(message):
                return self._kept.pop(index)
        while not wanted(message := self._read()):
            self._kept.append(message)
        return message

    def _read(self) -> Message:
        size = 0
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            size = int(value) if name == b"Content-Length" else size
        assert size, "the connection was closed"
        message: Message = json.loads(self._file.read(size))
        return message
