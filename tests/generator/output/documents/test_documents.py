"""An Application becomes the three documents."""

from __future__ import annotations

from typing import Any

from esb_generator.model import (
    Application,
    FolderCode,
    Function,
    ImageCode,
    Layer,
    Marked,
    ResourceEntry,
)
from esb_generator.output.documents.documents import documents
from esb_generator.values import Mark, WrittenFloat, WrittenInt
from esb_schemas import contract
from esb_schemas.event_sources.schedule import Schedule

MARK = Mark("template.yaml", 1, 1)
APPLICATION = Application("shop", "eu-central-1", "123456789012")
ENTRY = contract.Function(handler="app.handler", runtime="python3.12")
IMAGE_ENTRY = contract.Function(image=contract.ImageConfig(command=("a.b",)))
ORDERS = Function("orders", "OrdersFunction", MARK, FolderCode("src"), ENTRY)
IMAGE = Function("thumbs", "ThumbsFunction", MARK, ImageCode(context="image"), IMAGE_ENTRY)


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


def test_a_function_that_may_not_run_says_so() -> None:
    assert function_document(ORDERS._replace(entry=ENTRY._replace(reserved_concurrency=0)))["reserved_concurrency"] == 0


def test_layers_are_numbered_in_the_functions_own_order() -> None:
    layers = (layer("A", "alpha"), layer("B", "beta"))

    assert function_document(ORDERS._replace(layers=("B", "A")), layers=layers)["layers"] == [
        "functions/orders/layers/1-beta",
        "functions/orders/layers/2-alpha",
    ]


def test_a_schedule_says_when_it_is_off() -> None:
    schedules = (
        Schedule("Schedule", "On", "rate(1 day)", input='{"a": 1}'),
        Schedule("Schedule", "Off", "rate(2 days)", enabled=False),
    )

    assert function_document(ORDERS._replace(entry=ENTRY._replace(events=schedules)))["events"] == [
        {"type": "Schedule", "name": "On", "schedule": "rate(1 day)", "input": '{"a": 1}'},
        {"type": "Schedule", "name": "Off", "schedule": "rate(2 days)", "enabled": False},
    ]


def test_routes_name_functions_as_they_are_called_and_keep_their_order() -> None:
    routes = (
        contract.Route("/b", "GET", "orders", api="Api", payload="2.0", timeout_in_millis=5000),
        contract.Route("/a", "ANY", "orders", api="Api", payload="1.0", operation_name="list"),
    )
    cors = contract.Cors(allow_origins=("*",), allow_credentials=False, max_age=0)
    application = APPLICATION._replace(
        functions=(ORDERS,),
        apis={"Api": Marked(contract.Api(cors=cors), MARK)},
        routes=tuple(Marked(route, MARK) for route in routes),
    )

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
