"""Greets, unless it is told to fail."""

from typing import Any


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    if event.get("fail"):
        raise ValueError("as it was told to")
    return {"statusCode": 200, "body": "hello"}
