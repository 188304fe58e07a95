"""What the Lambda API tells of functions and the account, as boto3 reads it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from esb_gateway.configuration.compiling import read_configuration

pytestmark = pytest.mark.server

ARN = "arn:aws:lambda:us-east-1:123456789012:function"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:"
FUNCTIONS = {
    "functions": {
        "orders": {
            "handler": "app.handler",
            "runtime": "python3.12",
            "logical_id": "Ordering",
            "description": "Takes orders",
            "timeout": 12,
            "memory_size": 256,
            "environment": {"TABLE": "orders"},
            "layers": ["functions/orders/layers/1-common"],
            "reserved_concurrency": 7,
            "aliases": ["live"],
            "published": True,
            "events": [
                {
                    "type": "sqs",
                    "name": "Queue",
                    "queue": f"{QUEUE}orders",
                    "batch_size": 5,
                    "maximum_concurrency": 2,
                    "report_batch_item_failures": True,
                    "filters": ['{"body": {"a": ["b"]}}'],
                }
            ],
        },
        "drawn": {
            "package_type": "Image",
            "architecture": "arm64",
            "events": [{"type": "sqs", "name": "Queue", "queue": f"{QUEUE}drawn", "enabled": False}],
        },
    }
}


@pytest.fixture
def client(harness: Any, running: Any, client_of: Any) -> Iterator[Any]:
    harness.configuration = read_configuration(FUNCTIONS, {"routes": []})
    harness.credentials = client_of.credentials
    harness.clock = time.time
    with running(harness) as (host, port), client_of(f"http://{host}:{port}") as client:
        yield client


def test_a_configuration_is_that_of_functions_yml(client: Any) -> None:
    configuration = client.get_function_configuration(FunctionName="orders")
    told = {"CodeSha256", "LastModified", "ResponseMetadata", "RevisionId", "RuntimeVersionConfig"}
    assert {key: value for key, value in configuration.items() if key not in told} == {
        "FunctionName": "orders",
        "FunctionArn": f"{ARN}:orders",
        "Runtime": "python3.12",
        "Role": "arn:aws:iam::123456789012:role/orders",
        "Handler": "app.handler",
        "CodeSize": 0,
        "Description": "Takes orders",
        "Timeout": 12,
        "MemorySize": 256,
        "Version": "$LATEST",
        "Environment": {"Variables": {"TABLE": "orders"}},
        "TracingConfig": {"Mode": "PassThrough"},
        "Layers": [{"Arn": "arn:aws:lambda:us-east-1:123456789012:layer:1-common:1", "CodeSize": 0}],
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/orders"},
    }
    again = client.get_function_configuration(FunctionName="orders")
    assert {key: again[key] for key in told - {"ResponseMetadata"}} == {
        key: configuration[key] for key in told - {"ResponseMetadata"}
    }


@pytest.mark.parametrize(
    ("name", "qualifier", "arn", "version"),
    [
        ("orders", {}, f"{ARN}:orders", "$LATEST"),
        ("Ordering", {}, f"{ARN}:orders", "$LATEST"),
        ("orders", {"Qualifier": "live"}, f"{ARN}:orders:live", "1"),
        (f"{ARN}:orders:1", {}, f"{ARN}:orders:1", "1"),
    ],
)
def test_a_function_is_found_by_all_of_its_names(
    client: Any, name: str, qualifier: dict[str, str], arn: str, version: str
) -> None:
    found = client.get_function(FunctionName=name, **qualifier)
    assert (found["Configuration"]["FunctionArn"], found["Configuration"]["Version"]) == (arn, version)
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 7}


def test_an_image_has_no_runtime(client: Any) -> None:
    found = client.get_function(FunctionName="drawn")
    configuration = found["Configuration"]
    assert (configuration["PackageType"], configuration["Architectures"]) == ("Image", ["arm64"])
    assert not {"Runtime", "Handler", "Environment", "Layers"} & configuration.keys()
    assert (found["Code"]["RepositoryType"], "Concurrency" in found) == ("ECR", False)


@pytest.mark.parametrize("operation", ["get_function", "get_function_configuration"])
def test_a_function_that_is_not_there(client: Any, operation: str) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException) as raised:
        getattr(client, operation)(FunctionName="nope")
    assert raised.value.response["Error"]["Message"] == f"Function not found: {ARN}:nope"


def test_functions_are_listed_in_pages(client: Any) -> None:
    def listed(**parameters: Any) -> list[str]:
        pages = client.get_paginator("list_functions").paginate(**parameters)
        return [function["FunctionArn"] for page in pages for function in page["Functions"]]

    assert listed() == [f"{ARN}:drawn", f"{ARN}:orders"]
    assert listed(PaginationConfig={"PageSize": 1}) == listed()
    assert listed(FunctionVersion="ALL") == [f"{ARN}:drawn", f"{ARN}:orders", f"{ARN}:orders:1"]
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        client.list_functions(Marker="elsewhere")


def test_the_account_has_the_limits_of_aws(client: Any) -> None:
    settings = client.get_account_settings()
    assert settings["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 2}
    assert settings["AccountLimit"] == {
        "TotalCodeSize": 80530636800,
        "CodeSizeUnzipped": 262144000,
        "CodeSizeZipped": 52428800,
        "ConcurrentExecutions": 1000,
        "UnreservedConcurrentExecutions": 993,
    }


def test_mappings_are_those_of_functions_yml(client: Any) -> None:
    """recorded/lambda: test_lambda_integration_sqs, create_event_source_mapping_response."""
    listed = client.list_event_source_mappings()["EventSourceMappings"]
    assert [each["EventSourceArn"] for each in listed] == [f"{QUEUE}orders", f"{QUEUE}drawn"]
    first = client.get_event_source_mapping(UUID=listed[0]["UUID"])
    made_up = {key: first.pop(key) for key in ("UUID", "EventSourceMappingArn", "LastModified", "ResponseMetadata")}
    assert made_up["EventSourceMappingArn"].endswith(f":event-source-mapping:{made_up['UUID']}")
    assert first == {
        "EventSourceArn": f"{QUEUE}orders",
        "FunctionArn": f"{ARN}:orders",
        "BatchSize": 5,
        "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": ["b"]}}'}]},
        "ScalingConfig": {"MaximumConcurrency": 2},
        "State": "Enabled",
        "StateTransitionReason": "USER_INITIATED",
    }
    assert (listed[1]["State"], listed[1]["FunctionResponseTypes"]) == ("Disabled", [])


def test_a_mapping_is_paused(client: Any, harness: Any) -> None:
    id_ = client.list_event_source_mappings()["EventSourceMappings"][0]["UUID"]
    assert client.update_event_source_mapping(UUID=id_, Enabled=False)["State"] == "Disabling"
    assert harness.switched == [(id_, False)]


def test_mappings_are_chosen_by_function_and_queue(client: Any) -> None:
    def listed(**parameters: Any) -> list[str]:
        pages = client.get_paginator("list_event_source_mappings").paginate(**parameters)
        return [mapping["FunctionArn"] for page in pages for mapping in page["EventSourceMappings"]]

    assert listed(PaginationConfig={"PageSize": 1}) == [f"{ARN}:orders", f"{ARN}:drawn"]
    assert listed(FunctionName="drawn") == listed(EventSourceArn=f"{QUEUE}drawn") == [f"{ARN}:drawn"]
    assert listed(FunctionName="drawn", EventSourceArn=f"{QUEUE}orders") == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_event_source_mapping(UUID="14e0db71-5d35-4eb5-b481-8945cf9d10c2")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.list_event_source_mappings(FunctionName="nope")
