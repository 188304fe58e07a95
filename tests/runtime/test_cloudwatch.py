"""boto3's logs client writes to VictoriaLogs."""

from __future__ import annotations

import pytest

from .conftest import Interpreter, VictoriaLogs

pytestmark = pytest.mark.server

PREPARE = """
import boto3, json
logs = boto3.client("logs")
logs.create_log_group(logGroupName="/shop")
logs.create_log_stream(logGroupName="/shop", logStreamName="till-1")
"""


def test_events_become_rows(python: Interpreter, logs: VictoriaLogs) -> None:
    code = f"""{PREPARE}
events = [
    {{"timestamp": 1700000000123, "message": "sold 1\\nand 2"}},
    {{"timestamp": 1700000000124, "message": '{{"message": "m", "level": "error"}}'}},
]
answer = logs.put_log_events(logGroupName="/shop", logStreamName="till-1", logEvents=events)
print(json.dumps([answer["ResponseMetadata"]["HTTPStatusCode"], "nextSequenceToken" in answer]))
"""
    assert python.value(code, VICTORIALOGS_URL=logs.url, AWS_LAMBDA_FUNCTION_NAME="pay") == [200, True]
    place = {"log_group": "/shop", "log_stream": "till-1", "container_name": "orders", "job": "lambda"}
    assert [row for row in logs.stored(3) if "log_group" in row] == [
        {"_time": "2023-11-14T22:13:20.123Z", "level": "INFO", "message": "sold 1\nand 2", **place},
        {"_time": "2023-11-14T22:13:20.124Z", "level": "ERROR", "message": "m", **place},
    ]


def test_events_are_stored_with_the_password_of_the_server(python: Interpreter, logs: VictoriaLogs) -> None:
    logs.authorization = "Basic ZXNiOnNlY3JldA=="  # esb:secret
    code = f"""{PREPARE}
logs.put_log_events(logGroupName="/shop", logStreamName="till-1", logEvents=[{{"timestamp": 1, "message": "sold"}}])
print(json.dumps("done"))
"""
    environment = {"VICTORIALOGS_USERNAME": "esb", "VICTORIALOGS_PASSWORD": "secret"}

    assert python.value(code, VICTORIALOGS_URL=logs.url, **environment) == "done"
    assert [row["message"] for row in logs.stored(1) if "log_group" in row] == ["sold"]


def test_created_groups_and_streams_are_described(python: Interpreter, logs: VictoriaLogs) -> None:
    code = f"""{PREPARE}
groups = logs.describe_log_groups(logGroupNamePrefix="/sh")["logGroups"]
streams = logs.get_paginator("describe_log_streams").paginate(logGroupName="/shop").build_full_result()["logStreams"]
logs.put_retention_policy(logGroupName="/shop", retentionInDays=7)
none = logs.describe_log_groups(logGroupNamePrefix="/other")["logGroups"]
print(json.dumps([groups[0]["logGroupName"], streams[0]["logStreamName"], none]))
"""
    assert python.value(code, VICTORIALOGS_URL=logs.url) == ["/shop", "till-1", []]


def test_reading_fails_with_the_address_to_query(python: Interpreter, logs: VictoriaLogs) -> None:
    code = f"""{PREPARE}
try:
    logs.filter_log_events(logGroupName="/shop")
except Exception as error:
    print(json.dumps(str(error)))
"""
    assert python.value(code, VICTORIALOGS_URL=logs.url) == (
        "logs.FilterLogEvents: logs are stored in VictoriaLogs, not CloudWatch; "
        f"query them at {logs.url}/select/logsql/query"
    )


def test_events_that_are_not_stored_are_an_error(python: Interpreter) -> None:
    code = f"""{PREPARE}
from botocore.exceptions import EndpointConnectionError
try:
    logs.put_log_events(logGroupName="/shop", logStreamName="till-1", logEvents=[{{"timestamp": 1, "message": "m"}}])
except EndpointConnectionError as error:
    print(json.dumps(str(error)))
"""
    assert "127.0.0.1:9" in python.value(code, VICTORIALOGS_URL="http://127.0.0.1:9")


def test_a_logs_client_with_its_own_endpoint_is_unchanged(python: Interpreter, logs: VictoriaLogs) -> None:
    code = """
import boto3, json
from botocore.config import Config
client = boto3.client("logs", endpoint_url="http://127.0.0.1:9", config=Config(retries={"max_attempts": 0}))
try:
    client.create_log_group(logGroupName="g")
except Exception as error:
    print(json.dumps(type(error).__name__))
"""
    assert python.value(code, VICTORIALOGS_URL=logs.url) == "EndpointConnectionError"
