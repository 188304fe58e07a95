"""`esb-gateway schedules`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from esb_gateway.cli import main


@pytest.fixture
def scheduled(config: Path) -> Path:
    """A folder with a schedule that has two firings left, one that has none, and one that is off."""
    events = (
        "{type: ScheduleV2, name: Shift, schedule: cron(0 6 1 1 ? 2190-2191), timezone: Europe/Berlin}",
        "{type: Schedule, name: Past, schedule: cron(0 0 1 1 ? 2020)}",
        "{type: Schedule, name: 'Off', schedule: rate(1 day), enabled: false}",
    )
    function = f"{{handler: app.handler, runtime: python3.12, events: [{', '.join(events)}]}}"
    (config / "functions.yml").write_text(f"functions: {{hello: {function}}}\n")
    return config


def test_the_next_firings_are_printed(scheduled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedules", "--config", str(scheduled)]) == 0
    assert capsys.readouterr().out == (
        "hello/Shift: cron(0 6 1 1 ? 2190-2191), Europe/Berlin\n"
        "  2190-01-01 06:00:00 CET\n"
        "  2191-01-01 06:00:00 CET\n"
        "hello/Past: cron(0 0 1 1 ? 2020), UTC\n"
        "  never again\n"
        "hello/Off: rate(1 day), UTC, disabled\n"
    )


def test_the_next_firings_as_json(scheduled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedules", "--config", str(scheduled), "--count", "1", "--json"]) == 0
    shift, past, off = json.loads(capsys.readouterr().out)["schedules"]
    assert shift["next"] == ["2190-01-01T05:00:00Z"]
    assert past["next"] == off["next"] == []


def test_who_reads_no_further_is_told_nothing(scheduled: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "esb_gateway", "schedules", "--config", str(scheduled)]
    with os.fdopen(write, "w") as nobody:
        done = subprocess.run(command, stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_folder_without_schedules_and_one_that_is_none(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedules", "--config", str(config)]) == 0
    assert capsys.readouterr().out == "there are no schedules\n"
    assert main(["schedules", "--config", str(config / "nowhere")]) == 1
    assert "run `esb build`" in capsys.readouterr().err


def test_an_empty_variable_is_one_that_is_not_set(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project/.esb").mkdir(parents=True)
    (tmp_path / "project/.esb/config").symlink_to(config)
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("ESB_CONFIG_DIR", "")
    assert main(["schedules"]) == 0
    assert capsys.readouterr().out == "there are no schedules\n"
