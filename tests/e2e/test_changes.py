"""The loop of a person at work: edit, `esb build`, `docker compose up -d`."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import DEADLINE, HERE, NewStack, Stack, docker, wait_for
from .polling import WHILE_IT_STARTS_ANEW, polling

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
BUCKET = """
  Bucket{name}:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: {name}
"""
FUNCTION = """
  Other:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: other
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
      Events:
        Get:
          Type: HttpApi
          Properties: {Method: GET, Path: /other}
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


def add(stack: Stack, piece: str) -> set[str]:
    """As `apply`, after the piece is added to the template."""
    template = stack.folder / "template.yaml"
    template.write_text(template.read_text() + piece)
    return apply(stack)


def test_an_edited_handler_is_a_new_container_of_that_function_alone(changing: Stack) -> None:
    handler = changing.folder / "src/app.py"
    handler.write_text(handler.read_text().replace('"hello"', '"hallo"'))

    assert apply(changing) == {"hello"}
    assert changing.request("GET", "/hello").text == "hallo"


@pytest.fixture
def watching(changing: Stack) -> Iterator[None]:
    """`docker compose watch`, which has begun to watch."""
    override = ["-f", "compose.override.yaml"] if (changing.folder / "compose.override.yaml").exists() else []
    files = ["-f", "compose.yaml", *override, "-f", ".esb/docker-compose.watch.yml"]
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

    with polling(changing) as answers:
        assert add(changing, TABLE) == set()

    assert set(answers.statuses) == {200}

    database = changing.client("dynamodb")
    assert sorted(database.list_tables()["TableNames"]) == ["guests", "visitors"]
    assert database.scan(TableName="visitors")["Count"] == 1


def test_a_new_bucket_has_a_host_and_replaces_no_container_but_that_of_hosts(changing: Stack) -> None:
    add(changing, BUCKET.format(name="first"))

    with polling(changing) as answers:
        assert add(changing, BUCKET.format(name="second")) == {"bucket-hosts"}

    assert set(answers.statuses) == {200}
    hosts = changing.compose("exec", "bucket-hosts", "getent", "hosts", "first.s3-storage", "second.s3-storage").stdout
    assert len(hosts.splitlines()) == 2
    assert {bucket["Name"] for bucket in changing.client("s3").list_buckets()["Buckets"]} == {"first", "second"}


def test_a_new_function_is_invoked_and_replaces_no_other_container(changing: Stack) -> None:
    with polling(changing) as answers:
        assert add(changing, FUNCTION) == {"other"}

    assert set(answers.statuses) == {200}
    wait_for(lambda: changing.request("GET", "/other").status == 200)


INDEXED = """
  Visitors:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: visitors
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: name, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: name, AttributeType: S}, {AttributeName: city, AttributeType: S}]
      GlobalSecondaryIndexes:
        - IndexName: by-city
          KeySchema: [{AttributeName: city, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
"""


def ready(stack: Stack) -> dict[str, object]:
    page: dict[str, object] = stack.request("GET", "/_esb/ready").json
    return page


def test_an_index_and_a_function_more_and_back_again(changing: Stack) -> None:
    template = changing.folder / "template.yaml"
    first = template.read_text()
    table = first[first.index("  Visitors:") : first.index("  Guests:")]
    database = changing.client("dynamodb")

    def indexes() -> list[str]:
        found = database.describe_table(TableName="visitors")["Table"].get("GlobalSecondaryIndexes", [])
        return [each["IndexName"] for each in found]

    with polling(changing) as answers:
        template.write_text(first.replace(table, INDEXED.lstrip("\n")) + FUNCTION.replace("ther", "nother"))
        assert apply(changing) == {"onother"}
        assert indexes() == ["by-city"]

        template.write_text(first)
        assert apply(changing) == set()
        assert indexes() == []

    assert set(answers.statuses) == {200}
    assert "onother" not in changing.containers()
    assert database.scan(TableName="visitors")["Count"] == 1
    assert "drift" not in ready(changing)


def test_data_that_does_not_fit_stays_and_is_named_while_the_rest_serves(changing: Stack) -> None:
    template = changing.folder / "template.yaml"
    first = template.read_text()
    template.write_text(first.replace("PrimaryKey: {Name: name", "PrimaryKey: {Name: number"))
    changing.build()
    assert changing.compose("run", "--rm", "--no-deps", "provisioner", "--plan").returncode == 3

    with polling(changing) as answers:
        assert apply(changing) == set()

    assert set(answers.statuses) == {200}
    wait_for(lambda: "drift" in ready(changing))
    ((resource, text),) = [(each["resource"], each["text"]) for each in ready(changing)["drift"]]  # type: ignore[attr-defined]
    assert resource == "table visitors"
    assert changing.client("dynamodb").scan(TableName="visitors")["Count"] == 1
    assert 'esb_drift{resource="table visitors"} 1.0' in changing.request("GET", "/_esb/metrics").text
    assert "drift: table visitors: KeySchema" in changing.logs("gateway")

    command = text.rpartition(": docker compose ")[2].split()
    done = changing.compose(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    wait_for(lambda: "drift" not in ready(changing))
    assert changing.client("dynamodb").scan(TableName="visitors")["Count"] == 0


def test_a_folder_that_was_replaced_is_served_after_up(changing: Stack) -> None:
    """As a delivery does it: the old folder is moved away, another one takes its place."""
    template, folder = changing.folder / "template.yaml", changing.folder / ".esb"
    shutil.copytree(folder, changing.folder / "delivered")
    template.write_text(template.read_text().replace("  Visitors:", ROUTE.lstrip("\n") + "  Visitors:", 1))
    changing.build("--output", "delivered")
    before = changing.containers()
    folder.rename(changing.folder / "old")
    (changing.folder / "delivered").rename(folder)

    with polling(changing) as answers:
        changing.up()
        wait_for(lambda: changing.request("GET", "/bye").status == 200)
        assert ready(changing)["status"] == "ready"

    assert changing.containers() == before
    assert set(answers.statuses) <= WHILE_IT_STARTS_ANEW
    wait_for(lambda: changing.request("GET", "/hello").status == 200)


def test_an_equal_folder_in_its_place_is_the_one_that_the_next_build_changes(changing: Stack) -> None:
    """No file differs, so nothing else tells the gateway that its mount shows the folder of before."""
    template, folder = changing.folder / "template.yaml", changing.folder / ".esb"
    folder.rename(changing.folder / "before")
    shutil.copytree(changing.folder / "before", folder)

    with polling(changing) as answers:
        changing.up()
    assert set(answers.statuses) <= WHILE_IT_STARTS_ANEW

    template.write_text(template.read_text().replace(ROUTE.lstrip("\n"), "", 1))
    changing.build()
    wait_for(lambda: changing.request("GET", "/bye").status == 404)


def test_a_setting_of_the_site_reaches_the_gateway_and_stays(changing: Stack) -> None:
    def invoke() -> int:
        return changing.request("POST", "/2015-03-31/functions/hello/invocations", {}).status

    assert invoke() == 403
    (changing.folder / "esb.env").write_text("ESB_AUTH=off\n")

    assert apply(changing) == {"gateway"}
    wait_for(lambda: invoke() == 200)

    assert apply(changing) == set()
    assert invoke() == 200


BUSY = 'esb_slots{function="hello",state="busy"} 1.0'
SLOW = """
    import time
    time.sleep(float((event.get("queryStringParameters") or {}).get("seconds", 0)))
"""


def test_a_gateway_that_is_replaced_is_away_for_a_moment(
    changing: Stack, record_property: Callable[[str, object], None]
) -> None:
    """docs/operations.md has how long, measured on a machine that does nothing else: here others may run, too."""
    (changing.folder / "esb.env").write_text("ESB_IDLE_TIMEOUT=61\n")

    with polling(changing) as answers:
        wait_for(lambda: answers.served)
        assert apply(changing) == {"gateway"}
        replaced = time.monotonic()
        wait_for(lambda: answers.served[-1] > replaced)

    assert set(answers.statuses) <= WHILE_IT_STARTS_ANEW
    record_property("seconds_away", answers.seconds_away)
    print(f"the gateway was away for {answers.seconds_away:.2f} s")  # noqa: T201


def test_a_request_in_flight_ends_before_its_gateway_is_replaced(changing: Stack) -> None:
    handler = changing.folder / "src/app.py"
    handler.write_text(handler.read_text().replace('    if event.get("fail"):\n', SLOW + '    if event.get("fail"):\n'))
    template = changing.folder / "template.yaml"
    template.write_text(
        template.read_text().replace("      FunctionName: hello\n", "      FunctionName: hello\n      Timeout: 60\n")
    )
    assert "gateway" not in apply(changing)
    wait_for(lambda: changing.request("GET", "/hello?seconds=0.1").status == 200)
    gateway = changing.containers()["gateway"]
    (changing.folder / "esb.env").write_text("ESB_IDLE_TIMEOUT=62\nESB_DRAIN_SECONDS=60\n")

    with ThreadPoolExecutor() as pool:
        slow = pool.submit(changing.request, "GET", "/hello?seconds=8")
        wait_for(lambda: BUSY in changing.request("GET", "/_esb/metrics").text)
        changing.up()

    assert changing.containers()["gateway"] != gateway
    assert slow.result().status == 200
