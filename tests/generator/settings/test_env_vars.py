"""`esb build --env-vars`: the file of `sam local`, for the stack."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.generator.conftest import Esb

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  OrdersFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
      FunctionName: orders
      Environment: {Variables: {STAGE: dev, QUEUE: jobs}}
"""


@pytest.fixture(autouse=True)
def template(project: Path) -> None:
    (project / "template.yaml").write_text(TEMPLATE)


def environments(project: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Of functions.yml, which the gateway runs by, and of the container."""
    functions = yaml.safe_load((project / ".esb/config/functions.yml").read_text())["functions"]
    services = yaml.safe_load((project / ".esb/docker-compose.services.yml").read_text())["services"]
    return functions["orders"]["environment"], services["orders"]["environment"]


def test_the_values_are_those_of_containers_and_of_embedded_mode(project: Path, esb: Esb) -> None:
    (project / "env.json").write_text('{"Parameters": {"STAGE": "test", "OTHER": "x"}, "orders": {"QUEUE": 5}}')
    assert esb("build", "--env-vars", "env.json").code == 0
    for environment in environments(project):
        assert (environment["STAGE"], environment["QUEUE"], "OTHER" in environment) == ("test", "5", False)
    assert esb("build").code == 0
    for environment in environments(project):
        assert (environment["STAGE"], environment["QUEUE"]) == ("dev", "jobs")


def test_an_address_of_aws_is_led_into_the_stack_as_one_of_the_template_is(project: Path, esb: Esb) -> None:
    (project / "env.json").write_text('{"Parameters": {"QUEUE": "https://kms.us-east-1.amazonaws.com"}}')
    result = esb("build", "--env-vars", "env.json")
    assert "QUEUE has the address" in result.err
    for environment in environments(project):
        assert "amazonaws" not in environment["QUEUE"]


def test_entries_that_change_nothing_are_warnings_with_their_place(project: Path, esb: Esb) -> None:
    (project / "env.json").write_text('{\n  "OrderFunction": {},\n  "orders": {"NEW": "x"}\n}\n')
    result = esb("validate", "--env-vars", "env.json")
    assert result.code == 0
    assert (
        "env.json:2:20: warning: OrderFunction: there is no such function; did you mean OrdersFunction?" in result.err
    )
    assert "env.json:3:21: warning: orders: NEW: the function has no such variable, so it is not set" in result.err
    assert esb("validate", "--env-vars", "env.json", "--strict").code == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"orders": "x"}', "env.json:1:12: error: orders: must be an object with variables"),
        ('{"orders": {"A": {}}}', "env.json:1:18: error: orders: A: must be a text, a number or a boolean"),
        ("{", "env.json:"),
        (None, "error: env.json does not exist; --env-vars names a file with variables of functions"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(project: Path, esb: Esb, text: str | None, message: str) -> None:
    if text is not None:
        (project / "env.json").write_text(text)
    result = esb("build", "--env-vars", "env.json")
    assert result.code == 1
    assert message in result.err
