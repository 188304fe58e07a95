"""What happens before the gateway answers, and when it must not."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import yaml

from esb_schemas.engines.table import DEFAULT_ENGINES

from .conftest import Stack, docker, wait_for


def test_without_its_tables_no_gateway_answers_and_the_reason_is_in_the_log(tiny: Stack) -> None:
    resources = tiny.folder / ".esb/config/resources.yml"
    good = resources.read_text()
    resources.write_text(good.replace("AttributeType: S", "AttributeType: Z"))

    failed = tiny.compose("up", "-d", "--wait")

    assert failed.returncode != 0
    assert tiny.state("hello")["Status"] == "created"
    assert tiny.request("GET", "/hello").status == 503
    wait_for(lambda: "AttributeType" in tiny.request("GET", "/_esb/ready").text)
    assert tiny.request("GET", "/_esb/ready").status == 503
    assert "AttributeType" in tiny.logs("provisioner")

    resources.write_text(good)
    tiny.up()
    assert tiny.request("GET", "/hello").text == "hello"


def test_a_missing_file_is_an_error_and_no_folder_takes_its_place(tiny: Stack) -> None:
    resources = tiny.folder / ".esb/config/resources.yml"
    resources.unlink()

    failed = tiny.compose("up", "-d")

    assert failed.returncode != 0
    assert "resources.yml" in tiny.logs("provisioner")
    assert not resources.exists()


def test_a_missing_folder_is_an_error_and_no_folder_takes_its_place(tiny: Stack) -> None:
    shutil.rmtree(tiny.folder / ".esb/config")

    failed = tiny.compose("up", "-d")

    assert failed.returncode != 0
    assert "config" in failed.stderr
    assert not (tiny.folder / ".esb/config").exists()


def test_a_database_that_is_slow_to_start_is_waited_for(tiny: Stack) -> None:
    """Its health check asks a server of another name, which starts as late as the test likes."""
    image = DEFAULT_ENGINES[0].image
    asks = ["CMD", "/usr/local/bin/dynoxide", "healthcheck", "--host", "late"]
    override = tiny.folder / "compose.override.yaml"
    merged = yaml.safe_load(override.read_text()) if override.exists() else {"services": {}}
    merged["services"]["database"] = {"healthcheck": {"test": asks, "interval": "1s"}}
    override.write_text(yaml.safe_dump(merged))

    with ThreadPoolExecutor() as pool:
        up = pool.submit(tiny.up)
        wait_for(lambda: "database" in tiny.containers() and tiny.state("database")["Status"] == "running")
        wait_for(lambda: len(tiny.state("database")["Health"]["Log"] or ()) >= 3)
        assert tiny.state("provisioner")["Status"] == "created"
        assert tiny.request("GET", "/hello").status in (0, 503)

        network = ("--network", f"{tiny.project}_default", "--network-alias", "late")
        late = docker("run", "--detach", "--rm", *network, image, "serve", "--host", "0.0.0.0").strip()
        try:
            up.result()
        finally:
            docker("rm", "--force", late)

    assert tiny.request("GET", "/hello").text == "hello"
