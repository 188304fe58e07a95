"""The plan of a connection, as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from esb_provisioner.desired import load
from esb_provisioner.plan import plan
from esb_provisioner.servers.settings import UsageError
from esb_provisioner.services.eventbridge_connections.read import ObservedConnection
from esb_provisioner.steps import Plan, Resource
from esb_schemas.agreements.connection_secrets import secret_version

ARN = "arn:aws:events:us-east-1:123456789012:connection/crm/5fa0821c"
PARAMETERS = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "s3cr3t"}}
VERSION = secret_version("5fa0821c", PARAMETERS)
DESTINATION = {"InvocationEndpoint": "https://crm.example.com/", "HttpMethod": "POST"}
ENTRY = {
    "Name": "crm",
    "AuthorizationType": "API_KEY",
    "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "{{resolve:env:CRM_KEY}}"}},
    "ApiDestinations": [{"Name": "customers", **DESTINATION}],
}
THERE = {"customers": {**DESTINATION, "ConnectionArn": ARN, "InvocationRateLimitPerSecond": 300}}


def planned(folder: Path, seen: ObservedConnection | None, **changed: Any) -> Plan:
    file = folder / "resources.yml"
    file.write_text(yaml.safe_dump({"EventBridgeConnections": [{**ENTRY, **changed}]}))
    desired = load(file, variables={"CRM_KEY": "s3cr3t"})
    return plan(desired, {} if seen is None else {Resource("connection", "crm"): seen})


def lines(text: str) -> str:
    return "\n".join(f"connection crm: {line.strip()}" for line in text.strip().splitlines())


def test_a_missing_connection_is_made_with_the_secret(tmp_path: Path) -> None:
    result = planned(tmp_path, None)
    assert str(result) == lines("create_connection (not found, then 1 API destination)")
    (create,) = result.operations
    assert create.call.params == {
        "Name": "crm",
        "AuthorizationType": "API_KEY",
        "AuthParameters": PARAMETERS,
        "Description": "",
    }


def test_api_destinations_are_created_after_their_connection(tmp_path: Path) -> None:
    result = planned(tmp_path, ObservedConnection(ARN, "API_KEY", "", VERSION))
    assert str(result) == lines("create_api_destination (API destination customers: not found)")
    (create,) = result.operations
    assert create.call.params == {
        "Name": "customers",
        "ConnectionArn": ARN,
        "Description": "",
        "InvocationRateLimitPerSecond": 300,
        **DESTINATION,
    }


def test_a_connection_that_is_as_the_file_says_needs_nothing(tmp_path: Path) -> None:
    assert not str(planned(tmp_path, ObservedConnection(ARN, "API_KEY", "", VERSION, THERE)))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (
            ObservedConnection(ARN, "API_KEY", "", secret_version("5fa0821c", {}), THERE),
            "update_connection (AuthParameters: differ)",
        ),
        (
            ObservedConnection(ARN, "BASIC", "old", secret_version("5fa0821c", {}), THERE),
            "update_connection (settings: BASIC, old -> API_KEY)",
        ),
        (
            ObservedConnection(ARN, "API_KEY", "", VERSION, {"customers": {**THERE["customers"], "HttpMethod": "PUT"}}),
            "update_api_destination (API destination customers: differs)",
        ),
        (
            ObservedConnection(
                ARN, "API_KEY", "", VERSION, {"customers": {**THERE["customers"], "ConnectionArn": "arn:x:y"}}
            ),
            "update_api_destination (API destination customers: differs)",
        ),
    ],
)
def test_what_differs_is_repaired(tmp_path: Path, seen: ObservedConnection, expected: str) -> None:
    result = planned(tmp_path, seen)
    assert str(result) == lines(expected)
    assert "s3cr3t" not in str(result)


def test_a_server_that_does_not_say_whether_the_secrets_are_the_same(tmp_path: Path) -> None:
    (found,) = planned(tmp_path, ObservedConnection(ARN, "API_KEY", "", "a1B2c3", THERE)).resources
    assert (found.steps, found.unknown) == ((), ("AuthParameters",))


def test_a_secret_that_is_not_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "resources.yml"
    file.write_text(yaml.safe_dump({"EventBridgeConnections": [ENTRY]}))
    with pytest.raises(UsageError, match=r"resources\.yml refers to the variable CRM_KEY, which is not set: pass the"):
        load(file)
