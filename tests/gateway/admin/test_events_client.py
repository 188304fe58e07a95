"""`esb-gateway events` and `/_esb/events` of a running gateway."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.admin.events_api import InvalidQuery, parse_filter
from esb_gateway.admin.events_client import table
from esb_gateway.cli import main
from tests.gateway.async_invoke.killable_gateway import KEYS, KillableGateway, lines, signed
from tests.watching import until

NOW = 1_700_000_000.0


class Command:
    """The command, as a person beside the stack's folder calls it."""

    def __init__(self, host: KillableGateway, folder: Path) -> None:
        self.host = host
        self.root = folder / "stack"
        self.root.mkdir()
        secrets = f"AWS_ACCESS_KEY_ID={KEYS[0]}\nAWS_SECRET_ACCESS_KEY={KEYS[1]}\n"
        (self.root / "secrets.env").write_text(secrets)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        where = ("--root", str(self.root), "--url", f"http://127.0.0.1:{self.host.port}")
        return subprocess.run(
            [sys.executable, "-m", "esb_gateway", "events", *arguments, *where],
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        done = self(*arguments, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    def failed(self) -> list[str]:
        return [event["id"] for event in self.json("list", "--state", "failed")["events"]]


@pytest.fixture
def command(host: KillableGateway, tmp_path: Path) -> Command:
    return Command(host, tmp_path)


def invoke(client: Any, function: str, event: Any) -> str:
    answer = client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    return str(answer["ResponseMetadata"]["RequestId"])


@pytest.mark.server
def test_list_show_retry_and_drop(command: Command, client: Any, tmp_path: Path) -> None:
    file = tmp_path / "notes"
    assert command("list").stdout == "0 queued, 0 failed; none shown\n"
    first, second = (invoke(client, "lonely", {"file": str(file), "n": number}) for number in (1, 2))
    until(lambda: len(command.failed()) == 2)

    listed = command("list", "--function", "lonely")
    assert listed.returncode == 0
    assert listed.stdout.splitlines()[0].split() == ["ID", "FUNCTION", "STATE", "AGE", "ATTEMPTS", "WHAT"]
    assert listed.stdout.splitlines()[1].split()[1:3] == ["lonely", "failed"]
    assert listed.stdout.splitlines()[1].endswith("1         RetriesExhausted")
    assert listed.stdout.splitlines()[-1] == "0 queued, 2 failed; 2 shown"
    assert command("list", "--function", "other").stdout == "0 queued, 2 failed; none shown\n"

    shown = command.json("show", first)
    assert (shown["id"], shown["state"], shown["condition"], shown["attempts"]) == (
        first,
        "failed",
        "RetriesExhausted",
        1,
    )
    assert shown["payload"] == {"file": str(file), "n": 1}
    assert shown["response"]["errorMessage"] == "this is no good"

    assert command("retry", first).stdout == "1 to run\n"
    until(lambda: len(lines(file)) == 3)
    until(lambda: sorted(command.failed()) == sorted([first, second]))

    partly = command("drop", first, "nobody")
    assert (partly.returncode, partly.stdout) == (3, "1 dropped\n")
    assert partly.stderr == "esb-gateway: nobody: no such event; it has ended, or was dropped.\n"
    assert command.json("drop", second) == {"done": [second], "missing": []}
    assert command("show", first).returncode == 3
    assert command("list").stdout == "0 queued, 0 failed; none shown\n"


@pytest.mark.server
def test_what_runs_and_what_waits(command: Command, client: Any, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    running, waiting = (invoke(client, "wait", {"file": str(gate)}) for _ in range(2))
    until(lambda: command.json("show", running)["state"] == "running")
    assert [(event["id"], event["state"]) for event in command.json("list")["events"]] == [
        (running, "running"),
        (waiting, "queued"),
    ]
    assert command("drop", waiting).returncode == 0
    gate.write_text("open")
    until(lambda: command.json("list")["queued"] == 0)
    assert lines(gate) == ["open", "through"], "what was dropped did not run"


@pytest.mark.server
def test_nobody_is_told_without_a_signature(host: KillableGateway) -> None:
    def ask(method: str, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=10)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        answer = response.status, json.loads(response.read())
        connection.close()
        return answer

    for method, path in (
        ("GET", "/_esb/events"),
        ("GET", "/_esb/events/x"),
        ("POST", "/_esb/events/x/retry"),
        ("DELETE", "/_esb/events/x"),
    ):
        url = f"http://127.0.0.1:{host.port}{path}"
        assert ask(method, path, {}) == (403, {"message": "Missing Authentication Token"})
        assert ask(method, path, signed(method, url))[0] == (200 if path == "/_esb/events" else 404)
    query = urllib.parse.urlencode({"limit": "0"})
    path = f"/_esb/events?{query}"
    assert ask("GET", path, signed("GET", f"http://127.0.0.1:{host.port}{path}")) == (
        400,
        {"message": "limit=0: must be a whole number from 1 to 10000."},
    )


@pytest.mark.parametrize("query", ["limit=x", "limit=10001", f"limit={'9' * 5000}", "state=running", "size=1"])
def test_an_invalid_query(query: str) -> None:
    with pytest.raises(InvalidQuery):
        parse_filter(query)


@pytest.mark.server
def test_no_gateway_is_one_sentence(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(command.root.parent)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    url = f"http://127.0.0.1:{command.host.port}"
    assert main(["events", "list", "--url", url]) == 1
    assert "403 The security token included in the request is invalid." in capsys.readouterr().err
    assert main(["events", "list", "--url", "http://127.0.0.1:9"]) == 1
    assert capsys.readouterr().err.startswith("esb-gateway: http://127.0.0.1:9: no gateway answers there")
    assert main(["events", "list", "--root", "nowhere"]) == 1
    assert "nowhere/secrets.env: cannot be read" in capsys.readouterr().err


def test_the_table() -> None:
    common = {"function": "work", "accepted": "2023-11-14T22:13:20.000Z"}
    found = {
        "queued": 7,
        "failed": 1,
        "events": [
            {
                **common,
                "id": "a",
                "state": "failed",
                "attempts": 3,
                "condition": "Success",
                "targets": ["arn:aws:sqs:x"],
            },
            {**common, "id": "bb", "state": "queued", "attempts": 1, "due": "2023-11-15T00:13:20.000Z"},
            {**common, "id": "c", "state": "running", "attempts": 0, "due": "2023-11-14T22:13:20.000Z"},
        ],
    }
    assert table(found, NOW + 300) == (
        "ID  FUNCTION  STATE    AGE  ATTEMPTS  WHAT\n"
        "a   work      failed   5m   3         Success for arn:aws:sqs:x\n"
        "bb  work      queued   5m   1         runs in 115m\n"
        "c   work      running  5m   0\n"
        "7 queued, 1 failed; 3 shown"
    )
