"""Which credentials functions have, and with which servers each can have its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from esb_generator.output.compose import env_files
from esb_wire.function_credentials import function_of
from tests.generator.conftest import TEMPLATE, Esb

BUCKET = (
    TEMPLATE
    + """
  Media:
    Type: AWS::S3::Bucket
"""
)


def services(project: Path, name: str = "docker-compose.services.yml") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((project / ".esb" / name).read_text())["services"]
    return found


def test_by_default_all_have_those_of_the_stack(esb: Esb, project: Path) -> None:
    assert esb("build").code == 0
    environment = services(project)["OrdersFunction"]["environment"]
    assert environment["AWS_ACCESS_KEY_ID"] == "${ESB_ACCESS_KEY_ID:?run esb build again}"
    assert "function_credentials" not in (project / ".esb/config/functions.yml").read_text()
    assert "ESB_S3_IDENTITIES" not in services(project)["s3-storage"]["environment"]


def test_each_function_can_have_its_own(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text(BUCKET)
    assert esb("build", "--credentials", "function").code == 0
    for name in ("docker-compose.services.yml", "docker-stack.yml"):
        found = services(project, name)
        environment = found["OrdersFunction"]["environment"]
        assert function_of(environment["AWS_ACCESS_KEY_ID"]) == "OrdersFunction"
        assert environment["AWS_SECRET_ACCESS_KEY"].startswith("${ESB_SECRET_ACCESS_KEY_OrdersFunction:?")
        assert "ESB_SECRET_ACCESS_KEY:" not in str(environment)
        assert found["s3-storage"]["environment"]["ESB_S3_IDENTITIES"].startswith("${ESB_S3_IDENTITIES:?")
        assert found["provisioner"]["environment"]["AWS_ACCESS_KEY_ID"].startswith("${ESB_ACCESS_KEY_ID:?")
    functions = yaml.safe_load((project / ".esb/config/functions.yml").read_text())
    assert functions["stack"]["function_credentials"] is True
    assert "ESB_SECRET_ACCESS_KEY_OrdersFunction=" in (project / ".esb/.env").read_text()


def test_samconfig_can_say_it_and_the_command_line_counts_more(esb: Esb, project: Path) -> None:
    (project / "samconfig.toml").write_text('[default.build.parameters]\ncredentials = "function"\n')
    assert esb("build").code == 0
    assert "function_credentials: true" in (project / ".esb/config/functions.yml").read_text()
    assert esb("build", "--credentials", "stack").code == 0
    assert "function_credentials" not in (project / ".esb/config/functions.yml").read_text()
    (project / "samconfig.toml").write_text('[default.global.parameters]\ncredentials = "none"\n')
    refused = esb("build")
    assert refused.code == 1
    assert "samconfig.toml: credentials must be stack or function, not none" in refused.err


def test_a_storage_that_knows_one_pair_is_refused_if_there_are_buckets(esb: Esb, project: Path) -> None:
    assert esb("build", "--credentials", "function", "--storage", "rustfs", "--output", "other").code == 0
    (project / "template.yaml").write_text(BUCKET)
    refused = esb("build", "--credentials", "function", "--storage", "rustfs")
    assert refused.code == 1
    assert "rustfs accepts a single pair of credentials; use --storage seaweedfs" in refused.err
    refused = esb("build", "--credentials", "function", "--database", "external")
    assert refused.code == 1
    assert "the DynamoDB server is not part of this stack" in refused.err


def test_more_functions_than_a_storage_can_know_are_refused(
    esb: Esb, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "template.yaml").write_text(BUCKET)
    monkeypatch.setattr(env_files, "_LONGEST_VARIABLE", 100)
    result = esb("build", "--credentials", "function")
    assert (result.code, "build with --credentials stack" in result.err) == (1, True)
