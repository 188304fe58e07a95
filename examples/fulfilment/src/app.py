"""Accepts orders at once, and ships them when their turn comes."""

import json
import os
import uuid
from typing import Any
from urllib.parse import unquote_plus

import boto3
from boto3.dynamodb.types import TypeDeserializer

QUEUE = boto3.client("sqs")
BUS = boto3.client("events")
STORAGE = boto3.client("s3")
DESERIALIZER = TypeDeserializer()
SHIPMENTS = boto3.resource("dynamodb").Table(os.environ["SHIPMENTS_TABLE"])


def accept(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Put the order into the queue; the customer need not wait for the rest."""
    order = json.loads(event["body"]) | {"id": str(uuid.uuid4())}
    QUEUE.send_message(QueueUrl=os.environ["ORDERS_QUEUE"], MessageBody=json.dumps(order))
    return {"statusCode": 202, "body": json.dumps({"id": order["id"]})}


def uploaded(event: dict[str, Any], _context: Any) -> None:
    """Put the orders of each file into the queue."""
    for record in event["Records"]:
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        for order in json.load(STORAGE.get_object(Bucket=bucket, Key=key)["Body"]):
            QUEUE.send_message(QueueUrl=os.environ["ORDERS_QUEUE"], MessageBody=json.dumps(order))


def ship(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Ship each order of the batch. One that fails is received again, and the others are not."""
    failed = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if not order["items"]:
                raise ValueError("an order without items")
            gift = bool(order.get("gift"))
            SHIPMENTS.put_item(Item={"id": order["id"], "items": order["items"], "gift": gift, "status": "shipped"})
        except (KeyError, ValueError) as error:
            print(f"order {record['messageId']} cannot be shipped: {error!r}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def announce(event: dict[str, Any], _context: Any) -> None:
    """Put an event on the bus for each new shipment."""
    for record in event["Records"]:
        found = record["dynamodb"]["NewImage"]
        shipment = {name: DESERIALIZER.deserialize(value) for name, value in found.items()}
        entry = {"EventBusName": os.environ["SHOP_BUS"], "Source": "fulfilment", "DetailType": "shipped"}
        BUS.put_events(Entries=[{**entry, "Detail": json.dumps(shipment)}])


def tell(event: dict[str, Any], _context: Any) -> None:
    """Tell the customer."""
    for record in event["Records"]:
        SHIPMENTS.update_item(
            Key={"id": json.loads(record["Sns"]["Message"])["detail"]["id"]},
            UpdateExpression="SET told = :true",
            ExpressionAttributeValues={":true": True},
        )


def count(order: dict[str, Any], _context: Any) -> None:
    """Remember that an order with tea was shipped."""
    SHIPMENTS.update_item(
        Key={"id": order["id"]},
        UpdateExpression="SET counted = :true",
        ExpressionAttributeValues={":true": True},
    )


def show(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The shipment of an order; 404 until there is one."""
    found = SHIPMENTS.get_item(Key={"id": event["pathParameters"]["id"]}).get("Item")
    return {"statusCode": 200 if found else 404, "body": json.dumps(found)}
