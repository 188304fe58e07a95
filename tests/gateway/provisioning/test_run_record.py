"""What a gateway makes of the record that the provisioner leaves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.admin.readiness import Readiness
from esb_gateway.provisioning.run_record import RESTART, ProvisionerRecord
from esb_schemas.agreements.provisioned import (
    CONFIGURATION_FILES,
    Difference,
    Provisioned,
    digest,
    folder_id,
    write_record,
)

DRIFT = Difference("table Orders", "KeySchema: the server has id, the file has at; give it another name")


class Fixture:
    """A folder with a configuration, a record, and what the gateway did about it."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config"
        self.config.mkdir()
        for name in CONFIGURATION_FILES:
            (self.config / name).write_text("{}")
        self.path = folder / "record.json"
        self.readiness = Readiness()
        self.lines: list[tuple[str, str]] = []
        self.restarts: list[None] = []
        self.record = ProvisionerRecord(
            self.path, self.config, self.readiness, self._log, lambda: self.restarts.append(None)
        )

    def _log(self, line_type: str, level: str, fields: dict[str, Any]) -> None:
        assert line_type == "gateway"
        self.lines.append((level, fields["message"]))

    def write(self, *drift: Difference, configuration: str | None = None, failed: tuple[str, ...] = ()) -> None:
        known = digest(self.config) if configuration is None else configuration
        write_record(self.path, Provisioned(known, drift, failed, folder_id(self.config)))

    def run(self, *drift: Difference, configuration: str | None = None, failed: tuple[str, ...] = ()) -> None:
        """A run of the provisioner while the gateway serves."""
        self.write(*drift, configuration=configuration, failed=failed)
        self.record.refresh()

    def run_elsewhere(self, folder: Path) -> None:
        """A run with equal files of another folder."""
        write_record(self.path, Provisioned(digest(folder), folder=folder_id(folder)))
        self.record.refresh()


@pytest.fixture
def here(tmp_path: Path) -> Fixture:
    return Fixture(tmp_path)


def test_without_a_run_nothing_is_known(here: Fixture) -> None:
    here.record.read()
    here.record.refresh()
    assert (here.readiness, here.lines, here.restarts) == (Readiness(), [], [])


def test_drift_is_named_logged_once_and_gone_when_it_is_resolved(here: Fixture) -> None:
    here.write(DRIFT)
    here.record.read()
    here.run(DRIFT)
    here.run(DRIFT)
    assert here.readiness.drift == (DRIFT,)
    assert here.readiness.drifted() == {"table Orders"}
    assert here.lines == [("WARN", f"drift: table Orders: {DRIFT.text}")]
    here.run()
    assert not here.readiness.drifted()
    assert here.restarts == []


def test_a_run_with_another_configuration_restarts_the_gateway_once(here: Fixture) -> None:
    here.write()
    here.record.read()
    here.run(configuration="another")
    here.run(configuration="a third")
    assert here.restarts == [None]
    assert here.readiness.waiting_for == {RESTART}


def test_equal_files_in_another_folder_restart_the_gateway(here: Fixture, tmp_path: Path) -> None:
    """A build in place would change the files of that folder, and this gateway would not see it."""
    here.write()
    here.record.read()
    here.run()
    assert here.restarts == []

    here.run_elsewhere(shutil.copytree(here.config, tmp_path / "delivered"))
    assert here.restarts == [None]
    assert here.readiness.waiting_for == {RESTART}


def test_a_provisioner_that_has_resources_alone_restarts_nothing(here: Fixture, tmp_path: Path) -> None:
    """As in a swarm, where each file is a mount of its own, and a folder is that of the container."""
    here.record.read()
    here.run_elsewhere(shutil.copytree(here.config, tmp_path / "own", ignore=lambda *_: ["routing.yml"]))
    assert here.restarts == []


def test_a_build_between_two_starts_restarts_nothing(here: Fixture) -> None:
    here.write(configuration="of the last run")
    here.record.read()
    here.record.refresh()
    assert here.restarts == []


def test_a_run_that_failed_restarts_nothing_and_is_named(here: Fixture) -> None:
    here.record.read()
    here.run(configuration="another", failed=("table Orders: no",))
    assert here.readiness.not_provisioned == ("table Orders: no",)
    assert here.lines == [("ERROR", "not provisioned: table Orders: no")]
    assert here.restarts == []


def test_a_folder_that_is_gone_is_another_one(here: Fixture) -> None:
    here.write()
    here.record.read()
    known = digest(here.config)
    for name in CONFIGURATION_FILES:
        (here.config / name).unlink()
    here.run(DRIFT, configuration=known)
    assert here.restarts == [None]


@pytest.mark.parametrize("text", ["", "{}"])
def test_a_file_that_is_no_record_is_ignored(here: Fixture, text: str) -> None:
    here.write(DRIFT)
    here.record.read()
    here.path.write_text(text)
    here.record.refresh()
    assert here.readiness.drift == (DRIFT,)
    assert here.restarts == []
