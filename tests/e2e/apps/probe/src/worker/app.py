"""Counts how often each piece of work is begun and done."""

import os
import time
from typing import Any

import boto3

runs = boto3.resource("dynamodb").Table(os.environ["RUNS"])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """An HTTP request to /jobs/{id}, or an invocation with `id` and `seconds`."""
    name = event.get("pathParameters", event)["id"]
    count(name, "begun")
    time.sleep(event.get("seconds", 0))
    count(name, "done")
    return {"id": name}


def count(name: str, what: str) -> None:
    runs.update_item(
        Key={"id": name},
        UpdateExpression="ADD #what :one",
        ExpressionAttributeNames={"#what": what},
        ExpressionAttributeValues={":one": 1},
    )
