"""A client of Node.js's Inspector: the Chrome DevTools Protocol over a WebSocket, as far as tests need it.

https://chromedevtools.github.io/devtools-protocol, RFC 6455
"""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import urllib.request
from typing import Any
from urllib.parse import urlsplit

Message = dict[str, Any]


class Inspector:
    """One connection. Every read fails after a minute."""

    def __init__(self, port: int) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=60) as answer:
            address = urlsplit(json.load(answer)[0]["webSocketDebuggerUrl"])
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._file = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert b" 101 " in self._file.readline()
        while self._file.readline() not in (b"\r\n", b""):
            pass
        self._sent = 0
        self._events: list[Message] = []

    def call(self, method: str, **parameters: Any) -> Message:
        """The result of a method; an error fails the test."""
        self._sent += 1
        number = self._sent
        self._send(json.dumps({"id": number, "method": method, "params": parameters}).encode())
        while (message := self._read()).get("id") != number:
            self._events.append(message)
        assert "result" in message, message
        result: Message = message["result"]
        return result

    def event(self, method: str) -> Message:
        """The parameters of the next event of this name."""
        for index, message in enumerate(self._events):
            if message.get("method") == method:
                return dict(self._events.pop(index)["params"])
        while (message := self._read()).get("method") != method:
            self._events.append(message)
        return dict(message["params"])

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _send(self, text: bytes) -> None:
        """One masked text frame; the mask is 0."""
        assert len(text) < 65536
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + struct.pack(">H", len(text))
        self._socket.sendall(b"\x81" + size + bytes(4) + text)

    def _read(self) -> Message:
        _, size = self._file.read(2)
        if size == 126:
            (size,) = struct.unpack(">H", self._file.read(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self._file.read(8))
        message: Message = json.loads(self._file.read(size))
        return message
