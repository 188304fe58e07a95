"""The Lambda Web Adapter in embedded mode: the port of the function's server is one of this machine."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from esb_gateway.execution.embedded.web_adapter import adapter_problem, server_port
from esb_gateway.invocation import Function
from tests.gateway.functions import ORDERS

ADAPTER = ("lambda-adapter",)


def function(port: int = 0, layer: str = "functions/web/layers/1-lambda-web-adapter") -> Function:
    return replace(
        ORDERS, name="web", arn="arn", handler="run.sh", layers=(layer,), environment={"AWS_LWA_PORT": str(port)}
    )


def test_the_port_is_that_of_aws() -> None:
    assert server_port({}) == "8080"
    assert server_port({"PORT": "8000"}) == "8000"
    assert server_port({"PORT": "8000", "AWS_LWA_PORT": "7000"}) == "7000"


@pytest.mark.server
def test_a_port_of_another_program_is_a_sentence() -> None:
    """The adapter would send that program the function's requests; the gateway's own port is 8080, too."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert adapter_problem(function(port), ADAPTER) == (
            f"web: port {port}, where the Lambda Web Adapter expects its server, is in use on this machine; set another"
            " in AWS_LWA_PORT, or in PORT, of its environment."
        )


def test_an_adapter_in_an_image_is_a_sentence() -> None:
    assert adapter_problem(function(), ()) == (
        "web: the Lambda Web Adapter is in an image, which a local process does not have; set ESB_WEB_ADAPTER to its"
        " program, a file, and build again."
    )


def test_other_functions_have_no_problem() -> None:
    assert adapter_problem(function(layer="functions/web/layers/1-tools"), ()) is None
    assert adapter_problem(function(layer="functions/web/layers/1-tools"), ("agent",)) is None


@pytest.mark.server
def test_a_free_port_is_no_problem() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    assert adapter_problem(function(port), ADAPTER) is None
