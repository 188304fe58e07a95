"""Functions as targets."""

from __future__ import annotations

import os

import pytest

from esb_gateway.invocation import MAX_ASYNC_PAYLOAD
from esb_gateway.targets.lambda_ import invoke_function
from esb_gateway.targets.target import Message
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination
from tests.gateway.async_invoke.fakes import ARN, function

IDENTIFIERS = Identifiers(os.urandom)
FUNCTIONS = {"audit": function("audit")}


def test_a_function_is_invoked_with_the_message() -> None:
    message = Message(b'{"a":1}', "Root=1-0")
    invocation = invoke_function(Destination(function="audit"), message, FUNCTIONS.get, IDENTIFIERS)
    assert invocation is not None
    assert (invocation.function, invocation.arn) == ("audit", f"{ARN}audit")
    assert (invocation.payload, invocation.trace_id) == (b'{"a":1}', "Root=1-0")


@pytest.mark.parametrize(
    ("destination", "content"),
    [
        (Destination(function="nobody"), b"1"),
        (Destination(arn=f"{ARN}audit"), b"1"),
        (Destination(function="audit"), b"1" * (MAX_ASYNC_PAYLOAD + 1)),
    ],
    ids=["unknown", "by ARN", "too large"],
)
def test_a_function_does_not_take_everything(destination: Destination, content: bytes) -> None:
    assert invoke_function(destination, Message(content, ""), FUNCTIONS.get, IDENTIFIERS) is None
