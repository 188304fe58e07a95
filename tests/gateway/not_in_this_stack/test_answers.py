"""The answer to an SDK that calls a service which the stack lacks."""

from __future__ import annotations

import pytest

from esb_gateway.not_in_this_stack.answers import answer
from esb_wire.http.messages import Request, Response, lower

SIGNED = "AWS4-HMAC-SHA256 Credential=AKID/20261129/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def answered(path: str, *headers: tuple[str, str], service: str = "", query: str = "", body: bytes = b"") -> Response:
    signature = (("Authorization", SIGNED.format(service)),) if service else ()
    found: list[Response] = []
    every = (*headers, *signature)
    answer(Request("POST", path, query, every, lower(every), body, "127.0.0.1"), found.append)
    (response,) = found
    return response


@pytest.mark.parametrize(
    ("response", "operation", "content_type"),
    [
        (
            answered("/", ("X-Amz-Target", "AmazonSQS.SendMessage"), service="sqs", body=b"{}"),
            "sqs.SendMessage: this stack has no sqs",
            "application/json",
        ),
        (
            answered("/", FORM, service="sns", body=b"Action=Publish&Message=a"),
            "sns.Publish: this stack has no sns",
            "text/xml",
        ),
        (
            answered("/", FORM, service="ec2", body=b"Action=DescribeRegions"),
            "<Errors><Error><Code>NotInThisStack</Code><Message>ec2.DescribeRegions",
            "text/xml",
        ),
        (
            answered("/service/X/operation/ListMetrics", ("Smithy-Protocol", "rpc-v2-cbor"), service="monitoring"),
            "monitoring.ListMetrics: this stack has no monitoring",
            "application/cbor",
        ),
        (answered("/2015-03-31/layers", service="xray"), "xray: this stack has no xray", "application/json"),
        (answered("/2013-04-01/hostedzone", service="route53"), "<ErrorResponse><Error>", "text/xml"),
        (answered("/b/k", service="s3"), "<Error><Code>NotInThisStack</Code><Message>s3:", "application/xml"),
        (
            answered("/b/k", query="X-Amz-Credential=AKID%2F20261129%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=1"),
            "this stack has no s3",
            "application/xml",
        ),
        (
            answered("/", ("X-Amz-Target", "AWSCognitoIdentityProviderService.InitiateAuth")),
            "this stack has no AWSCognitoIdentityProviderService",
            "application/json",
        ),
        (
            answered("/x", ("User-Agent", "aws-sdk-js/3.1 ua/2.1 os/linux lang/js api/cognito-identity#3.1")),
            "this stack has no cognito-identity",
            "application/json",
        ),
        (answered("/graphql"), "this stack has nothing at /graphql", "application/json"),
    ],
)
def test_the_answer_names_the_service_in_its_protocol(response: Response, operation: str, content_type: str) -> None:
    assert response.status == 400
    headers = dict(response.headers)
    assert (headers["Content-Type"], headers["x-amzn-ErrorType"]) == (content_type, "NotInThisStack")
    assert operation in response.body.decode("utf-8", "replace")


def test_what_is_no_name_of_an_operation_is_not_repeated() -> None:
    response = answered("/", ("X-Amz-Target", "A.<b> c"), service="sqs")

    assert b"<b>" not in response.body
