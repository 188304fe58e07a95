"""The client of a running gateway says what went wrong, and sends a request once."""

from __future__ import annotations

import socket
import threading

import pytest

from esb_gateway.client.gateway_client import GatewayClient, NoServerError
from esb_gateway.errors import ConfigurationError


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8080",
        "http://",
        "http://localhost:abc",
        "http://localhost:0",
        "ftp://localhost",
        "http://[::1",
        "http://a..b",
        "http://a b",
        "http://é.example",
    ],
)
def test_a_url_that_is_none_is_a_sentence(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"not a URL of a gateway; write it as http://127.0.0.1:8080\.$"):
        GatewayClient(url, None, 0.0).send("GET", "/")


@pytest.mark.server
def test_only_a_request_that_was_not_sent_says_that_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

        def close_after_the_request() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)

        thread = threading.Thread(target=close_after_the_request)
        thread.start()
        with pytest.raises(ConfigurationError, match="no whole response came from there") as raised:
            GatewayClient(url, None, 0.0).send("GET", "/")
        thread.join(60)
    assert not isinstance(raised.value, NoServerError), "the function may have run: nothing may send it again"

    with pytest.raises(NoServerError, match="no gateway answers there"):
        GatewayClient(url, None, 0.0).send("GET", "/")
