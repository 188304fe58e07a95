"""What all of the gateway's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.invocation import Ending, Outcome
from esb_wire.http.messages import Request
from esb_wire.sigv4 import Credentials
from tests.certificates import Pair
from tests.gateway.fakes import (
    ACCESS_KEY,
    FUNCTIONS,
    ROUTING,
    SECRET_KEY,
    ClientMaker,
    GatewayHarness,
    build_request,
)
from tests.gateway.fakes import running as run_listener


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    folder = tmp_path / "tls"
    folder.mkdir()
    return Pair(folder)


@pytest.fixture
def harness() -> Iterator[GatewayHarness]:
    harness = GatewayHarness(read_configuration(FUNCTIONS, ROUTING))
    yield harness
    harness.close()


@pytest.fixture
def make_request() -> Callable[..., Request]:
    return build_request


@pytest.fixture
def done() -> Callable[[Any], Outcome]:
    return lambda text: Outcome(Ending.DONE, text.encode())


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(ACCESS_KEY, SECRET_KEY)


@pytest.fixture
def running() -> Any:
    return run_listener


@pytest.fixture(scope="session")
def client_of() -> ClientMaker:
    return ClientMaker()
