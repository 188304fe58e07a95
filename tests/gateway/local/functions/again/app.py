"""Writes another object to the bucket whose new objects invoke it, with a number that grows."""

from typing import Any

import boto3

STORAGE: Any = boto3.client("s3")


def handler(event: Any, _context: Any) -> None:
    for record in event["Records"]:
        number = int(record["s3"]["object"]["key"].rpartition("/")[2])
        STORAGE.put_object(Bucket="uploads", Key=f"again/{number + 1}", Body=b"")
