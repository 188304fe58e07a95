"""Fixtures of the tests of authorization."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.apis.auth.scenario import AuthScenario, Make


@pytest.fixture
def scenario(harness: Any, make_request: Make) -> AuthScenario:
    return AuthScenario(harness, make_request)
