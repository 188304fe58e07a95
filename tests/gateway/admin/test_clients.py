"""The clients of the pages, and another server's answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from esb_gateway.admin.env_client import embedded_variables
from esb_gateway.admin.events_client import EventsClient
from esb_gateway.admin.queues_client import QueuesClient
from esb_gateway.client.gateway_client import GatewayClient, Reply
from esb_gateway.errors import ConfigurationError


def answering(monkeypatch: pytest.MonkeyPatch, document: Any) -> GatewayClient:
    reply = Reply(200, {}, json.dumps(document).encode())
    monkeypatch.setattr(GatewayClient, "send", lambda *_, **__: reply)
    return GatewayClient("http://127.0.0.1:1", None, 0)


@pytest.mark.parametrize(
    "call",
    [
        embedded_variables,
        lambda gateway: EventsClient(gateway).overview({}),
        lambda gateway: QueuesClient(gateway).overview(),
        lambda gateway: QueuesClient(gateway).redrive("q", None),
    ],
)
@pytest.mark.parametrize("document", [None, 5, [], {}])
def test_another_server_is_one_sentence(
    call: Callable[[GatewayClient], object], document: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError):
        call(answering(monkeypatch, document))


@pytest.mark.parametrize("name", ["A; touch x", "PATH", "LD_PRELOAD", "AWS_ENDPOINT_URL\n", "x$(y)_ENDPOINT"])
def test_a_shell_evaluates_no_names_of_another_server(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="not an ESB gateway"):
        embedded_variables(answering(monkeypatch, {"variables": {name: ""}}))


def test_the_addresses_of_a_gateway_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EVENTBRIDGE", "S3_ENDPOINT", "LAMBDA_ENDPOINT")
    variables = dict.fromkeys(names, "http://127.0.0.1:1")
    assert embedded_variables(answering(monkeypatch, {"variables": variables})) == variables
