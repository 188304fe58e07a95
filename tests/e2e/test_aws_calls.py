"""SDKs of Node.js and Python with exactly the environment that a build generates: no question and no byte for AWS.

The commands run in a network namespace with a DNS server of the test (aws_calls/namespace.py). Node's SDKs are
installed from npm once and kept in pytest's cache.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from esb_schemas.backends import AWS_DOMAINS

from .node_sdks import OLD_SDK, node_sdks

HERE = Path(__file__).parent / "aws_calls"
CLIENTS = (*re.findall(r'^  "?([a-z0-9-]+)"?: \[', (HERE / "calls.mjs").read_text(), re.MULTILINE), "s3")
RESULTS = ("node.json", "old_node.json", "python.json", "python.json.bare")
FILLED_IN = re.compile(r"\$\{(\w+)(:[-?][^}]*)?\}")


class Recording(NamedTuple):
    """What was called, which names were asked for, and which connections left the stack."""

    node: list[dict[str, Any]]
    old_node: list[dict[str, Any]]
    python: list[dict[str, Any]]
    bare: list[dict[str, Any]]
    asked: list[str]
    left: list[str]


@pytest.fixture(scope="module")
def sdks(pytestconfig: pytest.Config) -> Path:
    """A folder with the clients of Node's SDK, and with its version 2."""
    return node_sdks(pytestconfig, CLIENTS, [OLD_SDK])


@pytest.fixture(scope="module")
def recording(sdks: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    probe = subprocess.run(["unshare", "--net", "--mount", "ip", "link"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("this user may not make network namespaces (unshare --net --mount); run as root")
    folder = tmp_path_factory.mktemp("aws-calls")
    shutil.copytree(HERE.parent / "apps/aws_calls", folder / "app")
    command = [sys.executable, "-m", "esb_generator", "build"]
    subprocess.run(command, cwd=folder / "app", check=True, capture_output=True)
    stack = yaml.safe_load((folder / "app/.esb/docker-compose.services.yml").read_text())
    python, node = (environment_of(stack, name) for name in ("Python", "Node"))
    python["PYTHONPATH"] = str(folder / "app/.esb/runtime/python")
    node["NODE_OPTIONS"] = node["NODE_OPTIONS"].replace("/opt/esb", str(folder / "app/.esb/runtime"))
    old_node = {**node, "NODE_PATH": str(sdks / "node_modules")}
    plan = folder / "plan.json"
    plan.write_text(
        json.dumps(
            {
                "commands": [
                    {
                        "arguments": [shutil.which("node"), str(HERE / "calls.mjs")],
                        "environment": {**node, "SDKS": str(sdks), "RESULTS": str(folder / "node.json")},
                    },
                    {
                        "arguments": [shutil.which("node"), str(HERE / "old_calls.cjs")],
                        "environment": {**old_node, "RESULTS": str(folder / "old_node.json")},
                    },
                    {
                        "arguments": [sys.executable, str(HERE / "calls.py")],
                        "environment": {**python, "RESULTS": str(folder / "python.json")},
                    },
                ],
                "names": [*names_of(stack), "files.s3-storage"],
                "report": str(folder / "report.json"),
            }
        )
    )
    command = ["unshare", "--net", "--mount", sys.executable, str(HERE / "namespace.py"), str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    report = read(folder / "report.json")
    for name in RESULTS:
        assert (folder / name).is_file(), report["outputs"]
    node_calls, old_node_calls, python_calls, bare_calls = (read(folder / name) for name in RESULTS)
    return Recording(node_calls, old_node_calls, python_calls, bare_calls, report["asked"], report["left"])


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def environment_of(stack: dict[str, Any], service: str) -> dict[str, str]:
    """A function's variables, where Compose has filled in what `.env` has."""
    given: dict[str, str] = stack["services"][service]["environment"]

    def filled(text: str) -> str:
        return FILLED_IN.sub(lambda found: (found[2] or "")[2:] if (found[2] or "").startswith(":-") else "x", text)

    return {name: filled(str(value)) for name, value in given.items()}


def names_of(stack: dict[str, Any]) -> list[str]:
    aliases = stack["services"]["gateway"]["networks"]["runtime"]["aliases"]
    return [*stack["services"], *(each for each in aliases if "$" not in each)]


def test_no_name_of_aws_is_asked_for(recording: Recording) -> None:
    found = [name for name in recording.asked if name.endswith(AWS_DOMAINS)]

    assert "not-in-this-stack" in recording.asked  # the DNS server was used
    assert found == []


def test_no_connection_leaves_the_stack_nor_asks_for_the_machines_credentials(recording: Recording) -> None:
    assert recording.left == []


@pytest.mark.parametrize("language", ["node", "old_node", "python", "bare"])
def test_each_service_that_the_stack_lacks_is_an_error_of_the_service_and_is_tried_once(
    recording: Recording, language: str
) -> None:
    results: list[dict[str, Any]] = getattr(recording, language)
    plain = [each for each in results if each["kind"] in ("regional", "bare") and each["service"] != "s3"]

    assert len(plain) >= 20
    for each in plain:
        assert each["error"] == "NotInThisStack", each
        assert "this stack has no" in each["text"]
        assert (each["attempts"], each["status"]) in ((1, 400), (1, None)), each


def test_other_ways_to_name_a_host_fail_too(recording: Recording) -> None:
    """With FIPS or two stacks, SDKs may refuse the environment's address by themselves."""
    kinds = {"fips", "dual_stack", "global"}
    others = [each for each in recording.node + recording.old_node + recording.python if each["kind"] in kinds]

    assert len(others) >= 3 * 60
    assert [each for each in others if each["error"] is None] == []


def test_a_redirect_of_the_storage_is_not_followed_to_aws(recording: Recording) -> None:
    redirected = [each for each in recording.node + recording.old_node + recording.python if each["service"] == "s3"]

    assert len(redirected) == 6
    assert all(each["error"] for each in redirected)


def test_addresses_of_the_template_are_refused_with_the_service_and_those_of_its_own_api_are_answered(
    recording: Recording,
) -> None:
    addresses = [each for each in recording.node + recording.python if each["kind"].startswith(("ADDRESS_", "own_"))]
    sdk = [each for each in addresses if each["service"] == "sqs" and each["kind"] != "ADDRESS_bucket"]
    (own_api,) = (each for each in recording.node if each["kind"] == "OWN_API")

    assert len(sdk) >= 18
    assert {each["error"] for each in sdk} == {"NotInThisStack"}
    assert own_api["error"] is None


def test_code_that_names_a_host_of_aws_is_told_so_by_each_sdk(recording: Recording) -> None:
    own = [each for each in recording.node + recording.old_node if each["kind"].startswith("own_")]

    assert len(own) == 2 * 4
    assert {each["error"] for each in own} == {"NotInThisStack", "NetworkingError"}  # version 2 has its own code for it
    assert all("nothing is sent to AWS" in each["text"] for each in own)


def test_version_2_of_nodes_sdk_finds_the_servers_of_the_stack(recording: Recording) -> None:
    (found,) = (each["text"] for each in recording.old_node if each["kind"] == "endpoints")

    assert found == {
        "CloudWatchEvents": "http://not-in-this-stack:9002",
        "DynamoDB": "http://database:8000",
        "DynamoDBStreams": "http://database:8000",
        "Lambda": "http://gateway:8080",
        "S3": "http://s3-storage:9000",
    }
