"""UpdateEventSourceMapping: what may change, and what is answered.

Sources: Lambda API reference, "UpdateEventSourceMapping"; recorded/lambda/test_lambda_integration_sqs.json,
test_fifo_message_group_parallelism, update_esm_enabling.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from esb_gateway.lambda_api.errors import LambdaApiError
from esb_gateway.lambda_api.mapping_update import answer, enabled_in
from esb_wire.offload import LARGE

ARN = "arn:aws:lambda:us-east-1:123456789012:function:ship"
ENABLED: dict[str, Any] = {
    "UUID": "14e0db71-5d35-4eb5-b481-8945cf9d10c2",
    "FunctionArn": ARN,
    "BatchSize": 10,
    "FunctionResponseTypes": [],
    "State": "Enabled",
}
DISABLED = {**ENABLED, "State": "Disabled"}


@pytest.mark.parametrize(
    ("body", "described", "expected"),
    [
        ({"Enabled": False}, ENABLED, False),
        ({"Enabled": True}, DISABLED, True),
        ({}, ENABLED, True),
        ({}, DISABLED, False),
        ({"Enabled": False, "BatchSize": 10, "FunctionResponseTypes": []}, ENABLED, False),
        ({"Enabled": False, "FunctionName": "ship"}, ENABLED, False),
        ({"Enabled": False, "FunctionName": ARN, "BatchSize": None}, ENABLED, False),
    ],
)
def test_what_is_asked_for(body: Any, described: Any, expected: bool) -> None:
    assert enabled_in(json.dumps(body).encode(), described) is expected


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"[]", "InvalidRequestContentException", "The request body is not a JSON object."),
        (b"{", "InvalidRequestContentException", "The request body is not a JSON object."),
        (b"{}" + b" " * LARGE, "InvalidRequestContentException", "The request body is not a JSON object."),
        (b'{"Enabled": "false"}', "InvalidRequestContentException", "Enabled is neither true nor false."),
        (b'{"Enabled": 0}', "InvalidRequestContentException", "Enabled is neither true nor false."),
        (b'{"Enabled": 0.0}', "InvalidRequestContentException", "Enabled is neither true nor false."),
        (
            b'{"Enabled": false, "MaximumBatchingWindowInSeconds": 5, "BatchSize": 1}',
            "InvalidParameterValueException",
            "BatchSize, MaximumBatchingWindowInSeconds of an event source mapping cannot be changed here; change the "
            "template and run esb build. Enabled alone can be changed.",
        ),
        (b'{"FunctionName": "hip"}', "InvalidParameterValueException", "FunctionName of an event source mapping"),
    ],
)
def test_an_invalid_update_gets_the_error_of_aws(body: bytes, code: str, message: str) -> None:
    with pytest.raises(LambdaApiError) as caught:
        enabled_in(body, ENABLED)
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert str(caught.value).startswith(message)


def test_the_answer_says_that_it_is_under_way() -> None:
    assert answer(ENABLED, enabled=False) == {**ENABLED, "State": "Disabling"}
    assert answer(DISABLED, enabled=True) == {**ENABLED, "State": "Enabling"}
    assert answer(DISABLED, enabled=False) == DISABLED
