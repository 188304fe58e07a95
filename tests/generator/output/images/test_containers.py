"""The containers of functions."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from esb_generator.model import Application, ImageCode
from esb_generator.output.images.build_stages import BuildInputs
from esb_generator.output.images.containers import ImageFacts, token_variable
from esb_generator.output.images.dockerfile_reader import Entrypoint
from esb_schemas import contract
from tests.generator.output.stacks import HELLO, changed, function, stack, stack_text


def test_only_a_custom_runtime_gets_its_handler_from_the_stack() -> None:
    custom = stack(function("provided.al2023", "hello.run"))["services"]["f"]

    assert custom["environment"]["_HANDLER"] == "hello.run"
    assert "_HANDLER" not in stack(HELLO)["services"]["say-hello"]["environment"]


def test_what_functions_share_lies_in_one_place_for_all_of_them() -> None:
    assert stack(HELLO)["services"]["say-hello"]["build"] == {
        "context": "functions/say-hello",
        "additional_contexts": {"esb-runtime": "./runtime"},
    }


def test_a_function_names_itself_by_a_host_that_proves_which_function_it_is() -> None:
    environment = stack(HELLO)["services"]["say-hello"]["environment"]

    assert environment["AWS_LAMBDA_RUNTIME_API"] == "say-hello-${ESB_TOKEN_say_1hello:?run esb build again}.esb:9001"
    assert environment["ESB_GATEWAY"] == "runtime.esb:9001"


def test_names_that_differ_have_tokens_that_differ() -> None:
    names = ["a-b", "a_b", "a__b", "a_1b", "a-1b", "ab"]

    assert len({token_variable(name) for name in names}) == len(names)


def test_a_variable_reaches_the_function_as_it_is() -> None:
    """Compose takes two dollars for one, and interpolates nothing else."""
    assert stack(HELLO)["services"]["say-hello"]["environment"]["GREETING"] == 'a "b" $$c $${D} é\n'


@pytest.mark.parametrize("value", ["\u2028a\u0085b\x7f\ufeff", "😀 ü", " : # ", "\t\r\n", ""])
def test_what_yaml_would_read_otherwise_is_kept(value: str) -> None:
    service = stack(changed(HELLO, environment={"GREETING": value}))["services"]["say-hello"]

    assert service["environment"]["GREETING"] == value


def test_a_function_cannot_replace_what_lambda_reserves() -> None:
    forged = changed(HELLO, environment={"AWS_LAMBDA_FUNCTION_NAME": "other", "AWS_REGION": "mars-north-1"})
    environment = stack(forged)["services"]["say-hello"]["environment"]

    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "say-hello"
    assert environment["AWS_REGION"] == "eu-central-1"


def test_what_is_filled_in_cannot_be_replaced_and_stands_once() -> None:
    forged = {"AWS_ACCESS_KEY_ID": "mine", "AWS_LAMBDA_RUNTIME_API": "elsewhere", "ESB_LOG_PIPE": "1:2"}
    environment = stack(changed(HELLO, environment=forged))["services"]["say-hello"]["environment"]

    assert environment["AWS_ACCESS_KEY_ID"].startswith("${ESB_ACCESS_KEY_ID")
    assert environment["AWS_LAMBDA_RUNTIME_API"].endswith(".esb:9001")
    assert "ESB_LOG_PIPE" not in environment


def test_an_address_that_the_template_names_is_kept() -> None:
    own = {"S3_ENDPOINT": "http://other:1", "S3_PRESIGN_ENDPOINT": "https://files.example"}
    environment = stack(changed(HELLO, environment=own))["services"]["say-hello"]["environment"]

    assert {name: environment[name] for name in own} == own


def test_python_finds_the_runtime_files_before_anything_else() -> None:
    given = stack(changed(HELLO, environment={"PYTHONPATH": "/var/task/lib"}))["services"]["say-hello"]["environment"]
    node = stack(function("nodejs22.x"))["services"]["f"]["environment"]

    assert stack(HELLO)["services"]["say-hello"]["environment"]["PYTHONPATH"] == (
        "/opt/esb/python:/opt/python/lib/python3.12/site-packages:/opt/python:/var/runtime"
    )
    assert given["PYTHONPATH"] == "/opt/esb/python:/var/task/lib"
    assert "PYTHONPATH" not in node


def test_node_loads_the_guard_before_what_the_template_says() -> None:
    node = function("nodejs22.x")
    said = changed(node, environment={"NODE_OPTIONS": "--enable-source-maps"})._replace(name="said")
    secret = changed(node)._replace(name="secret", secrets={"NODE_OPTIONS": "--enable-source-maps"})
    image = node._replace(name="image", code=ImageCode(context="app"))
    services = stack(node, said, secret, image)["services"]

    guard = "--require /opt/esb/node/aws_guard.cjs"
    assert services["f"]["environment"]["NODE_OPTIONS"] == guard
    assert services["said"]["environment"]["NODE_OPTIONS"] == f"{guard} --enable-source-maps"
    assert services["secret"]["environment"]["NODE_OPTIONS"].startswith(f"{guard} ${{")
    assert "NODE_OPTIONS" not in services["image"]["environment"]


def test_lines_are_shipped_by_python_itself_and_else_by_the_supervisor() -> None:
    image = HELLO._replace(name="image", code=ImageCode(context="app"))
    services = stack(HELLO, function("nodejs22.x")._replace(name="node"), image)["services"]

    assert {name: "ESB_SHIP_LOGS" in services[name]["environment"] for name in ("say-hello", "node", "image")} == {
        "say-hello": False,
        "node": True,
        "image": False,
    }


@pytest.mark.parametrize("runtime", ["nodejs22.x", "python3.12", "provided.al2023"])
def test_an_sdk_finds_no_way_to_aws_unless_it_is_told_one(runtime: str) -> None:
    told = changed(function(runtime), environment={"AWS_ENDPOINT_URL": "http://x"})
    services = stack(function(runtime))["services"]

    assert services["f"]["environment"]["AWS_ENDPOINT_URL"] == "http://not-in-this-stack:9002"
    assert services["f"]["environment"]["AWS_EC2_METADATA_DISABLED"] == "true"
    assert "not-in-this-stack" in services["gateway"]["networks"]["runtime"]["aliases"]
    assert stack(told)["services"]["f"]["environment"]["AWS_ENDPOINT_URL"] == "http://x"


@pytest.mark.parametrize("name", ["gateway", "Database", "storage-events", "volumes"])
def test_a_function_may_have_the_name_of_a_service(name: str) -> None:
    services = stack(HELLO._replace(name=name))["services"]

    assert services[f"{name}-function"]["build"]["context"] == f"functions/{name}"
    assert services["gateway"]["build"]["context"] == "services/gateway"


@pytest.mark.parametrize("name", ["123", "true", "null", "1e3", "0x1F", "no"])
def test_names_stay_words_in_yaml(name: str) -> None:
    services = stack(changed(HELLO._replace(name=name), environment={name: name}))["services"]

    assert services[name]["environment"][name] == name


def test_the_images_of_build_stages_can_be_named_in_the_settings_of_a_site() -> None:
    """Compose fills values in from the file that its `include` names; a name without a value it looks up elsewhere."""
    application = Application("shop", "eu-central-1", "123456789012", (HELLO,))
    inputs = BuildInputs(("ESB_BUILD_IMAGE_PYTHON", "UV_IMAGE"), ("esb-build-ca",))
    images = {HELLO.logical_id: ImageFacts(None, inputs)}
    services = yaml.safe_load(stack_text(application, images=images))["services"]

    assert services["say-hello"]["build"]["args"] == {
        "ESB_BUILD_IMAGE_PYTHON": "${ESB_BUILD_IMAGE_PYTHON:-}",
        "UV_IMAGE": "${UV_IMAGE:-}",
    }
    own = {"PYTHON_IMAGE": "${PYTHON_IMAGE:-}", "UV_IMAGE": "${UV_IMAGE:-}"}
    assert [services[name]["build"]["args"] for name in ("gateway", "provisioner")] == [own, own]


def test_an_image_function_is_built_from_its_own_dockerfile() -> None:
    code = ImageCode(context="app", dockerfile="Dockerfile.prod", target="run", build_args={"TAG": "$1"})
    service = stack(changed(HELLO._replace(code=code), image=contract.ImageConfig(command=("app.handler",))))[
        "services"
    ]["say-hello"]

    assert service["build"] == {
        "context": "functions/say-hello/context",
        "dockerfile": "Dockerfile.prod",
        "target": "run",
        "args": {"TAG": "$$1"},
    }
    assert service["command"] == ["app.handler"]


@pytest.mark.parametrize("said", [(), ("other.handler",)])
def test_an_image_whose_start_is_known_is_started_by_the_supervisor(said: tuple[str, ...]) -> None:
    thumbs = changed(HELLO._replace(code=ImageCode(context="app")), image=contract.ImageConfig(command=said))
    application = Application("shop", "eu-central-1", "123456789012", (thumbs,))
    images = {thumbs.logical_id: ImageFacts(Entrypoint(("/lambda-entrypoint.sh",), ("app.handler",)))}
    loaded = yaml.safe_load(stack_text(application, images=images))
    service = loaded["services"]["say-hello"]

    assert service["entrypoint"] == ["/opt/esb/supervisor", "/lambda-entrypoint.sh"]
    assert service["command"] == [*(said or ("app.handler",))]
    assert [volume["source"] for volume in service["volumes"]] == [
        "./runtime/supervisor",
        "./runtime/node/aws_guard.cjs",
    ]
    assert service["environment"]["ESB_NODE_GUARD"] == service["volumes"][1]["target"]
    assert "NODE_OPTIONS" not in service["environment"]  # the image may have one
    assert service["labels"] == {"esb.supervisor": "99aa99aa99aa99aa"}


def test_an_image_whose_start_is_not_known_starts_itself() -> None:
    service = stack(HELLO._replace(code=ImageCode(context="app")))["services"]["say-hello"]

    assert {"entrypoint", "volumes", "labels"} & set(service) == set()


def test_an_image_that_exists_is_taken() -> None:
    service = stack(HELLO._replace(code=ImageCode(uri="registry.example/app:1")))["services"]["say-hello"]

    assert service["image"] == "registry.example/app:1"
    assert "build" not in service


@pytest.mark.parametrize(
    ("limits", "megabytes"),
    [
        ({}, 256 * 10 + 512 + 25),
        ({"memory_size": None, "ephemeral_storage": 1024}, 128 * 10 + 1024 + 25),
        ({"scaling": contract.Scaling(max_capacity=1)}, 256 + 512 + 7),
        ({"scaling": contract.Scaling(max_capacity=0)}, 256 + 512 + 7),
        ({"scaling": contract.Scaling(6, 6)}, 256 * 6 + 512 + 17),
    ],
)
def test_memory_is_enough_for_every_slot_and_for_tmp(limits: dict[str, Any], megabytes: int) -> None:
    service = stack(changed(HELLO, **limits))["services"]["say-hello"]

    assert service["mem_limit"] == f"{megabytes}m"


@pytest.mark.parametrize(("timeout", "seconds"), [(None, 3), (20, 20), (900, 30)])
def test_running_invocations_may_end_when_a_container_stops(timeout: int | None, seconds: int) -> None:
    service = stack(changed(HELLO, timeout=timeout))["services"]["say-hello"]

    assert service["environment"]["ESB_STOP_GRACE"] == str(seconds)
    assert service["stop_grace_period"] == f"{seconds + 3}s"


@pytest.mark.parametrize(
    ("runtime", "platform"), [("python3.12", None), ("java21", None), ("provided.al2023", "linux/arm64")]
)
def test_only_a_program_needs_the_processor_it_was_made_for(runtime: str, platform: str | None) -> None:
    arm = changed(function(runtime), architecture="arm64")

    assert stack(arm)["services"]["f"].get("platform") == platform
