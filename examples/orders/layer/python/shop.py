"""What the shop's functions share."""

import base64
import json
from decimal import Decimal
from typing import Any


def body_of(event: dict[str, Any]) -> bytes:
    """The request's body; an HTTP API passes all but text and JSON as base64, what `curl -d` sends too."""
    body = (event.get("body") or "").encode()
    return base64.b64decode(body) if event.get("isBase64Encoded") else body


def answer(status: int, body: Any) -> dict[str, Any]:
    """An HTTP API response with a JSON body; whole decimals of DynamoDB become ints."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=_number),
    }


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
