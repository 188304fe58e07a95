"""AWS's error shapes."""

from __future__ import annotations

import pytest

from esb_wire.errors import AwsError, AwsProtocol, error_response, protocol_of

ERROR = AwsError("NoSuch<Thing>", "It's <not> there & never was.", 404)


@pytest.mark.parametrize(
    ("protocol", "content_type", "body"),
    [
        (
            AwsProtocol.JSON,
            "application/json",
            b'{"__type":"NoSuch<Thing>","message":"It\'s <not> there & never was."}',
        ),
        (AwsProtocol.REST_JSON, "application/json", b'{"message":"It\'s <not> there & never was."}'),
        (
            AwsProtocol.QUERY,
            "text/xml",
            b"<ErrorResponse><Error><Type>Sender</Type><Code>NoSuch&lt;Thing&gt;</Code>"
            b"<Message>It's &lt;not&gt; there &amp; never was.</Message></Error></ErrorResponse>",
        ),
        (
            AwsProtocol.EC2,
            "text/xml",
            b"<Response><Errors><Error><Code>NoSuch&lt;Thing&gt;</Code>"
            b"<Message>It's &lt;not&gt; there &amp; never was.</Message></Error></Errors></Response>",
        ),
        (
            AwsProtocol.S3,
            "application/xml",
            b"<Error><Code>NoSuch&lt;Thing&gt;</Code>"
            b"<Message>It's &lt;not&gt; there &amp; never was.</Message></Error>",
        ),
        (
            AwsProtocol.CBOR,
            "application/cbor",
            b"\xa2\x79\x00\x06__type\x79\x00\x0dNoSuch<Thing>"
            b"\x79\x00\x07message\x79\x00\x1dIt's <not> there & never was.",
        ),
    ],
)
def test_a_refusal(protocol: AwsProtocol, content_type: str, body: bytes) -> None:
    response = error_response(ERROR, protocol, (("x-amzn-RequestId", "1"),))
    assert (response.status, response.body) == (404, body)
    assert response.headers == (
        ("Content-Type", content_type),
        ("x-amzn-ErrorType", "NoSuch<Thing>"),
        ("x-amzn-RequestId", "1"),
    )


def test_a_failure_is_the_receivers() -> None:
    assert b"<Type>Receiver</Type>" in error_response(AwsError("E", "m", 500), AwsProtocol.REST_XML).body


@pytest.mark.parametrize(
    ("headers", "protocol"),
    [
        ({}, AwsProtocol.REST_JSON),
        ({"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage"}, AwsProtocol.JSON),
        ({"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, AwsProtocol.QUERY),
        ({"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, AwsProtocol.CBOR),
        ({"smithy-protocol": "rpc-v2-cbor"}, AwsProtocol.CBOR),
    ],
)
def test_the_protocol_of_a_request(headers: dict[str, str], protocol: AwsProtocol) -> None:
    assert protocol_of(headers) is protocol
