"""Sends each message back to the queue that it came from, with a number that grows."""

from typing import Any

import boto3

QUEUES: Any = boto3.client("sqs")


def handler(event: Any, _context: Any) -> None:
    url = QUEUES.get_queue_url(QueueName="loop")["QueueUrl"]
    for record in event["Records"]:
        QUEUES.send_message(QueueUrl=url, MessageBody=str(int(record["body"]) + 1))
