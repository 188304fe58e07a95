"""The command without any server: files and usage that are refused, help, and documents that ask for nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.provisioner.command import provision

ENVIRON = {
    "DYNAMODB_ENDPOINT": "http://127.0.0.1:9",
    "S3_ENDPOINT": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "test-key",
    "AWS_SECRET_ACCESS_KEY": "not-to-be-seen",
}
BUCKET = {"S3": [{"BucketName": "media"}]}


def missing(_path: Path) -> None:
    """Leave the path without anything."""


def empty(path: Path) -> None:
    path.write_text("")


def malformed(path: Path) -> None:
    path.write_text("S3: [")


def folder(path: Path) -> None:
    path.mkdir()


def test_four_bad_files_give_four_sentences(tmp_path: Path) -> None:
    sentences = set()
    for make in (missing, empty, malformed, folder):
        path = tmp_path / make.__name__ / "resources.yml"
        path.parent.mkdir()
        make(path)
        done = provision(path, environ=ENVIRON)
        assert done.code == 1
        assert done.out == ""
        assert done.err.startswith(f"esb-provision: {path}: ")
        assert done.err.count("\n") == 1
        sentences.add(done.err.removeprefix(f"esb-provision: {path}: "))
    assert len(sentences) == 4


@pytest.mark.parametrize(
    ("text", "said"), [("S3: [{BucketNam: media}]", "BucketName"), ("Version: 0", "run `esb build` again")]
)
def test_a_file_that_breaks_its_contract(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "resources.yml"
    path.write_text(text)
    done = provision(path, environ=ENVIRON)
    assert done.code == 1
    assert said in done.err


@pytest.mark.parametrize("text", ["Version: 1\n", "DynamoDB: []\nS3: []\n"])
def test_a_file_without_resources_is_fine_and_needs_no_server(tmp_path: Path, text: str) -> None:
    path = tmp_path / "resources.yml"
    path.write_text(text)
    done = provision(path, environ={})
    assert (done.code, done.err) == (0, "")
    assert re.search(r"^nothing to do in \d+\.\d s$", done.out, re.MULTILINE)


def test_real_aws_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "resources.yml"
    path.write_text(json.dumps(BUCKET))
    done = provision(path, environ={key: value for key, value in ENVIRON.items() if key != "S3_ENDPOINT"})
    assert done.code == 2
    assert done.err == (
        "esb-provision: S3_ENDPOINT is not set, and ESB does not touch real AWS unless --allow-aws is given\n"
    )


@pytest.mark.parametrize("options", [["--wait", "soon"], ["--wait", "-1"], ["--pla"], ["a", "b"]])
def test_wrong_usage_exits_with_2_and_shows_the_usage(options: list[str]) -> None:
    done = provision(Path("resources.yml"), *options, environ=ENVIRON)
    assert done.code == 2
    assert "usage: esb-provision" in done.err


@pytest.mark.parametrize(
    "arguments", [["export"], ["import", "a", "b"], ["export", "a", "--overwrite"], ["import", "a", "--plan"]]
)
def test_wrong_usage_of_export_and_import(arguments: list[str]) -> None:
    done = provision(Path(arguments[0]), *arguments[1:], environ=ENVIRON)
    assert done.code == 2
    assert f"usage: esb-provision {arguments[0]}" in done.err


def test_completion_without_a_shell_shows_its_help() -> None:
    done = provision(Path("completion"), environ=ENVIRON)
    assert done.code == 2
    assert done.err == provision(Path("completion"), "--help", environ=ENVIRON).out


def test_help_has_the_exit_codes() -> None:
    done = provision(Path("resources.yml"), "--help", environ={})
    assert done.code == 0
    assert "3 drift" in done.out


def test_an_error_is_a_json_document_too(tmp_path: Path) -> None:
    done = provision(tmp_path / "none.yml", "--json", environ=ENVIRON)
    assert done.code == 1
    assert done.document["exit_code"] == 1
    assert done.document["error"] in done.err


@pytest.mark.server
def test_a_server_that_never_comes_exits_with_4(tmp_path: Path) -> None:
    path = tmp_path / "resources.yml"
    path.write_text(json.dumps(BUCKET))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound but not listening: refuses every connection
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        done = provision(path, "--wait", "1", environ=ENVIRON | {"S3_ENDPOINT": url})
    assert done.code == 4
    assert done.err.startswith(f"esb-provision: S3 at {url} did not answer within 1 s")
    assert "not-to-be-seen" not in done.out + done.err


@pytest.mark.server
def test_sigterm_ends_the_waiting(tmp_path: Path) -> None:
    path = tmp_path / "resources.yml"
    path.write_text(json.dumps(BUCKET))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        environ = os.environ | ENVIRON | {"S3_ENDPOINT": f"http://127.0.0.1:{closed.getsockname()[1]}"}
        with subprocess.Popen(
            [Path(sys.executable).parent / "esb-provision", path],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert next(line for line in process.stdout if line.startswith("waiting up to 120 s"))
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert err == "esb-provision: stopped by SIGTERM; run again to go on\n"
