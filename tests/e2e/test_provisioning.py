"""What happens before the gateway answers, and when it must not."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import yaml

from .conftest import Stack, wait_for


def test_without_its_tables_no_gateway_answers_and_the_reason_is_in_the_log(tiny: Stack) -> None:
    resources = tiny.folder / ".esb/config/resources.yml"
    good = resources.read_text()
    resources.write_text(good.replace("AttributeType: S", "AttributeType: Z"))

    failed = tiny.compose("up", "-d", "--wait")

    assert failed.returncode != 0
    assert tiny.state("gateway")["Status"] == "created"
    assert tiny.request("GET", "/hello").status == 0
    assert "AttributeType" in tiny.logs("provisioner")

    resources.write_text(good)
    tiny.up()
    assert tiny.request("GET", "/hello").text == "hello"


def test_a_missing_file_is_an_error_and_no_folder_takes_its_place(tiny: Stack) -> None:
    resources = tiny.folder / ".esb/config/resources.yml"
    resources.unlink()

    failed = tiny.compose("up", "-d")

    assert failed.returncode != 0
    assert "resources.yml" in failed.stderr
    assert not resources.exists()


def test_a_missing_folder_is_an_error_and_no_folder_takes_its_place(tiny: Stack) -> None:
    shutil.rmtree(tiny.folder / ".esb/config")

    failed = tiny.compose("up", "-d")

    assert failed.returncode != 0
    assert "config" in failed.stderr
    assert not (tiny.folder / ".esb/config").exists()


def test_a_database_that_is_slow_to_start_is_waited_for(tiny: Stack) -> None:
    """It is healthy when a file appears, as late as the test likes."""
    gate = {"services": {"database": {"healthcheck": {"test": ["CMD", "test", "-e", "/tmp/open"], "interval": "1s"}}}}
    override = tiny.folder / "compose.override.yaml"
    merged = yaml.safe_load(override.read_text()) if override.exists() else {"services": {"database": {}}}
    merged["services"]["database"].update(gate["services"]["database"])
    override.write_text(yaml.safe_dump(merged))

    with ThreadPoolExecutor() as pool:
        up = pool.submit(tiny.up)
        wait_for(lambda: "database" in tiny.containers() and tiny.state("database")["Status"] == "running")
        wait_for(lambda: len(tiny.state("database")["Health"]["Log"] or ()) >= 3)
        assert tiny.state("provisioner")["Status"] == "created"
        assert tiny.request("GET", "/hello").status == 0

        assert tiny.compose("exec", "-T", "database", "touch", "/tmp/open").returncode == 0
        up.result()

    assert tiny.request("GET", "/hello").text == "hello"
