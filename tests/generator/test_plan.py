"""The model becomes documents and artifacts, and nothing is read or written on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from esb_generator.model import (
    Api,
    Application,
    Cors,
    FolderCode,
    Function,
    ImageCode,
    ImageConfig,
    Layer,
    Route,
    Schedule,
    Table,
)
from esb_generator.output.plan import Artifact, documents, plan
from esb_generator.output.source_files import SourceFile, in_memory
from esb_generator.output.sources import Sources
from esb_generator.values import Mark, WrittenFloat, WrittenInt

MARK = Mark("template.yaml", 1, 1)
APPLICATION = Application("shop", "eu-central-1", "123456789012")
ORDERS = Function("orders", "OrdersFunction", MARK, FolderCode("src"), "app.handler", "python3.12")
IMAGE = Function("thumbs", "ThumbsFunction", MARK, ImageCode(context="image"), image=ImageConfig(command=("a.b",)))
APP = in_memory("app.py", b"pass\n")
SERVICES = {
    "gateway": (in_memory("Dockerfile", b"FROM g\n"),),
    "provisioner": (in_memory("Dockerfile", b"FROM p\n"),),
}


def layer(logical_id: str, name: str) -> Layer:
    return Layer(logical_id, name, MARK, FolderCode(name))


def planned(
    application: Application,
    functions: Mapping[str, tuple[SourceFile, ...]],
    layers: Mapping[str, tuple[SourceFile, ...]] | None = None,
) -> tuple[Artifact, ...]:
    return plan(application, documents(application), Sources(functions, layers or {}, SERVICES))


def paths(artifacts: tuple[Artifact, ...]) -> list[str]:
    return [artifact.path for artifact in artifacts]


def content(artifacts: tuple[Artifact, ...], path: str) -> str:
    found = next(artifact.content for artifact in artifacts if artifact.path == path)
    assert isinstance(found, bytes)
    return found.decode()


def images(artifacts: tuple[Artifact, ...]) -> dict[str, str]:
    services: dict[str, dict[str, Any]] = yaml.safe_load(content(artifacts, "docker-compose.yml"))["services"]
    return {name: service["image"] for name, service in services.items() if "IMAGE_TAG" in service["image"]}


def function_document(function: Function, **rest: Any) -> dict[str, Any]:
    found: dict[str, Any] = documents(APPLICATION._replace(functions=(function,), **rest)).functions["functions"]
    return found[function.name]  # type: ignore[no-any-return]


# Documents


def test_a_function_says_only_what_the_template_says() -> None:
    assert function_document(ORDERS) == {
        "logical_id": "OrdersFunction",
        "handler": "app.handler",
        "runtime": "python3.12",
        "code": "functions/orders/code",
    }


def test_an_image_function_has_no_code_and_no_handler() -> None:
    assert function_document(IMAGE) == {
        "logical_id": "ThumbsFunction",
        "package_type": "Image",
        "image": {"command": ["a.b"]},
    }


@pytest.mark.parametrize(
    ("provisioned", "reserved", "scaling"),
    [
        (None, None, None),
        (None, 10, {"max_capacity": 10}),
        (2, None, {"min_capacity": 2, "max_capacity": 4}),
        (9, None, {"min_capacity": 9, "max_capacity": 9}),
        (2, 3, {"min_capacity": 2, "max_capacity": 3}),
        (None, 0, {"max_capacity": 0}),
    ],
)
def test_concurrency_becomes_slots(
    provisioned: int | None, reserved: int | None, scaling: dict[str, int] | None
) -> None:
    function = ORDERS._replace(provisioned_concurrency=provisioned, reserved_concurrency=reserved)

    assert function_document(function).get("scaling") == scaling


def test_a_function_that_may_not_run_says_so() -> None:
    assert function_document(ORDERS._replace(reserved_concurrency=0))["reserved_concurrency"] == 0


def test_layers_are_numbered_in_the_functions_own_order() -> None:
    layers = (layer("A", "alpha"), layer("B", "beta"))

    assert function_document(ORDERS._replace(layers=("B", "A")), layers=layers)["layers"] == [
        "functions/orders/layers/1-beta",
        "functions/orders/layers/2-alpha",
    ]


def test_a_schedule_says_when_it_is_off() -> None:
    schedules = (Schedule("On", "rate(1 day)", '{"a": 1}'), Schedule("Off", "rate(2 days)", enabled=False))

    assert function_document(ORDERS._replace(schedules=schedules))["events"] == [
        {"type": "Schedule", "name": "On", "schedule": "rate(1 day)", "input": '{"a": 1}'},
        {"type": "Schedule", "name": "Off", "schedule": "rate(2 days)", "enabled": False},
    ]


def test_routes_name_functions_as_they_are_called_and_keep_their_order() -> None:
    routes = (
        Route("/b", "GET", "OrdersFunction", "Api", MARK, "2.0", timeout_in_millis=5000),
        Route("/a", "ANY", "OrdersFunction", "Api", MARK, "1.0", operation_name="list"),
    )
    cors = Cors(allow_origins=("*",), allow_credentials=False, max_age=0)
    api = Api("Api", "HTTP", MARK, "$default", cors=cors)
    application = APPLICATION._replace(functions=(ORDERS,), apis=(api,), routes=routes)

    assert documents(application).routing == {
        "Version": 1,
        "apis": {"Api": {"type": "HTTP", "stage": "$default", "cors": {"allow_origins": ["*"], "max_age": 0}}},
        "routes": [
            {
                "path": "/b",
                "method": "GET",
                "function": "orders",
                "api": "Api",
                "payload": "2.0",
                "timeout_in_millis": 5000,
            },
            {
                "path": "/a",
                "method": "ANY",
                "function": "orders",
                "api": "Api",
                "payload": "1.0",
                "operation_name": "list",
            },
        ],
    }


def test_numbers_with_a_source_text_become_plain_numbers() -> None:
    throughput = {"ReadCapacityUnits": WrittenInt(5, "05"), "WriteCapacityUnits": WrittenFloat(1.5, "1.50")}
    table = Table("T", "t", MARK, {"TableName": "t", "ProvisionedThroughput": throughput})
    found = documents(APPLICATION._replace(tables=(table,))).resources["DynamoDB"][0]["ProvisionedThroughput"]

    assert found == {"ReadCapacityUnits": 5, "WriteCapacityUnits": 1.5}
    assert [type(number) for number in found.values()] == [int, float]


def test_an_empty_application_has_three_documents() -> None:
    assert [kind for kind, _ in documents(APPLICATION).by_kind()] == ["resources", "functions", "routing"]
    assert documents(APPLICATION).resources == {"Version": 1, "DynamoDB": [], "S3": []}


# Artifacts


def test_artifacts_are_sorted_and_the_stack_comes_last() -> None:
    application = APPLICATION._replace(functions=(ORDERS, IMAGE))
    image = (in_memory("Dockerfile", b"FROM x\n"),)
    found = paths(planned(application, {"OrdersFunction": (APP,), "ThumbsFunction": image}))

    assert found == [
        "config/functions.yml",
        "config/resources.yml",
        "config/routing.yml",
        "functions/orders/Dockerfile",
        "functions/orders/code/app.py",
        "functions/thumbs/context/Dockerfile",
        "services/gateway/Dockerfile",
        "services/provisioner/Dockerfile",
        "docker-stack.yml",
        "docker-compose.yml",
    ]


def test_a_layer_is_copied_for_each_function_that_uses_it() -> None:
    other = ORDERS._replace(name="other", logical_id="OtherFunction", layers=("A",))
    application = APPLICATION._replace(functions=(ORDERS._replace(layers=("A",)), other), layers=(layer("A", "alpha"),))
    found = paths(
        planned(application, {"OrdersFunction": (APP,), "OtherFunction": (APP,)}, {"A": (in_memory("x", b""),)})
    )

    assert "functions/orders/layers/1-alpha/x" in found
    assert "functions/other/layers/1-alpha/x" in found


def test_generated_texts_say_what_they_are() -> None:
    found = planned(APPLICATION._replace(functions=(ORDERS,)), {"OrdersFunction": (APP,)})

    for path in ("config/functions.yml", "config/resources.yml", "config/routing.yml", "docker-compose.yml"):
        assert content(found, path).startswith("# Generated by esb build; changes made here are overwritten.\n")


def test_text_stays_text_in_every_yaml() -> None:
    tricky = {"A": "0099", "B": "1e3", "C": "yes", "D": "12:30", "E": "2026-11-23", "F": "~", "G": " x ", "H": "a: b"}
    application = APPLICATION._replace(functions=(ORDERS._replace(environment=tricky),))
    text = content(planned(application, {"OrdersFunction": (APP,)}), "config/functions.yml")

    assert yaml.safe_load(text)["functions"]["orders"]["environment"] == tricky
    # YAML 1.2, which other programs read, has numbers that PyYAML takes for text.
    assert "      A: '0099'\n      B: '1e3'\n" in text


# Image tags


def test_an_images_tag_changes_exactly_when_its_context_does() -> None:
    other = ORDERS._replace(name="other", logical_id="OtherFunction")
    application = APPLICATION._replace(functions=(ORDERS, other))

    def tags(orders: SourceFile) -> dict[str, str]:
        return images(planned(application, {"OrdersFunction": (orders,), "OtherFunction": (APP,)}))

    before = tags(APP)
    assert tags(in_memory("app.py", b"pass\n")) == before
    for changed in (
        in_memory("app.py", b"other\n"),
        in_memory("app2.py", b"pass\n"),
        in_memory("app.py", b"pass\n", executable=True),
    ):
        after = tags(changed)
        assert {name for name in before if before[name] != after[name]} == {"orders"}


def test_a_name_that_begins_another_does_not_share_its_tag() -> None:
    longer = ORDERS._replace(name="orders-new", logical_id="NewFunction")
    application = APPLICATION._replace(functions=(ORDERS, longer))
    one = images(planned(application, {"OrdersFunction": (APP,), "NewFunction": (APP,)}))
    two = images(planned(application, {"OrdersFunction": (APP,), "NewFunction": (in_memory("app.py", b"2"),)}))

    assert one["orders"] == two["orders"]
    assert one["orders-new"] != two["orders-new"]
