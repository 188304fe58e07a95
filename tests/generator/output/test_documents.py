"""An Application becomes the three documents."""

from __future__ import annotations

from typing import Any

import pytest

from esb_generator.model import (
    Api,
    Application,
    Cors,
    FolderCode,
    Function,
    ImageCode,
    ImageConfig,
    Layer,
    ResourceEntry,
    Route,
    Schedule,
)
from esb_generator.output.documents import documents
from esb_generator.values import Mark, WrittenFloat, WrittenInt

MARK = Mark("template.yaml", 1, 1)
APPLICATION = Application("shop", "eu-central-1", "123456789012")
ORDERS = Function("orders", "OrdersFunction", MARK, FolderCode("src"), "app.handler", "python3.12")
IMAGE = Function("thumbs", "ThumbsFunction", MARK, ImageCode(context="image"), image=ImageConfig(command=("a.b",)))


def layer(logical_id: str, name: str) -> Layer:
    return Layer(logical_id, name, MARK, FolderCode(name))


def function_document(function: Function, **rest: Any) -> dict[str, Any]:
    found: dict[str, Any] = documents(APPLICATION._replace(functions=(function,), **rest)).functions["functions"]
    return found[function.name]  # type: ignore[no-any-return]


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

    assert function_document(ORDERS._replace(event_sources=schedules))["events"] == [
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
    table = ResourceEntry("table", "T", "t", MARK, {"TableName": "t", "ProvisionedThroughput": throughput})
    found = documents(APPLICATION._replace(resources={"DynamoDB": (table,)})).resources["DynamoDB"][0][
        "ProvisionedThroughput"
    ]

    assert found == {"ReadCapacityUnits": 5, "WriteCapacityUnits": 1.5}
    assert [type(number) for number in found.values()] == [int, float]


def test_an_empty_application_has_three_documents() -> None:
    assert [kind for kind, _ in documents(APPLICATION).by_kind()] == ["resources", "functions", "routing"]
    assert documents(APPLICATION).resources == {"Version": 1, "DynamoDB": [], "S3": []}
