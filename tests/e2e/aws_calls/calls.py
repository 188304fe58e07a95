"""Calls each service in each way, and writes what came of it to the file that the environment names.

The runtime files of ESB are on the path, as in a function; `bare` is a child process without them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "sqs": ("send_message", {"QueueUrl": os.environ["QUEUE_URL"], "MessageBody": "m"}),
    "sns": ("publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "m"}),
    "events": ("put_events", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]}),
    "sts": ("get_caller_identity", {}),
    "kms": ("list_keys", {}),
    "ssm": ("get_parameter", {"Name": "p"}),
    "secretsmanager": ("get_secret_value", {"SecretId": "s"}),
    "stepfunctions": (
        "start_execution",
        {"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"},
    ),
    "cognito-idp": ("initiate_auth", {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "c", "AuthParameters": {}}),
    "kinesis": ("put_record", {"StreamName": "s", "PartitionKey": "p", "Data": b"d"}),
    "firehose": ("put_record", {"DeliveryStreamName": "d", "Record": {"Data": b"d"}}),
    "ses": ("get_send_quota", {}),
    "sesv2": ("get_account", {}),
    "cloudwatch": ("list_metrics", {}),
    "ec2": ("describe_regions", {}),
    "route53": ("list_hosted_zones", {}),
    "cloudfront": ("list_distributions", {}),
    "iam": ("get_user", {}),
    "appconfigdata": ("get_latest_configuration", {"ConfigurationToken": "t"}),
    "xray": ("get_groups", {}),
    "organizations": ("list_accounts", {}),
    "ecr": ("describe_repositories", {}),
    "athena": ("list_work_groups", {}),
}
KINDS: dict[str, dict[str, Any]] = {
    "regional": {},
    "fips": {"config": Config(use_fips_endpoint=True)},
    "dual_stack": {"config": Config(use_dualstack_endpoint=True)},
    "global": {"region_name": "aws-global"},
}
# What a function's code may say itself; only this process, with the runtime files, can hold these.
OWN = {
    "own_regional": "https://sqs.us-east-1.amazonaws.com",
    "own_root_dot": "https://sqs.us-east-1.amazonaws.com./",
    "own_global": "https://sts.amazonaws.com",
    "own_dual_stack": "https://sqs.us-east-1.api.aws",
}
results: list[dict[str, Any]] = []


def record(service: str, kind: str, call: Callable[[], Any]) -> None:
    try:
        call()
        results.append({"service": service, "kind": kind, "error": None})
    except Exception as error:
        answer = getattr(error, "response", {})
        metadata = answer.get("ResponseMetadata", {})
        results.append(
            {
                "service": service,
                "kind": kind,
                "error": answer.get("Error", {}).get("Code") or type(error).__name__,
                "text": str(error),
                "status": metadata.get("HTTPStatusCode"),
                "attempts": metadata.get("RetryAttempts", 0) + 1,
            }
        )


def call_each(kinds: dict[str, dict[str, Any]]) -> None:
    for service, (operation, arguments) in CALLS.items():
        for kind, options in kinds.items():
            record(service, kind, lambda: getattr(boto3.client(service, **options), operation)(**arguments))  # noqa: B023


def main() -> None:
    call_each(KINDS)
    for key in ("temporary", "permanent"):
        record("s3", key, lambda: boto3.client("s3").get_object(Bucket=os.environ["BUCKET"], Key=key))  # noqa: B023
    of_template = {name: value for name, value in os.environ.items() if name.startswith("ADDRESS_")}
    for name, url in {**of_template, **OWN}.items():
        record("sqs", name, lambda: boto3.client("sqs", endpoint_url=url).list_queues())  # noqa: B023
    child = os.environ["RESULTS"] + ".bare"
    subprocess.run([sys.executable, "-I", __file__, "bare"], env={**os.environ, "RESULTS": child}, check=True)


def bare() -> None:
    call_each({"bare": {}})


if __name__ == "__main__":
    bare() if "bare" in sys.argv else main()
    Path(os.environ["RESULTS"]).write_text(json.dumps(results))
