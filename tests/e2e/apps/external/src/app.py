"""`handler` keeps what it gets in the table and in the bucket, and gives what is there then; `work` is for a queue."""

import os
from typing import Any

import boto3


def handler(event: dict[str, str], _context: Any) -> dict[str, str]:
    table, storage = boto3.client("dynamodb"), boto3.client("s3")
    table.put_item(TableName="things", Item={"id": {"S": event["id"]}})
    storage.put_object(Bucket=os.environ["BUCKET"], Key=event["id"], Body=event["text"].encode())
    item = table.get_item(TableName="things", Key={"id": {"S": event["id"]}}, ConsistentRead=True)["Item"]
    body = storage.get_object(Bucket=os.environ["BUCKET"], Key=event["id"])["Body"].read()
    return {"id": item["id"]["S"], "text": body.decode()}


def work(event: dict[str, Any], _context: Any) -> None:
    table = boto3.client("dynamodb")
    for record in event["Records"]:
        table.put_item(TableName="things", Item={"id": {"S": record["body"]}, "by": {"S": record["eventSourceARN"]}})
