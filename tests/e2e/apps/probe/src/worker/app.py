"""Counts how often each piece of work is begun and done."""

import os
import time
from typing import Any

import boto3

runs = boto3.resource("dynamodb").Table(os.environ["RUNS"])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """An HTTP request to /jobs/{id}, or an invocation with `id`, and `seconds` or `until`, the id of other work."""
    name = event.get("pathParameters", event)["id"]
    count(name, "begun")
    time.sleep(event.get("seconds", 0))
    while "until" in event and "Item" not in runs.get_item(Key={"id": event["until"]}, ConsistentRead=True):
        time.sleep(0.2)
    count(name, "done")
    return {"id": name}


def count(name: str, what: str) -> None:
    runs.update_item(
        Key={"id": name},
        UpdateExpression="ADD #what :one",
        ExpressionAttributeNames={"#what": what},
        ExpressionAttributeValues={":one": 1},
    )
