"""`esb-gateway logs`: which log is read, and what is shown of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.cli import main
from esb_gateway.cli.logs import follow
from esb_gateway.client.gateway_client import NoServerError
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.folder.log_file import LogFile
from esb_gateway.log_reader.entry import LogEntry
from esb_gateway.telemetry.logs import timestamp
from tests.watching import refused_port


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built folder whose stack does not run."""
    (tmp_path / ".env").touch(0o600)
    (tmp_path / ".env").write_text("ESB_LOGS_PASSWORD=secret\n")
    monkeypatch.delenv("VICTORIALOGS_URL", raising=False)
    return tmp_path


def write(root: Path, message: str) -> None:
    now = timestamp(root.stat().st_mtime)
    entry = {"time": now, "level": "INFO", "type": "function", "function": "f", "request_id": "12ab34cd-0"}
    LogFile(root, pytest.fail).write(json.dumps({**entry, "message": message}) + "\n")


@pytest.mark.server
def test_without_a_stack_it_shows_the_log_of_embedded_mode(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, "hello")
    with refused_port() as port:
        monkeypatch.setenv("ESB_LOGS_PORT", str(port))
        assert main(["logs", "--root", str(root)]) == 0
        assert capsys.readouterr().out.split(" ", 1)[1] == "f 12ab34cd INFO hello\n"
        assert main(["logs", "--root", str(root), "--json", "f", "--request", "12ab"]) == 0
        assert json.loads(capsys.readouterr().out)["message"] == "hello"
        assert main(["logs", "--root", str(root), "g"]) == 0
        assert capsys.readouterr().err == "esb-gateway: no events of g since 10m; --since 1d looks further back\n"


@pytest.mark.server
def test_where_nothing_logged_is_one_sentence(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with refused_port() as port:
        monkeypatch.setenv("ESB_LOGS_PORT", str(port))
        assert main(["logs", "--root", str(root)]) == 1
        named = f"http://127.0.0.1:{port}"
        assert main(["logs", "--root", str(root), "--url", named]) == 1
    general, of_url = capsys.readouterr().err.splitlines()
    assert "embedded mode has written none here, and the stack's log server does not answer" in general
    assert f"{named}: no log server answers there" in of_url
    assert main(["logs", "--root", str(root), "--local"]) == 1
    assert "embedded mode has written no log here" in capsys.readouterr().err


def test_half_of_a_surrogate_pair_is_escaped(root: Path) -> None:
    write(root, "\ud800")
    command = [sys.executable, "-m", "esb_gateway", "logs", "--local", "--root", str(root), "--since", "999999d"]
    assert subprocess.run(command, capture_output=True, check=True).stdout.endswith(b" INFO \\ud800\n")
    printed = subprocess.run([*command, "--json"], capture_output=True, check=True).stdout
    assert json.loads(printed)["message"] == "\ud800"


def test_following_ends_when_its_reader_is_gone(root: Path) -> None:
    write(root, "hello")
    command = [sys.executable, "-m", "esb_gateway", "logs", "--local", "--root", str(root), "-f"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith(b"hello\n")
        process.stdout.close()
        write(root, "again")
        assert process.wait(60) == 1


@pytest.mark.parametrize(
    ("option", "value"), [("--since", "10"), ("--since", "-1m"), ("--request", "a b"), ("-n", "0")]
)
def test_what_cannot_be_meant_is_a_usage_error(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["logs", f"{option}={value}" if option.startswith("--") else f"{option}{value}"])
    assert stopped.value.code == 2
    assert value in capsys.readouterr().err


def test_following_waits_for_a_log_server_that_is_away() -> None:
    event = LogEntry("t", "INFO", "f", "", "hello")
    answers: list[Any] = [[], NoServerError("away"), [event], ConfigurationError("over")]

    class Tail:
        def new(self, limit: int) -> list[LogEntry]:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            events: list[LogEntry] = answer
            return events[:limit]

    written: list[list[LogEntry]] = []
    with pytest.raises(ConfigurationError, match="over"):
        follow(Tail(), written.append, lambda: None)
    assert written == [[event]]
