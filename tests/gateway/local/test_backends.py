"""How others find the backing services."""

from __future__ import annotations

from esb_gateway.local.backends import Servers


def test_functions_reach_an_engine_through_the_gateway_and_the_provisioner_directly() -> None:
    servers = Servers(
        "http://127.0.0.1:1", "http://127.0.0.1:2", engine="http://127.5.5.5:3", storage_events="http://f"
    )
    assert servers.ready_lines() == "dynamodb: http://127.0.0.1:1\ns3: http://127.0.0.1:2\n"
    assert servers.endpoint_variables() == {
        "DYNAMODB_ENDPOINT": "http://127.5.5.5:3",
        "S3_ENDPOINT": "http://127.0.0.1:2",
    }
    assert servers.own_endpoints() == {
        "dynamodb": "http://127.5.5.5:3",
        "dynamodbstreams": "http://127.5.5.5:3",
        "storage-events": "http://f",
    }
    for variables in (servers.sdk_variables("g", "e"), servers.client_variables("g", "e")):
        assert "http://127.5.5.5:3" not in variables.values()
        assert variables["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:1"
