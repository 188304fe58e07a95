"""What a run leaves for the gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_provisioner.report import Report, Result, State
from esb_provisioner.run_record import RunRecord
from esb_provisioner.steps import Resource
from esb_schemas.agreements.provisioned import SERVERS_VARIABLE, VARIABLE, Provisioned, read_record, resources_digest

GOOD = Report()
BAD = Report((Result(Resource("table", "Orders"), State.FAILED, ("no",)),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "resources.yml").write_text("Version: 1\n")
    return tmp_path


def run(folder: Path, report: Report | None) -> Provisioned:
    """A run that ends with this report; None: with an error."""
    environ = {VARIABLE: str(folder / "record.json"), SERVERS_VARIABLE: "database-dynoxide"}
    record = RunRecord.of(environ, folder)
    if report is None:
        record.failed("database did not answer", print)
    else:
        record.write(report, print)
    left = read_record(folder / "record.json")
    assert left is not None
    return left


def test_a_run_that_failed_nowhere_has_provisioned_its_resources(folder: Path) -> None:
    assert run(folder, GOOD).resources == resources_digest(folder, "database-dynoxide")


@pytest.mark.parametrize("report", [BAD, None], ids=["a resource", "all of it"])
def test_a_run_that_failed_keeps_what_was_provisioned_before(folder: Path, report: Report | None) -> None:
    assert run(folder, report).resources == ""

    before = run(folder, GOOD).resources
    (folder / "resources.yml").write_text("Version: 1\nDynamoDB: []\n")

    failed = run(folder, report)
    assert failed.resources == before != resources_digest(folder, "database-dynoxide")
    assert failed.failed
