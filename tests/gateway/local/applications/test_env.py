"""`esb-gateway env`: what a shell, an SDK and another command of ours make of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.gateway.local.local_gateway import KEYS, LocalGateway
from tests.watching import refused_port

pytestmark = pytest.mark.server

OF_THE_USER = {
    "AWS_PROFILE": "of-the-user",
    "AWS_SESSION_TOKEN": "of-the-user",
    "AWS_ENDPOINT_URL_S3": "http://192.0.2.1",
}
USE = """
import boto3
print(boto3.client("dynamodb").list_tables()["TableNames"], boto3.client("s3").list_buckets()["Buckets"][0]["Name"])
print(boto3.client("lambda").invoke(FunctionName="echo", Payload="[1]")["Payload"].read())
try:
    boto3.client("kms").list_keys()
except Exception as error:
    print(error.response["Error"]["Code"])
"""


def env(
    root: Path, *arguments: str, variables: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "esb_gateway", "env", "--root", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **variables})


def test_a_shell_reaches_all_of_embedded_mode(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    url = start(by_hand).ready().addresses["ready"]
    shell = f"""
        eval "$({sys.executable} -m esb_gateway env --root {by_hand} --url {url})"
        {sys.executable} -c "$USE"
        {sys.executable} -m esb_gateway invoke echo --root {by_hand}
        {sys.executable} -m esb_provisioner {by_hand}/config/resources.yml --plan
    """
    environment = {**os.environ, **OF_THE_USER, "USE": USE}
    done = subprocess.run(["sh", "-euc", shell], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:4] == ["['things'] files", "b'[1]'", "NotInThisStack", "{}"]
    assert "nothing to do" in done.stdout + done.stderr, done


def test_the_other_commands_find_a_gateway_at_any_port(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    gateway = start(by_hand).ready()
    url = gateway.addresses["ready"]
    environment = {name: value for name, value in os.environ.items() if name != "ESB_GATEWAY_URL"}

    def told(*words: str) -> str:
        command = [sys.executable, "-m", "esb_gateway", *words, "--root", str(by_hand)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert json.loads(told("env", "--json"))["ESB_GATEWAY_URL"] == url
    assert told("invoke", "echo") == "{}\n"
    assert json.loads(told("events", "list", "--json"))["events"] == []
    assert "echo" in told("logs", "--json")
    gateway.end()
    assert not (by_hand / "local/gateway.url").exists()


def test_a_gateway_of_another_stack_is_refused(shop: LocalGateway, tmp_path: Path) -> None:
    url = shop.addresses["ready"]
    (tmp_path / "secrets.env").touch(0o600)
    (tmp_path / "secrets.env").write_text("AWS_ACCESS_KEY_ID=OTHER\nAWS_SECRET_ACCESS_KEY=other\n")
    foreign = env(tmp_path, "--url", url)
    assert (foreign.returncode, foreign.stdout) == (1, "")
    assert foreign.stderr.startswith(f"esb-gateway: {url}: the gateway there is of another stack, or has other secrets")


def test_without_a_gateway_it_is_the_stack_of_compose(by_hand: Path) -> None:
    (by_hand.parent / "esb.env").write_text("ESB_DATABASE_PORT=18000\n")
    (by_hand.parent / ".env").write_text("ESB_S3_PORT=1\n")
    with refused_port() as port:
        variables = {"ESB_GATEWAY_PORT": str(port), "ESB_S3_PORT": "19000", "ESB_GATEWAY_URL": "http://192.0.2.1"}
        done = env(by_hand, "--json", variables=variables)
    assert done.returncode == 0
    assert done.stderr == (
        f"no gateway answers at http://127.0.0.1:{port} (--url names another); "
        "these are the addresses of docker compose\n"
    )
    found = json.loads(done.stdout)
    assert {name: found[name] for name in KEYS} == KEYS
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-east-1"
    assert found["ESB_GATEWAY_URL"] == found["AWS_ENDPOINT_URL_LAMBDA"] == f"http://127.0.0.1:{port}"
    assert found["DYNAMODB_ENDPOINT"] == "http://127.0.0.1:18000"
    assert found["S3_ENDPOINT"] == "http://127.0.0.1:19000"


def test_a_server_that_is_no_gateway_is_named(shop: LocalGateway) -> None:
    other = shop.addresses["s3"]
    done = env(shop.root, "--url", other)
    assert done.returncode == 1
    assert f"{other}: the server at this URL is not an ESB gateway" in done.stderr
