"""The Compose files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from esb_generator.model import Application, ImageCode, ResourceEntry
from esb_generator.output.compose import compose_files
from esb_generator.output.compose.compose_files import WatchedFolder
from esb_generator.values import Mark
from esb_schemas.engines.engine import EXTERNAL
from esb_schemas.engines.table import choose, engines
from tests.generator.output.stacks import HELLO, changed, function, stack, stack_text, swarm


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


def test_functions_start_after_the_tables_are_there() -> None:
    assert stack(HELLO)["services"]["say-hello"]["depends_on"] == {
        "provisioner": {"condition": "service_completed_successfully"}
    }


def test_a_gateway_without_functions_starts_after_the_tables_are_there() -> None:
    """`up --wait` fails if nothing depends on the end of the provisioner."""
    gateway = stack()["services"]["gateway"]

    assert gateway["depends_on"] == {"provisioner": {"condition": "service_completed_successfully"}}
    assert "ESB_DATA_SERVERS" not in gateway["environment"]


def test_a_gateway_with_functions_starts_at_once_and_waits_itself_for_the_tables() -> None:
    services = stack(HELLO)["services"]

    assert services["gateway"]["depends_on"] == {
        "database": {"condition": "service_started"},
        "s3-storage": {"condition": "service_started"},
    }
    servers = "database-dynoxide s3-storage-seaweedfs"
    assert [services[each]["environment"]["ESB_DATA_SERVERS"] for each in ("gateway", "provisioner")] == [servers] * 2


def test_queues_on_another_server_are_waited_for() -> None:
    """Compose puts the site's ESB_SQS_URL in, so the text of the gateway differs from what was provisioned."""
    queue = ResourceEntry("queue", "Q", "orders", Mark("t", 1, 1), {"QueueName": "orders"})
    application = Application("shop", "us-east-1", "123456789012", (HELLO,), resources={"SQS": (queue,)})
    services = yaml.safe_load(stack_text(application))["services"]
    servers = services["gateway"]["environment"]["ESB_DATA_SERVERS"].split()

    assert servers[:3] == ["database-dynoxide", "s3-storage-seaweedfs", "${ESB_SQS_URL:-http://cloud:4566}"]
    assert services["provisioner"]["environment"]["ESB_DATA_SERVERS"].split() == servers


def test_only_the_gateway_knows_the_secret_that_tokens_are_made_of() -> None:
    services = stack(HELLO)["services"]

    assert [name for name, service in services.items() if "env_file" in service] == ["gateway"]
    assert not any("ESB_RUNTIME_SECRET" in str(service) for service in services.values())


ISOLATED = {"internal": True, "driver_opts": {"com.docker.network.bridge.inhibit_ipv4": "true"}}


def test_the_runtimes_network_leads_nowhere_else() -> None:
    assert stack(HELLO)["networks"] == {"default": None, "runtime": ISOLATED}
    assert swarm(HELLO)["networks"]["runtime"] == {"driver": "overlay", "internal": True}


def test_no_function_nor_the_gateway_reaches_a_clouds_metadata() -> None:
    services = stack(HELLO)["services"]

    for name in ("say-hello", "gateway"):
        assert services[name]["networks"]["runtime"]["link_local_ips"] == ["169.254.169.254"]


@pytest.mark.parametrize(
    ("make", "network"), [(stack, ISOLATED), (swarm, {"driver": "overlay", "internal": True})], ids=["compose", "swarm"]
)
def test_a_function_without_egress_shares_a_network_with_the_servers_alone(
    make: Callable[..., dict[str, Any]], network: dict[str, Any]
) -> None:
    closed = HELLO._replace(name="closed", entry=HELLO.entry._replace(egress=False))
    result = make(HELLO, closed)
    networks = {
        name: sorted(service.get("networks", ["default"]))
        for name, service in result["services"].items()
        if service.get("network_mode") != "none"
    }

    assert networks == {
        "database": ["closed", "default"],
        "s3-storage": ["closed", "default"],
        "victorialogs": ["closed", "default"],
        "provisioner": ["default"],
        "gateway": ["default", "runtime"],
        "say-hello": ["default", "runtime"],
        "closed": ["closed", "runtime"],
    }
    assert result["networks"]["closed"] == network


def test_every_server_of_the_stack_can_be_reached_without_egress() -> None:
    mark = Mark("t", 1, 1)
    entries = {
        "S3": (ResourceEntry("bucket", "B", "files", mark, {"BucketName": "files"}),),
        "SQS": (ResourceEntry("queue", "Q", "orders", mark, {"QueueName": "orders"}),),
    }
    closed = HELLO._replace(entry=HELLO.entry._replace(egress=False))
    application = Application("shop", "us-east-1", "123456789012", (closed,), resources=entries)
    services = yaml.safe_load(stack_text(application))["services"]
    servers = {name for name in services if "closed" in services[name].get("networks", [])} - {"say-hello"}

    assert servers == {"database", "s3-storage", "victorialogs", "cloud", "bucket-hosts"}
    assert services["cloud"]["networks"]["default"] == {"link_local_ips": ["169.254.169.254"]}
    assert services["bucket-hosts"]["networks"]["closed"] == {"aliases": ["files.s3-storage"]}


def test_a_missing_configuration_is_an_error_and_not_an_empty_folder() -> None:
    mount, *_ = stack()["services"]["provisioner"]["volumes"]

    assert mount == {
        "type": "bind",
        "source": "./config",
        "target": "/app/config",
        "read_only": True,
        "bind": {"create_host_path": False},
    }


def test_the_provisioner_leaves_drift_as_it_is_and_tells_the_gateway() -> None:
    services = stack()["services"]
    provisioner, gateway = services["provisioner"], services["gateway"]

    assert provisioner["command"] == ["--allow-drift"]
    assert "provisioned:/var/lib/esb-provisioned" in provisioner["volumes"]
    assert "provisioned:/var/lib/esb-provisioned:ro" in gateway["volumes"]
    file = "/var/lib/esb-provisioned/record.json"
    assert {each["environment"]["ESB_PROVISIONED_FILE"] for each in (provisioner, gateway)} == {file}


def test_every_published_port_is_on_the_loopback_interface_unless_asked() -> None:
    ports = [port for service in stack()["services"].values() for port in service.get("ports", ())]

    assert len(ports) == 4
    assert all(re.match(r"\$\{ESB_([A-Z0-9]+_)?BIND:-127\.0\.0\.1\}:", port) for port in ports)


def test_opening_the_gateway_opens_nothing_else() -> None:
    services = stack()["services"].items()
    opened = {name for name, service in services if any("${ESB_BIND" in port for port in service.get("ports", ()))}

    assert opened == {"gateway"}


@pytest.mark.parametrize("database", engines("dynamodb"))
def test_the_port_of_a_server_that_checks_nothing_leads_through_the_gateway(database: str) -> None:
    services = stack(engines=choose(dynamodb=database))["services"]
    port = "${ESB_DATABASE_BIND:-127.0.0.1}:${ESB_DATABASE_PORT:-8000}:8000"

    assert "ports" not in services["database"]
    assert port in services["gateway"]["ports"]
    assert services["gateway"]["environment"]["ESB_ENGINE_PORTS"] == "dynamodb:8000"
    assert services["gateway"]["environment"]["DYNAMODB_ENDPOINT"] == "http://database:8000"


@pytest.mark.parametrize("database", engines("dynamodb"))
def test_the_gateway_deletes_expired_items_if_the_database_does_not(database: str) -> None:
    (engine,) = choose(dynamodb=database)[:1]
    environment = stack(engines=choose(dynamodb=database))["services"]["gateway"]["environment"]

    assert ("ESB_SWEEP_EXPIRED" in environment) == ("expiry" not in engine.capabilities)


def test_a_swarm_publishes_no_port_but_the_gateway_s() -> None:
    services = swarm()["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["gateway"]
    assert len(services["gateway"]["ports"]) == 1
    assert "ESB_ENGINE_PORTS" not in services["gateway"]["environment"]


def test_the_log_server_asks_for_a_password_and_every_sender_has_it() -> None:
    services = stack(HELLO, function("nodejs22.x"))["services"]
    logs = services["victorialogs"]
    password = "${ESB_LOGS_PASSWORD:?run esb build again}"

    assert logs["environment"] == {
        "httpAuth_username": "${ESB_LOGS_USERNAME:-esb}",
        "httpAuth_password": password,
        "http_disableCORS": "true",
    }
    assert "-envflag.enable" in logs["command"]
    assert not any("ESB_LOGS" in argument for argument in logs["command"])
    for name in ("gateway", "provisioner", "say-hello", "f"):
        environment = services[name]["environment"]
        assert environment["VICTORIALOGS_USERNAME"] == "${ESB_LOGS_USERNAME:-esb}"
        assert environment["VICTORIALOGS_PASSWORD"] == password


def test_a_new_function_changes_no_other_service() -> None:
    old, new = stack(HELLO)["services"], stack(HELLO, HELLO._replace(name="bye"))["services"]

    assert {name for name in new if new[name] != old.get(name)} == {"bye"}


def test_the_gateway_has_a_name_for_each_function_whose_runtimes_connect_by_themselves() -> None:
    image = HELLO._replace(code=ImageCode("example/hello"))
    gateway = stack(HELLO, image._replace(name="foreign"))["services"]["gateway"]

    assert gateway["networks"]["runtime"]["aliases"] == [
        "runtime.esb",
        "not-in-this-stack",
        "foreign-${ESB_TOKEN_foreign:?run esb build again}",
    ]


def test_a_container_that_resolves_a_name_with_its_token_asks_no_other_server_for_it() -> None:
    image = HELLO._replace(code=ImageCode("example/hello"))
    services = stack(HELLO, image._replace(name="foreign"))["services"]

    foreign = services["foreign"]
    assert "." not in foreign["environment"]["AWS_LAMBDA_RUNTIME_API"].partition("}")[2]
    assert (foreign["dns_search"], foreign["dns_opt"]) == (["."], ["ndots:1"])
    assert not {"dns_search", "dns_opt"} & services["say-hello"].keys()


@pytest.mark.parametrize("swarm", [False, True])
def test_a_new_bucket_changes_no_service_but_the_one_with_the_hosts_of_buckets(swarm: bool) -> None:
    mark = Mark("t", 1, 1)
    buckets = tuple(ResourceEntry("bucket", "B", name, mark, {"BucketName": name}) for name in ("files", "a.b"))

    def services(count: int) -> dict[str, Any]:
        application = Application("shop", "eu-central-1", "123456789012", resources={"S3": buckets[:count]})
        loaded: dict[str, Any] = yaml.safe_load(stack_text(application, swarm=swarm))["services"]
        return loaded

    none, one, two = services(0), services(1), services(2)

    assert two["bucket-hosts"]["networks"] == {"default": {"aliases": ["files.s3-storage", "a.b.s3-storage"]}}
    assert {name for name in two if two[name] != one[name]} == {"bucket-hosts"}
    assert one.keys() - none.keys() == {"bucket-hosts"}
    assert not any("bucket-hosts" in service.get("depends_on", ()) for service in two.values())


def test_images_of_ours_carry_their_content_hash() -> None:
    assert stack()["services"]["provisioner"]["image"] == (
        "${IMAGE_PREFIX:-esb}/provisioner:${IMAGE_TAG:-0123456789abcdef}"
    )


def test_data_outlives_the_containers() -> None:
    services, volumes = stack()["services"], stack()["volumes"]

    of_engines = {engine.backend.host: engine.volume for engine in choose()}
    assert set(volumes) == {*of_engines.values(), "events", "provisioned", "backup"}
    assert all(services[host]["volumes"][0].startswith(f"{volume}:/") for host, volume in of_engines.items())
    assert "events:/var/lib/esb" in services["gateway"]["volumes"]


def test_a_folder_that_is_watched_is_copied_to_where_the_container_has_it() -> None:
    watched = yaml.safe_load(compose_files.watch({"hello": [WatchedFolder("../src $x", "/var/task")]}))
    service = watched["services"]["hello"]
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
    assert yaml.safe_load(compose_files.stack_include("Orders.Shop"))["name"] == "orders-shop"
    assert not any("container_name" in service for service in stack()["services"].values())


def test_the_project_includes_the_stack() -> None:
    included = yaml.safe_load(compose_files.include("orders", ".esb"))

    assert included == {"name": "orders", "include": [".esb/docker-compose.yml"]}


@pytest.mark.parametrize(
    ("stack_name", "project"), [("Orders", "orders"), ("a.b c", "a-b-c"), ("--", "esb"), ("Ω", "esb")]
)
def test_a_project_name_is_one_that_compose_takes(stack_name: str, project: str) -> None:
    assert compose_files.project_name(stack_name) == project


def test_a_server_that_people_run_themselves_is_not_in_the_stack_and_has_to_be_named() -> None:
    mark = Mark("t", 1, 1)
    entries = (ResourceEntry("bucket", "B", "files", mark, {"BucketName": "files"}),)
    application = Application("shop", "eu-central-1", "123456789012", (HELLO,), resources={"S3": entries})
    chosen = choose(dynamodb=EXTERNAL, s3=EXTERNAL)
    loaded = yaml.safe_load(stack_text(application, chosen))
    services = loaded["services"]

    assert {"database", "s3-storage", "bucket-hosts"} & services.keys() == set()
    assert set(loaded["volumes"]) == {"victorialogs", "events", "provisioned", "backup"}
    assert services["provisioner"]["depends_on"] == {"victorialogs": {"condition": "service_started"}}
    assert services["provisioner"]["environment"]["S3_ENDPOINT"] == (
        "${ESB_S3_URL:?set it to the URL of your S3 server}"
    )
    environment = services["say-hello"]["environment"]
    assert environment["AWS_ENDPOINT_URL_DYNAMODB"] == "${ESB_DATABASE_URL:?set it to the URL of your DynamoDB server}"
    assert environment["S3_PRESIGN_ENDPOINT"] == "${ESB_S3_PUBLIC_URL:-${ESB_S3_URL}}"
    assert not any(":8000:" in port for service in services.values() for port in service.get("ports", ()))


NOTIFIES: dict[str, Any] = {"NotificationConfiguration": {"EventBridgeConfiguration": {}}}


@pytest.mark.parametrize(
    ("definition", "storage", "is_swarm", "read"),
    [
        (NOTIFIES, "seaweedfs", False, True),
        ({}, "seaweedfs", False, False),
        (NOTIFIES, EXTERNAL, False, False),
        (NOTIFIES, "seaweedfs", True, False),
    ],
)
def test_the_log_of_the_storage_is_read_if_a_bucket_notifies(
    definition: dict[str, Any], storage: str, is_swarm: bool, read: bool
) -> None:
    bucket = ResourceEntry("bucket", "B", "files", Mark("t", 1, 1), {"BucketName": "files", **definition})
    application = Application("shop", "eu-central-1", "123456789012", resources={"S3": (bucket,)})
    made = stack_text(application, choose(s3=storage), swarm=is_swarm)
    services = yaml.safe_load(made)["services"]
    assert ("storage-events" in services) == read
    assert ("ESB_STORAGE_EVENTS" in services["gateway"]["environment"]) == read
    assert "ESB_STORAGE_EVENTS" not in services["provisioner"]["environment"]
    if read:
        assert services["storage-events"]["network_mode"] == "service:s3-storage"
        assert services["gateway"]["depends_on"]["storage-events"] == {"condition": "service_started"}


@pytest.mark.parametrize("is_swarm", [False, True])
def test_a_storage_calls_a_webhook_if_a_bucket_notifies(is_swarm: bool) -> None:
    def built(definition: dict[str, Any]) -> dict[str, Any]:
        bucket = ResourceEntry("bucket", "B", "files", Mark("t", 1, 1), {"BucketName": "files", **definition})
        application = Application("shop", "eu-central-1", "123456789012", resources={"S3": (bucket,)})
        text = stack_text(application, choose(s3="rustfs"), swarm=is_swarm)
        loaded: dict[str, Any] = yaml.safe_load(text)
        return loaded

    made, url = built(NOTIFIES), "http://storage-events:9010"
    services = made["services"]
    storage, receiver = services["s3-storage"]["environment"], services["storage-events"]
    token = "${ESB_STORAGE_EVENTS_TOKEN:?run esb build again}"
    assert storage["RUSTFS_NOTIFY_ENABLE"] == "true"
    assert storage["RUSTFS_NOTIFY_WEBHOOK_ENDPOINT_ESB"] == f"{url}/_esb/storage-events"
    assert storage["RUSTFS_NOTIFY_WEBHOOK_AUTH_TOKEN_ESB"] == token
    assert storage["RUSTFS_OUTBOUND_ALLOW_ORIGINS"] == url
    assert "ESB_STORAGE_EVENTS_TOKEN" in receiver["environment"]
    assert "--webhook" in receiver["entrypoint"]
    assert "network_mode" not in receiver
    assert "storage-events" in made["volumes"]
    assert {services[name]["environment"]["ESB_STORAGE_EVENTS"] for name in ("gateway", "provisioner")} == {url}
    without = built({})
    assert "storage-events" not in {*without["services"], *without["volumes"]}
    assert not any("NOTIFY" in name for name in without["services"]["s3-storage"]["environment"])
