"""Which target a destination has."""

from __future__ import annotations

import pytest

from esb_gateway.targets.table import SEND
from esb_gateway.targets.target import service_of
from esb_schemas.contract import Destination


@pytest.mark.parametrize(
    ("destination", "service"),
    [
        (Destination(function="audit"), "lambda"),
        (Destination(arn="arn:aws:sqs:us-east-1:123456789012:done"), "sqs"),
        (Destination(arn="arn:aws:sns:us-east-1:123456789012:done"), "sns"),
        (Destination(arn="arn:aws:events:us-east-1:123456789012:event-bus/shop"), "events"),
        (Destination(arn="arn:aws:s3:::bucket"), "s3"),
        (Destination(arn="not an ARN"), ""),
    ],
)
def test_the_service_is_that_of_the_arn(destination: Destination, service: str) -> None:
    assert service_of(destination) == service
    assert (service in SEND) == (service in ("events", "lambda", "sns", "sqs"))
