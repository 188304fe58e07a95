"""Creates, shows and lists orders."""

import json
import os
import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key
from shop import body_of, response

NINETY_DAYS = 90 * 24 * 3600
table = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    match event["routeKey"]:
        case "POST /orders":
            return create(json.loads(body_of(event) or "{}", parse_float=Decimal))
        case "GET /orders":
            return list_orders((event.get("queryStringParameters") or {}).get("customer"))
        case _:
            return show(event["pathParameters"]["id"])


def create(request: dict[str, Any]) -> dict[str, Any]:
    if not request.get("customer") or not request.get("items"):
        return response(400, {"message": "an order needs a customer and items"})
    order = {
        "id": str(uuid.uuid4()),
        "customer": request["customer"],
        "items": request["items"],
        "placed_at": datetime.now(UTC).isoformat(),
        "expires_at": int(time.time()) + NINETY_DAYS,
    }
    table.put_item(Item=order)
    print("order", order["id"], "of", order["customer"])
    return response(201, order)


def list_orders(customer: str | None) -> dict[str, Any]:
    if not customer:
        return response(400, {"message": "name the customer: /orders?customer=ada"})
    found = table.query(IndexName="by-customer", KeyConditionExpression=Key("customer").eq(customer))
    return response(200, {"orders": found["Items"]})


def show(order_id: str) -> dict[str, Any]:
    order = table.get_item(Key={"id": order_id}).get("Item")
    return response(200, order) if order else response(404, {"message": f"there is no order {order_id}"})
