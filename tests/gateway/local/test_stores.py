"""Which service a request is for, and the answer where the stack has no such service."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from esb_gateway.console import readable
from esb_gateway.local.stores import Stores, is_read, service_of
from esb_gateway.local.unsupported_service import refusal

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize(
    ("environ", "service"),
    [
        ({"HTTP_AUTHORIZATION": SIGNED.format("dynamodb"), "HTTP_X_AMZ_TARGET": "DynamoDB_20120810.Scan"}, "dynamodb"),
        ({"HTTP_AUTHORIZATION": SIGNED.format("s3")}, "s3"),
        ({"HTTP_AUTHORIZATION": SIGNED.format("sqs"), "HTTP_X_AMZ_TARGET": "AmazonSQS.SendMessage"}, "sqs"),
        (
            {
                "HTTP_AUTHORIZATION": SIGNED.format("dynamodb"),
                "HTTP_X_AMZ_TARGET": "DynamoDBStreams_20120810.ListStreams",
            },
            "dynamodbstreams",
        ),
        ({"QUERY_STRING": "X-Amz-Credential=A%2F20261123%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Expires=1"}, "s3"),
        ({"HTTP_X_AMZ_TARGET": "DynamoDB_20120810.Scan"}, "dynamodb"),
        ({"QUERY_STRING": "", "PATH_INFO": "/moto-api/reset"}, "s3"),
        ({}, "s3"),
    ],
)
def test_service(environ: dict[str, str], service: str) -> None:
    assert service_of(environ) == service


@pytest.mark.parametrize(
    ("environ", "read"),
    [
        ({"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "DynamoDB_20120810.GetItem"}, True),
        ({"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "DynamoDB_20120810.TransactGetItems"}, True),
        ({"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "DynamoDB_20120810.TransactWriteItems"}, False),
        ({"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "DynamoDB_20120810.ExecuteStatement"}, False),
        ({"REQUEST_METHOD": "GET"}, True),
        ({"REQUEST_METHOD": "HEAD"}, True),
        ({"REQUEST_METHOD": "POST"}, False),
        ({"REQUEST_METHOD": "DELETE"}, False),
    ],
)
def test_read(environ: dict[str, str], read: bool) -> None:
    assert is_read(environ) is read


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
    status, headers, content = refusal("sqs", environ, body)
    assert status.startswith("501 ")
    assert ("Content-Type", content_type) in headers
    assert f"{operation}: this stack has no sqs, and nothing is sent to AWS".encode() in content


def test_a_body_that_stops_in_the_middle_changes_nothing() -> None:

    started: list[str] = []
    environ = {
        "REQUEST_METHOD": "PUT",
        "PATH_INFO": "/files",
        "CONTENT_LENGTH": "10",
        "wsgi.input": io.BytesIO(b"half"),
    }
    assert list(Stores(None)(environ, lambda status, _headers: started.append(status))) == [b""]
    assert started == ["400 Bad Request"]


def test_log_lines_for_a_person() -> None:
    time = {"time": "2026-11-23T12:00:00.123Z", "level": "INFO"}
    lines = [
        {**time, "type": "access", "method": "GET", "path": "/a", "status": 200, "duration_ms": 1.6, "function": "f"},
        {**time, "type": "access", "method": "GET", "path": "/b", "status": 404, "duration_ms": 0.1, "function": ""},
        {**time, "type": "function", "function": "f", "message": "hello"},
        {**time, "type": "gateway", "message": "ESB_AUTH=off"},
    ]
    assert readable("".join(json.dumps(line) + "\n" for line in lines) + "ready: x\n").splitlines() == [
        "12:00:00.123 200 GET /a (2 ms)  f",
        "12:00:00.123 404 GET /b (0 ms)",
        "12:00:00.123     f | hello",
        "12:00:00.123 INFO ESB_AUTH=off",
        "ready: x",
    ]
