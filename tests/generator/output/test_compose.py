"""The texts that Docker reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from esb_generator.model import Application, FolderCode, Function, ImageCode, ResourceEntry
from esb_generator.output import compose
from esb_generator.output.compose import WatchedFolder
from esb_generator.output.containers import token_variable
from esb_generator.output.dockerfile_reader import Entrypoint
from esb_generator.output.engines import DEFAULT_ENGINES, ENGINES, Engine, choose
from esb_generator.values import Mark
from esb_schemas import contract


def hashes(application: Application) -> compose.Hashes:
    return compose.Hashes(
        functions={each.name: "00112233aabbccdd" for each in application.functions},
        services={"gateway": "fedcba9876543210", "provisioner": "0123456789abcdef"},
        documents={"functions": "ffff", "resources": "eeee", "routing": "dddd"},
        supervisor="99aa99aa99aa99aa",
    )


def stack(*functions: Function, engines: Sequence[Engine] = DEFAULT_ENGINES) -> dict[str, Any]:
    application = Application("Orders.Shop", "eu-central-1", "123456789012", functions)
    loaded: dict[str, Any] = yaml.safe_load(compose.stack(application, hashes(application), engines))
    return loaded


def function(runtime: str, handler: str = "app.handler") -> Function:
    return Function("f", "F", Mark("t", 1, 1), FolderCode("."), contract.Function(handler=handler, runtime=runtime))


def changed(function: Function, **entry: Any) -> Function:
    """The function with other fields of its entry."""
    return function._replace(entry=function.entry._replace(**entry))


def swarm(*functions: Function) -> dict[str, Any]:
    application = Application("shop", "eu-central-1", "123456789012", functions)
    loaded: dict[str, Any] = yaml.safe_load(compose.stack(application, hashes(application), swarm=True))
    return loaded


TRICKY = 'a "b" $c ${D} é\n'
HELLO = changed(function("python3.12"), memory_size=256, environment={"GREETING": TRICKY})._replace(name="say-hello")


def test_only_a_custom_runtime_gets_its_handler_from_the_stack() -> None:
    custom = stack(function("provided.al2023", "hello.run"))["services"]["f"]

    assert custom["environment"]["_HANDLER"] == "hello.run"
    assert "_HANDLER" not in stack(HELLO)["services"]["say-hello"]["environment"]


def test_what_functions_share_lies_in_one_place_for_all_of_them() -> None:
    assert stack(HELLO)["services"]["say-hello"]["build"] == {
        "context": "functions/say-hello",
        "additional_contexts": {"esb-runtime": "./runtime"},
    }


def test_the_provisioner_waits_for_servers_that_answer() -> None:
    provisioner = stack()["services"]["provisioner"]

    assert provisioner["depends_on"] == {
        "database": {"condition": "service_healthy"},
        "s3-storage": {"condition": "service_healthy"},
        "victorialogs": {"condition": "service_started"},
    }
    assert provisioner["environment"]["DYNAMODB_ENDPOINT"] == "http://database:8000"
    assert provisioner["environment"]["S3_ENDPOINT"] == "http://s3-storage:9000"
    assert provisioner["environment"]["AWS_REGION"] == "eu-central-1"


def test_the_gateway_starts_after_the_tables_are_there() -> None:
    assert stack()["services"]["gateway"]["depends_on"] == {
        "provisioner": {"condition": "service_completed_successfully"}
    }


def test_a_function_reaches_the_gateway_under_a_name_that_proves_which_function_it_is() -> None:
    services = stack(HELLO)["services"]
    name = "say-hello-${ESB_TOKEN_say_1hello:?run esb build again}.esb"

    assert services["gateway"]["networks"]["runtime"]["aliases"] == [name]
    assert services["say-hello"]["environment"]["AWS_LAMBDA_RUNTIME_API"] == f"{name}:9001"


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


def test_lines_are_shipped_by_python_itself_and_else_by_the_supervisor() -> None:
    image = HELLO._replace(name="image", code=ImageCode(context="app"))
    services = stack(HELLO, function("nodejs22.x")._replace(name="node"), image)["services"]

    assert {name: "ESB_SHIP_LOGS" in services[name]["environment"] for name in ("say-hello", "node", "image")} == {
        "say-hello": False,
        "node": True,
        "image": False,
    }


def test_an_sdk_of_another_language_finds_no_way_to_aws_unless_it_is_told_one() -> None:
    node, told = function("nodejs22.x"), changed(function("nodejs22.x"), environment={"AWS_ENDPOINT_URL": "http://x"})
    service = stack(node)["services"]["f"]

    assert service["environment"]["AWS_ENDPOINT_URL"] == "http://not-in-this-stack:9"
    assert service["extra_hosts"] == ["not-in-this-stack:127.0.0.1"]
    assert stack(told)["services"]["f"]["environment"]["AWS_ENDPOINT_URL"] == "http://x"
    assert "AWS_ENDPOINT_URL" not in stack(HELLO)["services"]["say-hello"]["environment"]


def test_only_the_gateway_knows_the_secret_that_tokens_are_made_of() -> None:
    services = stack(HELLO)["services"]

    assert [name for name, service in services.items() if "env_file" in service] == ["gateway"]
    assert not any("ESB_RUNTIME_SECRET" in str(service) for service in services.values())


def test_the_runtimes_network_leads_nowhere_else() -> None:
    networks = stack(HELLO)["networks"]

    assert networks["runtime"] == {"internal": True}


@pytest.mark.parametrize("name", ["gateway", "Database"])
def test_a_function_may_have_the_name_of_a_service(name: str) -> None:
    services = stack(HELLO._replace(name=name))["services"]

    assert services[f"{name}-function"]["build"]["context"] == f"functions/{name}"
    assert services["gateway"]["build"]["context"] == "services/gateway"


@pytest.mark.parametrize("name", ["123", "true", "null", "1e3", "0x1F", "no"])
def test_names_stay_words_in_yaml(name: str) -> None:
    services = stack(changed(HELLO._replace(name=name), environment={name: name}))["services"]

    assert services[name]["environment"][name] == name


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
    entrypoints = {thumbs.logical_id: Entrypoint(("/lambda-entrypoint.sh",), ("app.handler",))}
    loaded = yaml.safe_load(compose.stack(application, hashes(application), entrypoints=entrypoints))
    service = loaded["services"]["say-hello"]

    assert service["entrypoint"] == ["/opt/esb/supervisor", "/lambda-entrypoint.sh"]
    assert service["command"] == [*(said or ("app.handler",))]
    assert service["volumes"][0]["source"] == "./runtime/supervisor"
    assert service["labels"] == {"esb.supervisor": "99aa99aa99aa99aa"}


def test_an_image_whose_start_is_not_known_starts_itself() -> None:
    service = stack(HELLO._replace(code=ImageCode(context="app")))["services"]["say-hello"]

    assert {"entrypoint", "volumes", "labels"} & set(service) == set()


def test_an_image_that_exists_is_taken() -> None:
    service = stack(HELLO._replace(code=ImageCode(uri="registry.example/app:1")))["services"]["say-hello"]

    assert service["image"] == "registry.example/app:1"
    assert "build" not in service


def test_a_missing_resources_file_is_an_error_and_not_an_empty_folder() -> None:
    (mount,) = stack()["services"]["provisioner"]["volumes"]

    assert mount == {
        "type": "bind",
        "source": "./config/resources.yml",
        "target": "/app/config/resources.yml",
        "read_only": True,
        "bind": {"create_host_path": False},
    }


def test_every_published_port_is_on_the_loopback_interface_unless_asked() -> None:
    ports = [port for service in stack()["services"].values() for port in service.get("ports", ())]

    assert len(ports) == 4
    assert all(port.startswith("${ESB_BIND:-127.0.0.1}:") for port in ports)


def test_the_gateway_s_service_changes_with_the_names_of_functions_alone() -> None:
    other = changed(HELLO, timeout=9, environment={"A": "b"})

    assert stack(HELLO)["services"]["gateway"] == stack(other)["services"]["gateway"]
    assert stack(HELLO)["services"]["gateway"] != stack(HELLO._replace(name="bye"))["services"]["gateway"]


@pytest.mark.parametrize(
    ("limits", "megabytes"),
    [
        ({}, 256 * 4 + 512 + 13),
        ({"memory_size": None, "ephemeral_storage": 1024}, 128 * 4 + 1024 + 13),
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


@pytest.mark.parametrize("database", ENGINES["dynamodb"])
@pytest.mark.parametrize("storage", ENGINES["s3"])
def test_every_engine_can_be_replaced_and_has_a_health_check(database: str, storage: str) -> None:
    loaded = stack(engines=choose(dynamodb=database, s3=storage))
    servers = [loaded["services"][name] for name in ("database", "s3-storage", "victorialogs")]

    assert all("healthcheck" in server for server in servers)
    assert [server["image"].split(":-")[0] for server in servers] == [
        "${ESB_DATABASE_IMAGE",
        "${ESB_S3_IMAGE",
        "${ESB_LOGS_IMAGE",
    ]


def test_a_bucket_has_a_host_of_its_own() -> None:
    mark = Mark("t", 1, 1)
    buckets = tuple(ResourceEntry("bucket", "B", name, mark, {"BucketName": name}) for name in ("files", "a.b"))
    application = Application("shop", "eu-central-1", "123456789012", resources={"S3": buckets})
    services = yaml.safe_load(compose.stack(application, hashes(application)))["services"]

    assert services["s3-storage"]["networks"] == {"default": {"aliases": ["files.s3-storage", "a.b.s3-storage"]}}
    assert "networks" not in stack()["services"]["s3-storage"]


def test_different_engines_never_share_a_volume() -> None:
    volumes = [engine.volume for engines in ENGINES.values() for engine in engines.values()]

    assert len(set(volumes)) == len(volumes)


def test_images_of_ours_carry_their_content_hash() -> None:
    assert stack()["services"]["provisioner"]["image"] == (
        "${IMAGE_PREFIX:-esb}/provisioner:${IMAGE_TAG:-0123456789abcdef}"
    )


def test_data_outlives_the_containers() -> None:
    services, volumes = stack()["services"], stack()["volumes"]

    assert set(volumes) == {"database", "s3-storage", "victorialogs", "events"}
    assert all(services[name]["volumes"][0].startswith(f"{name}:/") for name in set(volumes) - {"events"})
    assert "events:/var/lib/esb" in services["gateway"]["volumes"]


def test_a_folder_that_is_watched_is_copied_to_where_the_container_has_it() -> None:
    service = yaml.safe_load(compose.watch({"hello": [WatchedFolder("../src $x", "/var/task")]}))["services"]["hello"]
    (entry,) = service["develop"]["watch"]

    assert (entry["action"], entry["path"], entry["target"]) == ("sync+restart", "../src $$x", "/var/task")
    assert {".git", "node_modules", "__pycache__"} <= set(entry["ignore"])
    assert service["read_only"] is False


def test_a_swarm_gets_the_same_values_and_the_addresses_of_servers_that_are_elsewhere() -> None:
    environment = swarm(HELLO)["services"]["say-hello"]["environment"]

    assert environment["GREETING"] == stack(HELLO)["services"]["say-hello"]["environment"]["GREETING"]
    assert environment["DYNAMODB_ENDPOINT"] == "${ESB_DATABASE_URL:-http://database:8000}"
    assert environment["AWS_ENDPOINT_URL_S3"] == "${ESB_S3_URL:-http://s3-storage:9000}"


def test_a_swarm_is_asked_for_nothing_that_it_ignores_or_refuses() -> None:
    loaded = swarm(HELLO, changed(function("provided.al2023")._replace(name="arm"), architecture="arm64"))
    ignored = {"build", "container_name", "depends_on", "mem_limit", "platform", "restart", "security_opt", "tmpfs"}

    assert {key for service in loaded["services"].values() for key in service} & ignored == set()
    assert "name" not in loaded
    assert loaded["services"]["arm"]["deploy"]["placement"] == {"constraints": ["node.platform.arch == aarch64"]}


def test_in_a_swarm_the_gateway_waits_for_the_provisioner_of_its_own_tables() -> None:
    services = swarm(HELLO)["services"]

    assert services["provisioner"]["networks"]["default"]["aliases"] == ["provisioned-eeee"]
    assert "getent hosts provisioned-eeee" in services["gateway"]["entrypoint"][2]


def test_what_a_swarm_cannot_change_has_its_content_in_its_name() -> None:
    assert swarm(HELLO)["configs"] == {
        "functions-ffff": {"file": "./config/functions.yml"},
        "resources-eeee": {"file": "./config/resources.yml"},
        "routing-dddd": {"file": "./config/routing.yml"},
    }


def test_a_long_name_is_one_that_a_swarm_takes_and_stays_unlike_others() -> None:
    functions = [HELLO._replace(name="a" * 63 + end, logical_id=end) for end in "xy"]
    names = [name for name in swarm(*functions)["services"] if name.startswith("aaa")]

    assert len(set(names)) == 2
    assert {len(name) for name in names} == {32}


def test_nothing_keeps_two_projects_from_living_side_by_side() -> None:
    assert stack()["name"] == "orders-shop"
    assert not any("container_name" in service for service in stack()["services"].values())


def test_the_project_includes_the_stack() -> None:
    included = yaml.safe_load(compose.include("orders", ".esb"))

    assert included == {"name": "orders", "include": [".esb/docker-compose.yml"]}


@pytest.mark.parametrize(
    ("stack_name", "project"), [("Orders", "orders"), ("a.b c", "a-b-c"), ("--", "esb"), ("Ω", "esb")]
)
def test_a_project_name_is_one_that_compose_takes(stack_name: str, project: str) -> None:
    assert compose.project_name(stack_name) == project
