"""Takes, shows and lists orders."""

import json
import os
import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key
from shop import answer, body_of

NINETY_DAYS = 90 * 24 * 3600
table = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    match event["routeKey"]:
        case "POST /orders":
            return create(json.loads(body_of(event) or "{}", parse_float=Decimal))
        case "GET /orders":
            return list_of((event.get("queryStringParameters") or {}).get("customer"))
        case _:
            return show(event["pathParameters"]["id"])


def create(wish: dict[str, Any]) -> dict[str, Any]:
    if not wish.get("customer") or not wish.get("items"):
        return answer(400, {"message": "an order needs a customer and items"})
    order = {
        "id": str(uuid.uuid4()),
        "customer": wish["customer"],
        "items": wish["items"],
        "placed_at": datetime.now(UTC).isoformat(),
        "expires_at": int(time.time()) + NINETY_DAYS,
    }
    table.put_item(Item=order)
    print("order", order["id"], "of", order["customer"])
    return answer(201, order)


def list_of(customer: str | None) -> dict[str, Any]:
    if not customer:
        return answer(400, {"message": "name the customer: /orders?customer=ada"})
    found = table.query(IndexName="by-customer", KeyConditionExpression=Key("customer").eq(customer))
    return answer(200, {"orders": found["Items"]})


def show(order_id: str) -> dict[str, Any]:
    order = table.get_item(Key={"id": order_id}).get("Item")
    return answer(200, order) if order else answer(404, {"message": f"there is no order {order_id}"})
