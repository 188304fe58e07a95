"""The example behind `esb-gateway local`, from front to back."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from esb_gateway.cli import main
from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import until

pytestmark = pytest.mark.server


@pytest.fixture
def order(shop: LocalGateway) -> dict[str, Any]:
    status, order = shop.call("POST", "/orders", {"customer": "ada", "items": ["tea", 2, 1.5]})
    assert status == 201
    return dict(order)


def test_three_lines_say_where_everything_is(shop: LocalGateway) -> None:
    assert list(shop.addresses) == ["ready", "dynamodb", "s3"]
    assert [line for line in shop.lines[:3] if line.startswith("{")] == []
    assert shop.call("GET", "/_esb/ready") == (200, {"status": "ready"})


def test_an_order_is_in_the_table_and_comes_back(shop: LocalGateway, order: dict[str, Any]) -> None:
    assert shop.call("GET", f"/orders/{order['id']}") == (200, order)
    status, listed = shop.call("GET", "/orders?customer=ada")
    assert status == 200
    assert order in listed["orders"]
    table = shop.client("dynamodb")
    item = table.get_item(TableName="orders-dev", Key={"id": {"S": order["id"]}})["Item"]
    table.close()
    assert item["customer"] == {"S": "ada"}


def test_tables_are_found_from_any_region_as_with_shared_db(shop: LocalGateway, order: dict[str, Any]) -> None:
    table = shop.client("dynamodb", region="ap-southeast-2")
    found = table.get_item(TableName="orders-dev", Key={"id": {"S": order["id"]}})["Item"]
    assert found["customer"] == {"S": "ada"}
    arn = table.describe_table(TableName="orders-dev")["Table"]["TableArn"]
    table.close()
    assert arn.startswith("arn:aws:dynamodb:us-east-1:")


def test_a_receipt_is_in_the_bucket(shop: LocalGateway, order: dict[str, Any]) -> None:
    receipt = bytes(range(256))
    connection = http.client.HTTPConnection(shop.addresses["ready"].removeprefix("http://"), timeout=20)
    connection.request("PUT", f"/orders/{order['id']}/receipt", receipt, {"Content-Type": "application/pdf"})
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())) == (201, {"key": f"receipts/{order['id']}", "size": 256})
    connection.close()
    storage = shop.client("s3")
    found = storage.get_object(Bucket="orders-receiptsbucket", Key=f"receipts/{order['id']}")
    assert (found["ContentType"], found["Body"].read()) == ("application/pdf", receipt)
    storage.close()


def test_a_function_reserved_for_one_call_throttles_the_second(shop: LocalGateway) -> None:
    shop.invoke("ReportFunction", {"day": "warm"})
    client = shop.client("lambda")

    def invoke(_: int) -> str:
        try:
            client.invoke(FunctionName="ReportFunction", Payload='{"pause": 0.5}')
        except client.exceptions.TooManyRequestsException as error:
            return str(error.response["Reason"])
        return "ran"

    with ThreadPoolExecutor(3) as threads:
        answers = sorted(threads.map(invoke, range(3)))
    client.close()
    assert answers == ["ReservedFunctionConcurrentInvocationLimitExceeded"] * 2 + ["ran"]


def test_a_function_past_its_timeout_is_killed_and_the_next_call_works(shop: LocalGateway) -> None:
    assert shop.invoke("ReportFunction", {"pause": 30})["errorType"] == "Sandbox.Timedout"
    assert shop.invoke("ReportFunction", {"day": "after"})["day"] == "after"


def test_only_the_stack_s_credentials_may_invoke(shop: LocalGateway) -> None:
    connection = http.client.HTTPConnection(shop.addresses["ready"].removeprefix("http://"), timeout=20)
    connection.request("POST", "/2015-03-31/functions/ReportFunction/invocations", b"{}")
    assert connection.getresponse().status == 403
    connection.close()


def test_what_functions_print_is_in_the_log(shop: LocalGateway, order: dict[str, Any]) -> None:
    def printed() -> list[dict[str, Any]]:
        entries = [json.loads(line) for line in list(shop.lines) if line.startswith("{")]
        return [entry for entry in entries if entry.get("message") == f"order {order['id']} of ada"]

    until(printed)
    assert [(entry["type"], entry["function"]) for entry in printed()] == [("function", "OrdersFunction")]


def test_a_traceback_names_the_source_and_logs_shows_it_with_its_request(
    shop: LocalGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.call("POST", "/orders", 1)[0] == 500

    def events() -> list[dict[str, str]]:
        assert main(["logs", "OrdersFunction", "--local", "--json", "--root", str(shop.root)]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    until(lambda: any("500 AttributeError" in event["message"] for event in events()))
    failed = next(event for event in events() if event["level"] == "ERROR")
    assert 'examples/orders/src/orders/app.py", line ' in failed["message"]
    assert str(shop.root) not in failed["message"]
    assert [event["message"].split()[0] for event in events() if event["request_id"] == failed["request_id"]] == [
        "START",
        "[ERROR]",
        "END",
        "REPORT",
        "POST",
    ]


def test_what_was_made_is_said(shop: LocalGateway) -> None:
    assert "3 created" in "".join(shop.notes)


def test_schedules_are_listed(shop: LocalGateway) -> None:
    status, found = shop.call("GET", "/_esb/schedules")
    assert status == 200
    (nightly,) = found["schedules"]
    assert (nightly["function"], nightly["name"]) == ("ReportFunction", "Nightly")
    assert len(nightly["next"]) == 5
