"""Request ids and trace ids."""

from __future__ import annotations

import os
import re

import pytest

from esb_gateway.tracing.identifiers import Identifiers, root_of

ROOT = "Root=1-65a7f3c0-0123456789abcdef01234567"


def test_an_extended_request_id_is_11_bytes_as_base64() -> None:
    assert re.fullmatch(r"[A-Za-z0-9+/]{15}=", Identifiers(os.urandom).extended_request_id())


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (None, r"Root=1-65a7f3c0-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0"),
        ("nonsense", r"Root=1-65a7f3c0-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0"),
        (f"Self=1-1-1;{ROOT}", ROOT + r";Parent=[0-9a-f]{16};Sampled=0"),
        (f"{ROOT};Sampled=1", ROOT + r";Parent=[0-9a-f]{16};Sampled=1"),
        (f"{ROOT};Parent=0123456789abcdef;Sampled=1", ROOT + ";Parent=0123456789abcdef;Sampled=1"),
    ],
)
def test_a_trace_goes_on_or_begins(received: str | None, expected: str) -> None:
    trace = Identifiers(os.urandom).trace(received, 0x65A7F3C0)
    assert re.fullmatch(expected, trace)
    assert root_of(trace).startswith("Root=1-")
