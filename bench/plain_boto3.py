"""A minimal program with boto3: `plain_boto3.py RESOURCES` creates each table and bucket, 16 at a time."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import boto3
from botocore.config import Config

config = Config(max_pool_connections=16)
region = os.environ["AWS_REGION"]
tables = boto3.client("dynamodb", region, endpoint_url=os.environ["DYNAMODB_ENDPOINT"], config=config)
buckets = boto3.client("s3", region, endpoint_url=os.environ["S3_ENDPOINT"], config=config)
wanted = json.loads(Path(sys.argv[1]).read_text())
there = (
    tables.exceptions.ResourceInUseException,
    buckets.exceptions.BucketAlreadyOwnedByYou,
    buckets.exceptions.BucketAlreadyExists,
)


def make(resource: dict[str, object]) -> None:
    with suppress(*there):
        if "TableName" in resource:
            tables.create_table(**resource)
        else:
            buckets.create_bucket(Bucket=resource["BucketName"])


with ThreadPoolExecutor(16) as threads:
    list(threads.map(make, [*wanted["DynamoDB"], *wanted["S3"]]))
