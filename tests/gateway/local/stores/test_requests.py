"""Which service a request is for, and whether it changes something."""

from __future__ import annotations

import pytest

from esb_gateway.local.stores.requests import is_read, service_of

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
def test_a_request_belongs_to_one_service(environ: dict[str, str], service: str) -> None:
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
def test_requests_that_only_read_are_known(environ: dict[str, str], read: bool) -> None:
    assert is_read(environ) is read
