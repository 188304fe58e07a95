"""Request ids and trace ids; the source of randomness is an argument."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Final, TypeAlias

RandomBytes: TypeAlias = Callable[[int], bytes]

_ROOT: Final = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?=$|;)")
_POOL: Final = 4096


class Identifiers:
    """Makes ids. It takes a few kilobytes of randomness at a time, to save a system call for each id."""

    def __init__(self, random_bytes: RandomBytes) -> None:
        self._random_bytes = random_bytes
        self._pool = b""
        self._used = 0

    def _take(self, count: int) -> bytes:
        if self._used + count > len(self._pool):
            self._pool = self._random_bytes(_POOL)
            self._used = 0
        start = self._used
        self._used += count
        return self._pool[start : self._used]

    def request_id(self) -> str:
        """A version 4 UUID (RFC 9562)."""
        value = bytearray(self._take(16))
        value[6] = value[6] & 0x0F | 0x40
        value[8] = value[8] & 0x3F | 0x80
        text = value.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def extended_request_id(self) -> str:
        """API Gateway's other request id: 11 bytes as base64, such as `JKJaXmPLvHcESHA=`."""
        return base64.b64encode(self._take(11)).decode("ascii")

    def trace_root(self, received: str | None, now: float) -> str:
        """The Root of the trace: the caller's, or a new one of the X-Ray form `1-<8 hex seconds>-<24 hex>`."""
        if received is not None and (found := _ROOT.search(received)) is not None:
            return found[1]
        return f"1-{int(now) & 0xFFFFFFFF:08x}-{self._take(12).hex()}"

    def trace(self, received: str | None, now: float) -> str:
        """The whole `X-Amzn-Trace-Id`. A header that has a Root and a Parent is not changed."""
        if received is not None and "Parent=" in received and _ROOT.search(received) is not None:
            return received
        if received is None:
            ids = self._take(20).hex()
            return f"Root=1-{int(now) & 0xFFFFFFFF:08x}-{ids[:24]};Parent={ids[24:]};Sampled=0"
        sampled = "1" if "Sampled=1" in received else "0"
        return f"Root={self.trace_root(received, now)};Parent={self._take(8).hex()};Sampled={sampled}"


def root_of(trace_id: str) -> str:
    """The `Root=...` part of a trace id."""
    return trace_id.partition(";")[0]
