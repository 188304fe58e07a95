"""What a function sees of the stack, and how others reach it."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from .conftest import Stack, docker, wait_for

VALUES = {
    "QUOTES": "\"double\" 'single' `back` \\",
    "DOLLARS": "$HOME ${HOME} $$ ${ESB_ACCESS_KEY_ID:-none}",
    "LINES": "first\nsecond\r\n\ttabbed\n",
    "SIGNS": "é 漢 🚀 \u2028 \u0085 # : {} - %",
    "EMPTY": "",
}


def test_values_of_the_environment_arrive_unchanged(probe: Stack) -> None:
    assert probe.invoke("probe", {"look_at": "environment", "names": list(VALUES)}) == VALUES


def test_the_environment_is_that_of_lambda(probe: Stack) -> None:
    expected = {
        "AWS_LAMBDA_FUNCTION_NAME": "probe",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_SESSION_TOKEN": None,  # the storage refuses every call with one
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "HOME": None,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }

    assert probe.invoke("probe", {"look_at": "environment", "names": list(expected)}) == expected


def test_a_function_knows_no_secret_but_the_credentials(probe: Stack) -> None:
    assert probe.invoke("probe", {"look_at": "environment", "names": ["ESB_RUNTIME_SECRET"]}) == {
        "ESB_RUNTIME_SECRET": None
    }


def test_a_function_can_write_nowhere_but_in_tmp_and_has_no_privilege(probe: Stack) -> None:
    seen: dict[str, Any] = probe.invoke("probe", {"look_at": "surroundings"})

    assert seen["writable"] == ["/tmp"]
    assert seen["tmp_bytes"] == 1024 * 1024 * 1024
    assert seen["user"] != 0
    assert (int(seen["capabilities"], 16), seen["no_new_privileges"]) == (0, "1")


def test_what_requirements_txt_names_is_installed(probe: Stack) -> None:
    assert probe.invoke("probe", {"look_at": "dependency"}) == "xn--tda.example"


def test_a_runtime_of_ones_own_runs_and_reaches_a_bucket_by_its_host(probe: Stack) -> None:
    seen = probe.invoke("shell", {"text": "é"})

    assert (seen["handler"], seen["event"]) == ("any.thing", {"text": "é"})
    assert seen["bucket"] in {200, 403}
    assert seen["nowhere"] == 400


def test_javascript_runs_and_reaches_a_bucket_by_its_host(probe: Stack) -> None:
    seen = probe.invoke("script", {"say": "é"})

    assert (seen["event"], seen["language"]) == ({"say": "é"}, "node")
    assert seen["bucket"] in {200, 403}


def test_an_image_of_ones_own_runs(probe: Stack) -> None:
    assert probe.invoke("custom", {"a": 1}) == {"greeting": "it's $5", "event": {"a": 1}}
    entrypoint = docker("inspect", "--format", "{{json .Config.Entrypoint}}", probe.containers()["custom"])
    assert json.loads(entrypoint) == ["/opt/esb/supervisor", "/lambda-entrypoint.sh"]


def test_nodejs_in_an_image_of_its_own_is_kept_from_aws_and_keeps_the_images_options(probe: Stack) -> None:
    assert probe.invoke("own-script", {}) == {
        "options": "--require /opt/esb/node/aws_guard.cjs --enable-source-maps",
        "code": "NotInThisStack",
    }


def test_objects_are_stored_read_and_listed(probe: Stack) -> None:
    seen = probe.invoke("probe", {"look_at": "files", "key": "notes/one.txt", "text": "héllo"})

    assert seen == {"text": "héllo", "keys": ["notes/one.txt"]}


def test_a_bucket_is_found_by_a_host_of_its_own(probe: Stack) -> None:
    seen = probe.invoke("probe", {"look_at": "bucket's own host", "key": "notes/three.txt"})

    assert seen == {"host": "files.s3-storage:9000", "text": "there"}


def test_a_presigned_url_can_be_used_outside(probe: Stack) -> None:
    probe.invoke("probe", {"look_at": "files", "key": "notes/two.txt", "text": "for you"})

    url = probe.invoke("probe", {"look_at": "presigned", "key": "notes/two.txt"})

    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.read() == b"for you"


def test_a_service_that_the_stack_lacks_is_refused_at_once_and_by_name(probe: Stack) -> None:
    assert "this stack has no sqs" in probe.invoke("probe", {"look_at": "another service"})


def test_the_lifecycle_of_a_bucket_can_be_read_back(probe: Stack) -> None:
    (rule,) = probe.client("s3").get_bucket_lifecycle_configuration(Bucket="files")["Rules"]

    assert (rule["ID"], rule["Expiration"]["Days"]) == ("short-lived", 3)


def test_a_function_calls_another_and_gets_its_answer(probe: Stack) -> None:
    call = {"look_at": "function", "name": "worker", "type": "RequestResponse", "payload": {"id": "called"}}

    assert probe.invoke("probe", call) == {"status": 200, "answer": {"id": "called"}}
    assert probe.runs("called") == (1, 1)


def test_a_function_leaves_work_to_another(probe: Stack) -> None:
    call = {"look_at": "function", "name": "worker", "type": "Event", "payload": {"id": "left"}}

    assert probe.invoke("probe", call) == {"status": 202, "answer": None}
    wait_for(lambda: probe.runs("left") == (1, 1))


def test_a_caller_without_the_credentials_is_refused(probe: Stack) -> None:
    answer = probe.request("POST", "/2015-03-31/functions/probe/invocations", {})

    assert answer.status == 403


@pytest.mark.parametrize("name", ["nobody"])
def test_a_function_that_does_not_exist_is_said_so(probe: Stack, name: str) -> None:
    client = probe.client("lambda")

    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName=name)
