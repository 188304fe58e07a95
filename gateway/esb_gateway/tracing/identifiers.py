"""Request ids and trace ids; the source of randomness is an argument."""

from __future__ import annotations

import base64
import re
from typing import Final

from esb_wire.random_ids import RandomIds

_ROOT: Final = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?=$|;)")


class Identifiers(RandomIds):
    """Makes the ids of API Gateway, Lambda and X-Ray."""

    request_id = RandomIds.uuid

    def extended_request_id(self) -> str:
        """API Gateway's other request id: 11 bytes as base64, such as `JKJaXmPLvHcESHA=`."""
        return base64.b64encode(self.take(11)).decode("ascii")

    def trace_root(self, received: str | None, now: float) -> str:
        """The Root of the trace: the caller's, or a new one of the X-Ray form `1-<8 hex seconds>-<24 hex>`."""
        if received is not None and (found := _ROOT.search(received)) is not None:
            return found[1]
        return f"1-{int(now) & 0xFFFFFFFF:08x}-{self.take(12).hex()}"

    def trace(self, received: str | None, now: float) -> str:
        """The whole `X-Amzn-Trace-Id`. A header that has a Root and a Parent is not changed."""
        if received is not None and "Parent=" in received and _ROOT.search(received) is not None:
            return received
        if received is None:
            ids = self.take(20).hex()
            return f"Root=1-{int(now) & 0xFFFFFFFF:08x}-{ids[:24]};Parent={ids[24:]};Sampled=0"
        sampled = "1" if "Sampled=1" in received else "0"
        return f"Root={self.trace_root(received, now)};Parent={self.take(8).hex()};Sampled={sampled}"


def root_of(trace_id: str) -> str:
    """The `Root=...` part of a trace id."""
    return trace_id.partition(";")[0]
