"""The port of a database that checks nothing, by a whole gateway: boto3 works through it, and nobody else does."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from esb_gateway.errors import ConfigurationError
from esb_gateway.settings import EnginePort, read_settings
from tests.gateway.cli.serve_process import FUNCTIONS, ROUTING, serve
from tests.moto_server import moto_server

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    config: Path = tmp_path_factory.mktemp("config")
    (config / "functions.yml").write_text(FUNCTIONS)
    (config / "routing.yml").write_text(ROUTING)
    with (
        moto_server() as address,
        serve(config, ESB_ENGINE_PORTS="dynamodb:0", DYNAMODB_ENDPOINT=address) as gateway,
    ):
        yield next(port for port in gateway.other_ports() if leads_to_engine(port))


def leads_to_engine(port: int) -> bool:
    status, body = ask(port, {})
    return status == 403 and b"MissingAuthenticationToken" in body


def ask(port: int, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/", b"{}", {"X-Amz-Target": "DynamoDB_20120810.ListTables", **headers})
        response = connection.getresponse()
        assert response.headers["Access-Control-Allow-Origin"] is None
        return response.status, response.read()
    finally:
        connection.close()


def client(port: int, key: str = "a", secret: str = "s", service: str = "dynamodb") -> Any:
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-west-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.mark.server
def test_boto3_reads_and_writes_through_it(port: int) -> None:
    database = client(port)
    database.create_table(TableName="orders", **TABLE)
    database.batch_write_item(
        RequestItems={
            "orders": [{"PutRequest": {"Item": {"id": {"S": f"é{n}"}, "x": {"S": "x" * 300_000}}}} for n in range(25)]
        }
    )

    assert database.get_item(TableName="orders", Key={"id": {"S": "é7"}})["Item"]["x"]["S"] == "x" * 300_000
    assert client(port, service="dynamodbstreams").list_streams()["Streams"] == []
    with pytest.raises(database.exceptions.ResourceInUseException):
        database.create_table(TableName="orders", **TABLE)


@pytest.mark.server
@pytest.mark.parametrize(
    ("key", "secret", "code"), [("b", "s", "UnrecognizedClientException"), ("a", "t", "InvalidSignatureException")]
)
def test_other_credentials_are_refused(port: int, key: str, secret: str, code: str) -> None:
    with pytest.raises(ClientError, match=code):
        client(port, key, secret).list_tables()


@pytest.mark.server
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Host": "rebound.example"},
        {"Host": "localhost", "Origin": "http://localhost"},
    ],
)
def test_a_page_in_a_browser_is_refused(port: int, headers: dict[str, str]) -> None:
    assert ask(port, headers)[0] == 403


def test_the_environment_names_ports_and_servers() -> None:
    ports = {"ESB_ENGINE_PORTS": "dynamodb:8000", "DYNAMODB_ENDPOINT": "http://database:8000"}
    settings = read_settings({**KEYS, **ports, "ESB_ALLOWED_ORIGINS": "https://a.example, https://b.example"})

    assert settings.engine_ports == (EnginePort("dynamodb", 8000, "http://database:8000"),)
    assert settings.allowed_origins == {"https://a.example", "https://b.example"}
    assert read_settings(KEYS).engine_ports == ()


@pytest.mark.parametrize(
    "environment",
    [
        {**KEYS, "ESB_ENGINE_PORTS": "8000"},
        {**KEYS, "ESB_ENGINE_PORTS": "s3:9000", "S3_ENDPOINT": "http://s3-storage:9000"},
        {**KEYS, "ESB_ENGINE_PORTS": "dynamodb:80000", "DYNAMODB_ENDPOINT": "http://database:8000"},
        {**KEYS, "ESB_ENGINE_PORTS": "dynamodb:8000"},
        {**KEYS, "ESB_ENGINE_PORTS": "dynamodb:8000", "DYNAMODB_ENDPOINT": "https://database"},
        {**KEYS, "ESB_SWEEP_EXPIRED": "on"},
        {**KEYS, "ESB_SWEEP_EXPIRED": "yes", "DYNAMODB_ENDPOINT": "http://database:8000"},
        {"ESB_AUTH": "off", "ESB_SWEEP_EXPIRED": "on", "DYNAMODB_ENDPOINT": "http://database:8000"},
        {"ESB_AUTH": "off", "ESB_ENGINE_PORTS": "dynamodb:8000", "DYNAMODB_ENDPOINT": "http://database:8000"},
    ],
)
def test_what_could_not_be_served_is_one_sentence(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"^environment: [^\n]+\.$"):
        read_settings(environment)
