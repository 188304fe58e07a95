"""Error documents."""

from __future__ import annotations

import json

import pytest

from esb_gateway.execution.failures import from_runtime
from esb_wire.offload import LARGE, MANY_VALUES

LARGE_ERROR = json.dumps({"errorMessage": "x" * LARGE}).encode()


@pytest.mark.parametrize("document", [b'{"errorType": "E"}', LARGE_ERROR, b" \n" + LARGE_ERROR + b"\n"])
def test_a_document_of_a_runtime_stays_as_it_is(document: bytes) -> None:
    assert from_runtime(document, "Other") == document


@pytest.mark.parametrize(
    "document",
    [b"no JSON", b"[1]", b"[" * 100_000, json.dumps([[]] * MANY_VALUES).encode(), b'"' + b"x" * LARGE + b'"'],
)
def test_what_is_no_object_becomes_the_message_whatever_its_size(document: bytes) -> None:
    assert json.loads(from_runtime(document, "Other")) == {
        "errorType": "Other",
        "errorMessage": document[:1024].decode(),
    }
