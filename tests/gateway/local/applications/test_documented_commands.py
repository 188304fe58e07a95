"""Commands of the documents, in embedded mode: those that call the example, and those that start a gateway."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from esb_gateway.sample_events.table import SAMPLES
from tests.documents import ROOT, Shell, copy_of_example, scenario
from tests.gateway.local.local_gateway import LocalGateway

pytestmark = pytest.mark.server

PAGE = (ROOT / "docs/invoking.md").read_text(encoding="utf-8")
# A user pool with an app client, an API of which it is the authorizer, and an API key.
PROTECTED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Users: {Type: AWS::Cognito::UserPool}
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Auth:
        DefaultAuthorizer: Users
        Authorizers: {Users: {UserPoolArn: !GetAtt Users.Arn}}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      Runtime: python3.12
      InlineCode: "def handler(event, context): return {'statusCode': 200, 'body': 'orders'}"
      Events: {List: {Type: Api, Properties: {Path: /orders, Method: GET, RestApiId: !Ref Shop}}}
  Key: {Type: AWS::ApiGateway::ApiKey, Properties: {Enabled: true}}
"""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    started = Shell(tmp_path, tmp_path)
    yield started
    started.end()


@pytest.mark.timeout(300)
def test_calls_of_the_example(shell: Shell, shop: LocalGateway) -> None:
    url = shop.addresses["ready"]
    shell.folder = shop.root.parent
    shell.variables["ESB_GATEWAY_PORT"] = url.rpartition(":")[2]
    shell.replace["http://localhost:8080"] = url
    shell.replace["create-order"] = "OrdersFunction"
    called = scenario("orders")
    assert len(called) >= 11
    for block in called:
        if block.language == "python":
            shell.script(f'eval "$(esb-gateway env)"\n{block.script()}', str(block))
        else:
            assert shell.run(block), block


@pytest.mark.timeout(300)
def test_ways_to_start_it(shell: Shell, tmp_path: Path) -> None:
    shell.folder = copy_of_example("orders", tmp_path / "orders")
    (shell.folder / "env.json").write_text('{"Parameters": {"STAGE": "test"}}')
    (shell.folder / "public").mkdir()
    shell.script("esb build", "the example")
    for block in scenario("embedded"):
        shell.run(block)


@pytest.mark.timeout(300)
def test_tokens_and_keys(shell: Shell) -> None:
    (shell.folder / "template.yaml").write_text(PROTECTED)
    shell.script("esb build", "the template")
    (pool,) = set(re.findall(r"us-east-1_\w+", (shell.folder / ".esb/config/routing.yml").read_text()))
    shell.replace["us-east-1_AbCdEfGhI"] = pool
    shell.serve("esb-gateway local")
    (block,) = scenario("tokens")

    *tokens, key, answer = shell.run(block).splitlines()

    assert [token.count(".") for token in tokens] == [2, 2, 2]
    assert key.split()[0] == "Key"
    assert answer == "orders"


def test_the_page_lists_every_sample_event() -> None:
    table = PAGE.partition("| SERVICE | EVENT |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z0-9-]+)`", table)) == {name for row in SAMPLES for name in (row.service, row.event)}
