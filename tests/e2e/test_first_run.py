"""From a template to an API that answers, and what is on the disk and on the engine then."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from .conftest import NewStack, Stack, docker


def test_an_order_is_taken_and_shown(orders: Stack) -> None:
    created = orders.request("POST", "/orders", {"customer": "ada", "items": ["tea"]})
    shown = orders.request("GET", f"/orders/{created.json['id']}")

    assert (created.status, shown.status) == (201, 200)
    assert shown.json["customer"] == "ada"


def test_an_order_is_found_by_its_index(orders: Stack) -> None:
    orders.request("POST", "/orders", {"customer": "grace", "items": ["coffee"]})

    listed = orders.request("GET", "/orders?customer=grace").json["orders"]

    assert [order["items"] for order in listed] == [["coffee"]]


def test_a_receipt_lies_in_the_bucket(orders: Stack) -> None:
    order = orders.request("POST", "/orders", {"customer": "ada", "items": ["tea"]}).json
    key = orders.request("PUT", f"/orders/{order['id']}/receipt", {"total": 3}).json["key"]

    (bucket,) = orders.client("s3").list_buckets()["Buckets"]
    stored = orders.client("s3").get_object(Bucket=bucket["Name"], Key=key)["Body"].read()

    assert stored == b'{"total": 3}'


def test_the_tables_are_as_the_template_says(orders: Stack) -> None:
    database = orders.client("dynamodb")
    table = database.describe_table(TableName="orders-dev")["Table"]
    ttl = database.describe_time_to_live(TableName="orders-dev")["TimeToLiveDescription"]

    assert sorted(database.list_tables()["TableNames"]) == ["ReportsTable", "orders-dev"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-customer"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expires_at")


def test_the_functions_started_after_the_provisioner_had_finished(orders: Stack) -> None:
    provisioner = orders.state("provisioner")

    assert provisioner["ExitCode"] == 0
    assert provisioner["FinishedAt"] < orders.state("OrdersFunction")["StartedAt"]


def test_the_gateway_waited_for_the_provisioner(orders: Stack) -> None:
    """Its log begins with that."""
    first, second, *_ = orders.logs("gateway").splitlines()

    assert json.loads(first)["message"].startswith("waiting for the provisioner")
    assert second.startswith("ready: ")


def test_a_second_build_and_a_second_up_change_nothing(orders: Stack) -> None:
    before = {name: (orders.containers()[name], orders.state(name)["StartedAt"]) for name in running(orders)}

    orders.build("--check")
    orders.up()

    after = {name: (orders.containers()[name], orders.state(name)["StartedAt"]) for name in running(orders)}
    assert after == before
    assert orders.state("provisioner")["ExitCode"] == 0


UNCOMPILED = """
import os, sys, {module}
files = [getattr(each, "__cached__", None) for each in list(sys.modules.values())]
print([file for file in files if file and not os.path.exists(file)])
"""


@pytest.mark.parametrize(
    ("service", "module"), [("gateway", "esb_gateway.cli.serve"), ("provisioner", "esb_provisioner.cli")]
)
def test_what_a_service_imports_was_compiled_with_its_image(orders: Stack, service: str, module: str) -> None:
    """A container cannot write bytecode; compiling took half of the gateway's start."""
    image = docker("inspect", "--format", "{{.Config.Image}}", orders.containers()[service]).strip()

    assert docker("run", "--rm", "--entrypoint", "python", image, "-c", UNCOMPILED.format(module=module)) == "[]\n"


def running(stack: Stack) -> list[str]:
    return sorted(set(stack.containers()) - {"provisioner"})


def test_only_the_loopback_interface_is_published(orders: Stack) -> None:
    template = "{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}} {{end}}{{end}}"
    addresses = docker("inspect", "--format", template, *orders.containers().values()).split()

    assert set(addresses) == {"127.0.0.1"}


def test_the_generated_folder_runs_alone_elsewhere(new_stack: NewStack, tiny: Stack) -> None:
    """What is copied to another box is .esb/ alone; here it even runs beside the first."""
    tiny.up()
    other = new_stack(tiny.folder)
    shutil.rmtree(other.folder / "src")
    (other.folder / "template.yaml").unlink()

    other.up()

    assert (tiny.request("GET", "/hello").status, other.request("GET", "/hello").text) == (200, "hello")
    other.client("dynamodb").put_item(TableName="visitors", Item={"name": {"S": "ada"}})
    assert tiny.client("dynamodb").scan(TableName="visitors")["Count"] == 0


@pytest.mark.thorough
def test_images_are_carried_to_a_machine_without_a_network(new_stack: NewStack, tiny: Stack, tmp_path: Path) -> None:
    """Docker is given nothing to build from: an image that was not loaded would be an error."""
    assert tiny.compose("build").returncode == 0
    images = [name for name in tiny.compose("config", "--images").stdout.split() if name.startswith(tiny.project)]
    docker("save", "--output", str(tmp_path / "images.tar"), *images)
    docker("image", "rm", "--force", *images)
    there = replace(new_stack(tiny.folder), project=tiny.project)
    for folder in ("functions", "services", "runtime"):
        shutil.rmtree(there.folder / ".esb" / folder)

    docker("load", "--input", str(tmp_path / "images.tar"))
    there.up()

    assert there.request("GET", "/hello").text == "hello"


def test_settings_of_the_site_are_read_in_the_project_and_in_the_folder_itself(tiny: Stack) -> None:
    (tiny.folder / "esb.env").write_text("ESB_LOGS_BIND=192.0.2.1\nESB_AUTH=off\nESB_DRAIN_SECONDS=7\n")
    watch = ("-f", "compose.yaml", "-f", ".esb/docker-compose.watch.yml")
    carried = replace(tiny, folder=tiny.folder / ".esb")

    for stack, files in ((tiny, ()), (tiny, watch), (carried, ())):
        done = stack.compose(*files, "config", "--format", "json")
        assert done.returncode == 0, done.stderr
        services = json.loads(done.stdout)["services"]
        assert services["gateway"]["environment"]["ESB_AUTH"] == "off"
        assert services["gateway"]["environment"]["ESB_DRAIN_SECONDS"] == "7"
        assert services["victorialogs"]["ports"][0]["host_ip"] == "192.0.2.1"
        assert services["victorialogs"]["ports"][0]["published"] == str(tiny.ports["LOGS"])  # the shell wins

    document = json.loads(tiny.compose(*watch, "config", "--format", "json").stdout)
    (watched,) = document["services"]["hello"]["develop"]["watch"]
    assert Path(watched["path"]).resolve() == (tiny.folder / "src").resolve()
