"""The response to an SDK that calls a service which the stack lacks."""

from __future__ import annotations

from typing import Any

import pytest

from esb_gateway.local.unsupported_service import unsupported_service


@pytest.mark.parametrize(
    ("environ", "body", "operation", "content_type"),
    [
        (
            {"HTTP_X_AMZ_TARGET": "AmazonSQS.SendMessage", "CONTENT_TYPE": "application/x-amz-json-1.0"},
            b"{}",
            "sqs.SendMessage",
            "application/json",
        ),
        (
            {"CONTENT_TYPE": "application/x-www-form-urlencoded"},
            b"Action=Publish&Message=a",
            "sqs.Publish",
            "text/xml",
        ),
        (
            {
                "PATH_INFO": "/service/X/operation/ListMetrics",
                "HTTP_SMITHY_PROTOCOL": "rpc-v2-cbor",
                "CONTENT_TYPE": "application/cbor",
            },
            b"",
            "sqs.ListMetrics",
            "application/cbor",
        ),
        ({"PATH_INFO": "/2015-03-31/functions"}, b"", "sqs", "application/json"),
    ],
)
def test_a_service_that_is_not_there(environ: dict[str, Any], body: bytes, operation: str, content_type: str) -> None:
    status, headers, content = unsupported_service("sqs", environ, body)
    assert status.startswith("501 ")
    assert ("Content-Type", content_type) in headers
    assert f"{operation}: this stack has no sqs, and nothing is sent to AWS".encode() in content
