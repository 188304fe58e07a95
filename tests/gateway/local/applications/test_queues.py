"""The example with queues, embedded: from a request over a queue to a function, and into the dead-letter queue."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import until

pytestmark = pytest.mark.server

EXAMPLE = Path(__file__).parents[4] / "examples/fulfilment/template.yaml"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's .esb folder."""
    output = tmp_path_factory.mktemp("fulfilment") / ".esb"
    build = [sys.executable, "-m", "esb_generator", "build", "--strict", "-t", str(EXAMPLE), "--output", str(output)]
    subprocess.run(build, check=True, capture_output=True, cwd=output.parent)
    return output


@pytest.fixture(scope="module")
def fulfilment(built: Path, start_shared: Callable[..., LocalGateway]) -> LocalGateway:
    """The example, running."""
    gateway = start_shared(built).ready()
    until(lambda: "cloud" in gateway.addresses)
    assert [line for line in lines(gateway) if line.get("function") == "ShipFunction"] == [], "an idle queue needs none"
    return gateway


def order(gateway: LocalGateway, *items: str, gift: bool = False) -> str:
    status, answer = gateway.call("POST", "/orders", {"items": items, "gift": gift}, JSON)
    assert status == 202
    return str(answer["id"])


def shipped(gateway: LocalGateway, id_: str) -> bool:
    return gateway.call("GET", f"/shipments/{id_}")[0] == 200


def has(gateway: LocalGateway, id_: str, mark: str) -> bool:
    status, shipment = gateway.call("GET", f"/shipments/{id_}")
    return status == 200 and shipment.get(mark) is True


def url_of(client: Any, queue: str) -> str:
    return str(client.get_queue_url(QueueName=f"fulfilment-{queue}")["QueueUrl"])


def depth(client: Any, queue: str) -> int:
    found: dict[str, Any] = client.get_queue_attributes(
        QueueUrl=url_of(client, queue),
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(map(int, found.values()))


@contextmanager
def visibility_timeout(client: Any, queue: str, seconds: int) -> Iterator[None]:
    """Another one than the ten seconds of the example, which a message that fails twice would wait for twice."""
    url = url_of(client, queue)
    before = client.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
    yield
    client.set_queue_attributes(QueueUrl=url, Attributes=before)


def lines(gateway: LocalGateway) -> list[dict[str, Any]]:
    return [json.loads(line) for line in list(gateway.lines) if line.startswith("{")]


def test_an_order_is_shipped_and_a_poisoned_one_ends_in_the_dead_letter_queue(fulfilment: LocalGateway) -> None:
    sqs = fulfilment.client("sqs")
    before = depth(sqs, "ShippedQueue")
    good = order(fulfilment, "tea")
    until(lambda: shipped(fulfilment, good))
    with visibility_timeout(sqs, "OrdersQueue", 1):  # the function has begun and is quick
        poisoned = order(fulfilment)
        until(lambda: depth(sqs, "FailedOrdersQueue") == 1, 60)
    assert depth(sqs, "OrdersQueue") == 0
    assert not shipped(fulfilment, poisoned)
    batches = [line for line in lines(fulfilment) if "batch of" in line.get("message", "")]
    of_queue = [line for line in batches if line["function"] == "ShipFunction"]
    assert sum(line["failed"] for line in of_queue) == 2  # maxReceiveCount
    assert {line["function"] for line in batches} <= {"ShipFunction", "AnnounceFunction"}
    until(lambda: depth(sqs, "ShippedQueue") == before + 1)


def test_a_stream_a_bus_and_a_topic_invoke_the_functions_whose_filter_policy_or_rule_matches(
    fulfilment: LocalGateway,
) -> None:
    sqs = fulfilment.client("sqs")
    before = depth(sqs, "ShippedQueue")
    gift, other = order(fulfilment, "tea", gift=True), order(fulfilment, "cups")
    until(lambda: has(fulfilment, other, "told"), 60)
    assert shipped(fulfilment, gift)
    assert not has(fulfilment, gift, "told")
    until(lambda: has(fulfilment, gift, "counted"))
    assert not has(fulfilment, other, "counted")
    until(lambda: depth(sqs, "ShippedQueue") == before + 2, 30)  # the changes of the functions are no new shipments


def mapping_of_queue(gateway: LocalGateway) -> dict[str, Any]:
    listed = gateway.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    found: dict[str, Any] = next(each for each in listed if each["EventSourceArn"].endswith(":fulfilment-OrdersQueue"))
    return found


def test_what_was_accepted_and_a_pause_outlive_a_kill(
    built: Path, start: Callable[..., LocalGateway], tmp_path: Path
) -> None:
    data = ("--data", str(tmp_path / "data"))
    gateway = start(built, *data).ready()
    until(lambda: "cloud" in gateway.addresses)
    id_ = mapping_of_queue(gateway)["UUID"]
    answer = gateway.client("lambda").update_event_source_mapping(UUID=id_, Enabled=False)
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["State"]) == (202, "Disabling")
    assert mapping_of_queue(gateway)["State"] == "Disabled"
    ids = [order(gateway, "tea") for _ in range(10)]
    gateway.end(signal.SIGKILL)
    again = start(built, *data).ready()
    until(lambda: "cloud" in again.addresses)
    assert mapping_of_queue(again)["State"] == "Disabled"
    assert depth(again.client("sqs"), "OrdersQueue") == 10
    again.client("lambda").update_event_source_mapping(UUID=id_, Enabled=True)
    until(lambda: all(shipped(again, id_) for id_ in ids))
    assert (tmp_path / "data/cloud.sqlite3").exists()


def test_without_queues_there_is_no_cloud_unless_it_is_asked_for(
    orders: Path, start: Callable[..., LocalGateway]
) -> None:
    gateway = start(orders, "--cloud").ready()
    until(lambda: "cloud" in gateway.addresses)
    assert gateway.client("sqs").list_queues().get("QueueUrls") is None


def test_without_queues_there_is_no_cloud(shop: LocalGateway) -> None:
    assert set(shop.addresses) == {"ready", "dynamodb", "s3"}
