"""The loop of a person at work: edit, `esb build`, `docker compose up -d`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from .conftest import DEADLINE, HERE, NewStack, Stack, docker, wait_for

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


@pytest.fixture
def watching(changing: Stack) -> Iterator[None]:
    """`docker compose watch`, which has begun to watch."""
    override = ["-f", "compose.override.yaml"] if (changing.folder / "compose.override.yaml").exists() else []
    files = ["-f", ".esb/docker-compose.yml", *override, "-f", ".esb/docker-compose.watch.yml"]
    log = changing.folder / "watch.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            ["docker", "compose", *files, "watch"],
            cwd=changing.folder,
            env=changing.environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(lambda: process.poll() is not None or "atch enabled" in log.read_text())
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.terminate()
            process.wait(DEADLINE)


def test_what_is_saved_runs_at_once_while_it_is_watched(changing: Stack, watching: None) -> None:
    handler = changing.folder / "src/app.py"
    container = changing.containers()["hello"]
    handler.write_text(handler.read_text().replace('"hallo"', '"servus"'))

    wait_for(lambda: changing.request("GET", "/hello").text == "servus")

    assert changing.containers()["hello"] == container


def test_a_build_leads_back_from_watching(changing: Stack) -> None:
    assert "hello" in apply(changing)

    assert changing.request("GET", "/hello").text == "servus"
    image = docker("inspect", "--format", "{{.Config.Image}}", changing.containers()["hello"]).strip()
    assert image in changing.compose("config", "--images").stdout.split()
    assert (
        docker("inspect", "--format", "{{.HostConfig.ReadonlyRootfs}}", changing.containers()["hello"]).strip()
        == "true"
    )


def test_a_new_route_is_answered_and_restarts_nothing(changing: Stack) -> None:
    template = changing.folder / "template.yaml"
    old = template.read_text()
    template.write_text(old.replace("  Visitors:", ROUTE.lstrip("\n") + "  Visitors:"))

    assert apply(changing) == set()
    wait_for(lambda: changing.request("GET", "/bye").text == "servus")

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
