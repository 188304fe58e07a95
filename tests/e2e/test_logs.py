"""What is printed reaches VictoriaLogs, and a VictoriaLogs that is away holds nothing up."""

from __future__ import annotations

import base64
import json
import re
import secrets
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.terminal import shown

from .conftest import Stack, docker, wait_for


def test_a_printed_line_arrives_once_and_is_found_by_its_request(probe: Stack) -> None:
    word = f"word{secrets.token_hex(8)}"
    answer = probe.client("lambda").invoke(FunctionName="probe", Payload=f'{{"look_at": "print", "text": "{word}"}}')
    request = answer["ResponseMetadata"]["RequestId"]

    wait_for(lambda: probe.rows(word))

    (row,) = probe.rows(f'aws_request_id:"{request}" {word}')
    assert (row["container_name"], row["job"], row["_msg"]) == ("probe", "lambda", word)
    assert probe.rows(f'trace_id:"{row["trace_id"]}" {word}') == [row]


def test_a_traceback_is_readable_at_a_terminal_and_with_its_request(probe: Stack) -> None:
    """pyte is the terminal: awslambdaric joins the lines of an error with carriage returns."""
    word = f"word{secrets.token_hex(8)}"
    answer = probe.client("lambda").invoke(FunctionName="probe", Payload=json.dumps({"look_at": word}))
    request = answer["ResponseMetadata"]["RequestId"]

    lines = shown(wait_for(lambda: text if word in (text := probe.logs("probe")) else None))
    at = lines.index(f"[ERROR] ValueError: {word}")
    assert lines[at + 1] == "Traceback (most recent call last):"
    assert [line.strip()[:11] for line in lines[at + 2 : at + 4]] == ['File "/var/', "raise Value"]

    def events() -> list[str]:
        command = [sys.executable, "-m", "esb_gateway", "logs", "probe", "--request", request[:13]]
        done = subprocess.run(
            command, cwd=probe.folder, env=probe.environment(), capture_output=True, text=True, check=True
        )
        return [line.split(" ", 4)[4] for line in done.stdout.splitlines() if not line.startswith(" ")]

    found = wait_for(lambda: lines if len(lines := events()) == 5 else None)
    assert [line.split()[0] for line in found] == ["START", "[ERROR]", "END", "REPORT", "POST"]
    assert found[-1].startswith("POST /2015-03-31/functions/probe/invocations 200 ValueError (")


@pytest.mark.parametrize("function", ["shell", "custom", "script"])
def test_so_it_is_without_our_python_in_the_image(probe: Stack, function: str) -> None:
    word = f"word{secrets.token_hex(8)}"
    probe.invoke(function, {"say": word})

    (row,) = wait_for(lambda: probe.rows(word))

    assert (row["container_name"], row["job"], row["level"]) == (function, "lambda", "INFO")
    assert word in probe.logs(function)


@pytest.mark.parametrize("function", ["probe", "shell"])
def test_the_tail_of_a_log_has_what_was_printed_and_the_memory(probe: Stack, function: str) -> None:
    for _ in range(2):
        word = f"word{secrets.token_hex(8)}"
        event = {"look_at": "print", "text": word, "say": word}
        answer = probe.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event), LogType="Tail")
        start, *printed, end, report = base64.b64decode(answer["LogResult"]).decode().splitlines()

        assert (start[:6], end[:4], report[:7]) == ("START ", "END ", "REPORT ")
        assert [line for line in printed if "word" in line] == [line for line in printed if word in line] != []
        assert re.search(r"\tMax Memory Used: [1-9][0-9]* MB\t", report)


def test_the_provisioner_says_there_what_it_did(probe: Stack) -> None:
    rows = wait_for(lambda: probe.rows('container_name:"provisioner" create_table'))

    assert "table runs" in rows[0]["_msg"]


def test_the_published_port_of_the_logs_asks_for_a_password(probe: Stack) -> None:
    address = f"http://127.0.0.1:{probe.ports['LOGS']}/select/logsql/query?query=*&limit=1"
    wrong = {"Authorization": "Basic ZXNiOndyb25n"}
    for headers in ({}, wrong, {"Origin": "http://elsewhere.example"}, {"Host": "rebound.example"}):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30)
        with refused.value as answer:
            assert answer.code == 401
            assert "Access-Control-Allow-Origin" not in answer.headers
    assert "ESB_LOGS" not in docker("top", probe.containers()["victorialogs"])


def test_without_the_log_server_functions_answer_as_before(tiny: Stack) -> None:
    tiny.up()
    tiny.compose("stop", "--timeout", "1", "victorialogs")

    assert [tiny.request("GET", "/hello").text for _ in range(20)] == ["hello"] * 20
    assert tiny.compose("restart", "--timeout", "2", "hello").returncode == 0
    wait_for(lambda: tiny.request("GET", "/hello").text == "hello")
