"""The loop of a person at work: edit, `esb build`, `docker compose up -d`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import HERE, NewStack, Stack, wait_for

ROUTE = """
        Bye:
          Type: HttpApi
          Properties: {Method: GET, Path: /bye}
"""
TABLE = """
  Guests:
    Type: AWS::Serverless::SimpleTable
    Properties:
      TableName: guests
"""


@pytest.fixture(scope="module")
def changing(new_stack: NewStack) -> Iterator[Stack]:
    stack = new_stack(HERE / "apps/tiny")
    stack.build()
    stack.up()
    yield stack
    stack.down()


def apply(stack: Stack) -> set[str]:
    """Build and bring up; the services whose containers are new come back."""
    before = stack.containers()
    stack.build()
    stack.up()
    after = stack.containers()
    return {name for name in after if after[name] != before.get(name)}


def test_an_edited_handler_is_a_new_container_of_that_function_alone(changing: Stack) -> None:
    handler = changing.folder / "src/app.py"
    handler.write_text(handler.read_text().replace('"hello"', '"hallo"'))

    assert apply(changing) == {"hello"}
    assert changing.request("GET", "/hello").text == "hallo"


def test_a_new_route_is_answered_and_restarts_nothing(changing: Stack) -> None:
    template = changing.folder / "template.yaml"
    old = template.read_text()
    template.write_text(old.replace("  Visitors:", ROUTE.lstrip("\n") + "  Visitors:"))

    assert apply(changing) == set()
    wait_for(lambda: changing.request("GET", "/bye").text == "hallo")

    template.write_text(old)
    assert apply(changing) == set()
    wait_for(lambda: changing.request("GET", "/bye").status == 404)


def test_a_new_table_is_made_and_the_others_keep_their_data(changing: Stack) -> None:
    changing.client("dynamodb").put_item(TableName="visitors", Item={"name": {"S": "ada"}})
    template = changing.folder / "template.yaml"
    template.write_text(template.read_text() + TABLE)

    apply(changing)

    database = changing.client("dynamodb")
    assert sorted(database.list_tables()["TableNames"]) == ["guests", "visitors"]
    assert database.scan(TableName="visitors")["Count"] == 1
