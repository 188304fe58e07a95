"""Answers of AWS APIs."""

from __future__ import annotations

import pytest

from esb_gateway.aws_client import SERVICES, AwsCallError
from esb_wire.http.messages import Response

PUBLISHED = (
    '<?xml version="1.0"?><PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
    "<MessageId>a&amp;b</MessageId><!-- c --></PublishResult><ResponseMetadata><RequestId>1</RequestId>"
    "</ResponseMetadata></PublishResponse>"
)
REFUSED = (
    '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>NotFound</Code>'
    "<Message>Topic does not exist</Message></Error><RequestId>1</RequestId></ErrorResponse>"
)
BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<PublishResponse><MessageId>&b;</MessageId></PublishResponse>"
)


def test_a_result_of_query_has_the_texts_by_their_names() -> None:
    assert SERVICES["sns"].result(Response(200, (), PUBLISHED.encode())) == {"MessageId": "a&b", "RequestId": "1"}


def test_a_refusal_of_query_has_its_code_and_its_message() -> None:
    with pytest.raises(AwsCallError, match="NotFound: Topic does not exist") as refused:
        SERVICES["sns"].result(Response(404, (), REFUSED.encode()))
    assert (refused.value.code, refused.value.status) == ("NotFound", 404)


@pytest.mark.parametrize("service", ["sns", "sqs"])
@pytest.mark.parametrize("body", [b"<html><body>ok</body></html>", b"ok", b"[]", b"\xff", BOMB.encode()])
@pytest.mark.parametrize("status", [200, 502])
def test_what_no_service_answers_is_an_error(service: str, body: bytes, status: int) -> None:
    with pytest.raises(AwsCallError) as refused:
        SERVICES[service].result(Response(status, (), body))
    assert refused.value.status == status
