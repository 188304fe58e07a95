"""The table of backing services: complete, and without two rows that say different things of one server."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable

import pytest

from esb_schemas.backends import (
    AWS_DOMAINS,
    BACKENDS,
    Backend,
    backend,
    backends_json,
    endpoint_urls,
    endpoint_variables,
)

UNIQUE: list[Callable[[Backend], Hashable]] = [
    lambda row: row.service,
    lambda row: row.label,
    lambda row: row.endpoint_variable,
    lambda row: row.url_variable,
]


@pytest.mark.parametrize("of_row", UNIQUE)
def test_every_service_has_names_of_its_own(of_row: Callable[[Backend], Hashable]) -> None:
    assert len(set(map(of_row, BACKENDS))) == len(BACKENDS)


def test_rows_of_one_host_describe_one_server() -> None:
    servers = {(row.host, row.port, row.port_variable, row.image_variable, row.replicas_variable) for row in BACKENDS}
    assert len(servers) == len({row.host for row in BACKENDS}) == len({row.port for row in BACKENDS})


def test_a_row_is_found_by_its_service() -> None:
    assert backend("s3").url == "http://s3-storage:9000"
    assert backend("dynamodb").sdk_variable == "AWS_ENDPOINT_URL_DYNAMODB"
    assert backend("dynamodb").sdk_variables == ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS")
    assert backend("logs").sdk_variable is None
    assert backend("logs").sdk_variables == ()
    with pytest.raises(KeyError):
        backend("kinesis")


def test_each_port_has_an_address_of_its_own() -> None:
    variables = {row.host: row.bind_variable for row in BACKENDS}

    assert variables["database"] == "ESB_DATABASE_BIND"
    assert variables["s3-storage"] == "ESB_S3_BIND"
    assert variables["victorialogs"] == "ESB_LOGS_BIND"
    assert "ESB_BIND" not in variables.values()


def test_the_stack_waits_for_all_but_the_logs() -> None:
    assert {row.host: row.condition for row in BACKENDS} == {
        "database": "service_healthy",
        "s3-storage": "service_healthy",
        "victorialogs": "service_started",
        "cloud": "service_healthy",
    }


def test_clients_find_their_server_by_one_variable() -> None:
    assert endpoint_variables() == {
        "dynamodb": "DYNAMODB_ENDPOINT",
        "dynamodbstreams": "DYNAMODB_ENDPOINT",
        "events": "EVENTS_ENDPOINT",
        "lambda": "LAMBDA_ENDPOINT",
        "logs": "VICTORIALOGS_URL",
        "s3": "S3_ENDPOINT",
        "sns": "SNS_ENDPOINT",
        "sqs": "SQS_ENDPOINT",
    }


def test_the_table_for_the_runtime_is_always_the_same_text() -> None:
    text = backends_json()
    assert text == backends_json()
    assert json.loads(text) == {
        "aws_hosts": [*AWS_DOMAINS, "not-in-this-stack"],
        "endpoint_variables": endpoint_variables(),
        "basic_auth_variables": {"logs": ["VICTORIALOGS_USERNAME", "VICTORIALOGS_PASSWORD"]},
        "public_endpoint_variables": {"s3": "S3_PRESIGN_ENDPOINT"},
    }


def test_only_servers_that_the_stack_has_take_the_place_of_addresses_of_aws() -> None:
    always = {
        "dynamodb": "http://database:8000",
        "lambda": "http://gateway:8080",
        "s3": "http://s3-storage:9000",
        "streams.dynamodb": "http://database:8000",
    }
    assert endpoint_urls() == endpoint_urls({"S3"}) == always
    assert endpoint_urls({"SQS"})["sqs"] == "http://cloud:4566"
