"""The secret variables of functions in embedded mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.errors import ConfigurationError
from esb_gateway.invocation import Function
from esb_gateway.local.folder.secret_values import resource_secrets, with_secret_values
from esb_schemas.settings_files.env_file import dump


@pytest.fixture
def functions() -> dict[str, Function]:
    entry = {"handler": "h", "runtime": "python3.12", "environment": {"A": "1"}}
    plain, secret = dict(entry), {**entry, "secret_environment": ["PASSWORD"]}
    return dict(read_configuration({"functions": {"plain": plain, "pay-now": secret}}, {}).functions)


def write(root: Path, values: dict[str, str]) -> None:
    (root / ".env").touch(0o600)
    (root / ".env").write_text(dump(values))


def test_a_function_gets_the_values_that_compose_fills_in(tmp_path: Path, functions: dict[str, Function]) -> None:
    write(tmp_path, {"ESB_VALUE_pay_1now_0PASSWORD": "it's $x", "ESB_VALUE_plain_0PASSWORD": "of another"})
    found = with_secret_values(tmp_path, functions)

    assert found["pay-now"].environment == {"A": "1", "PASSWORD": "it's $x"}
    assert found["plain"].environment == {"A": "1"}


def test_without_secret_variables_no_file_is_needed(tmp_path: Path, functions: dict[str, Function]) -> None:
    plain = {"plain": functions["plain"]}
    assert with_secret_values(tmp_path, plain) == plain


def test_a_value_that_is_missing_is_one_sentence(tmp_path: Path, functions: dict[str, Function]) -> None:
    with pytest.raises(ConfigurationError, match=r"\.env: cannot be read"):
        with_secret_values(tmp_path, functions)
    write(tmp_path, {})
    with pytest.raises(ConfigurationError, match=r"ESB_VALUE_pay_1now_0PASSWORD is missing; run esb build"):
        with_secret_values(tmp_path, functions)


RESOURCES = """
EventBridgeConnections:
- Name: crm
  AuthorizationType: BASIC
  AuthParameters: {BasicAuthParameters: {Username: u, Password: "{{resolve:env:ESB_CONNECTION_crm_01}}"}}
"""


def test_the_provisioner_gets_what_resources_yml_refers_to(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    file = tmp_path / "config/resources.yml"
    file.write_text("S3: []\n")
    assert resource_secrets(tmp_path) == {}
    file.write_text(RESOURCES)
    write(tmp_path, {"ESB_CONNECTION_crm_01": "p", "ESB_VALUE_f_0X": "of a function"})
    assert resource_secrets(tmp_path) == {"ESB_CONNECTION_crm_01": "p"}
    write(tmp_path, {})
    assert resource_secrets(tmp_path) == {}, "the provisioner says what is missing"
    file.write_text("S3: {")
    assert resource_secrets(tmp_path) == {}, "it is reported elsewhere"
