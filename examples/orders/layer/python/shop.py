"""Shared by the shop's functions."""

import base64
import json
from decimal import Decimal
from typing import Any


def body_of(event: dict[str, Any]) -> bytes:
    """The request's body. An HTTP API encodes everything but text and JSON as base64, also forms of `curl -d`."""
    body = (event.get("body") or "").encode()
    return base64.b64decode(body) if event.get("isBase64Encoded") else body


def response(status: int, body: Any) -> dict[str, Any]:
    """An HTTP API response with a JSON body; whole Decimals of DynamoDB become ints."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=_number),
    }


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
