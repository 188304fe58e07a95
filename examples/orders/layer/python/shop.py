"""What the shop's functions share."""

import json
from decimal import Decimal
from typing import Any


def answer(status: int, body: Any) -> dict[str, Any]:
    """An HTTP API response with a JSON body; whole decimals of DynamoDB become ints."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=_number),
    }


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
