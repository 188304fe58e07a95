"""Stores the receipt of an order in the bucket."""

import os
from typing import Any

import boto3
from shop import body_of, response

bucket = os.environ["RECEIPTS_BUCKET"]
s3 = boto3.client("s3")
orders = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    order_id = event["pathParameters"]["id"]
    if "Item" not in orders.get_item(Key={"id": order_id}):
        return response(404, {"message": f"there is no order {order_id}"})
    content = body_of(event)
    key = f"receipts/{order_id}"
    s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=event["headers"].get("content-type", ""))
    print("receipt of", order_id, len(content), "bytes")
    return response(201, {"key": key, "size": len(content)})
