"""Counts the orders and stores the number under its day."""

import os
import time
from datetime import UTC, datetime
from typing import Any

import boto3

dynamodb = boto3.resource("dynamodb")
orders = dynamodb.Table(os.environ["ORDERS_TABLE"])
reports = dynamodb.Table(os.environ["REPORTS_TABLE"])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`day` is the key of the report; `pause` is the number of seconds to wait before each page of the scan."""
    day = event.get("day", datetime.now(UTC).date().isoformat())
    count, start = 0, {}
    while True:
        time.sleep(event.get("pause", 0))
        page = orders.scan(Select="COUNT", **start)
        count += page["Count"]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    reports.put_item(Item={"day": day, "orders": count})
    print("report of", day, count, "orders")
    return {"day": day, "orders": count}
