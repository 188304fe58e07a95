"""Every scenario on moto; tests/e2e/test_provisioner_matrix.py has the servers that run in containers."""

from __future__ import annotations

import pytest

from tests.provisioner.matrix import Played, Server, check, play
from tests.provisioner.scenarios import SCENARIOS, Scenario

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def played(moto_url: str, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(Server("moto", ("DynamoDB", "S3"), moto_url), tmp_path_factory.mktemp("matrix"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_server_ends_as_the_file_says(played: Played, scenario: Scenario) -> None:
    check(played, scenario)
