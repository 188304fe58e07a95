"""From a request over a queue to a function, and into the dead-letter queue."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from esb_wire.function_credentials import access_key_id

from .conftest import Stack, wait_for
from .test_published_ports import PAGES, REQUESTS_OF_QUEUES, ask

COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


def order(stack: Stack, *items: str) -> str:
    answer = stack.request("POST", "/orders", {"items": items})
    assert answer.status == 202, answer.text
    return str(answer.json["id"])


def shipped(stack: Stack, id_: str) -> bool:
    return stack.request("GET", f"/shipments/{id_}").status == 200


def shipment(stack: Stack, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.request("GET", f"/shipments/{id_}").json
    return found


def messages(stack: Stack, queue: str) -> int:
    client = stack.client("sqs")
    url = client.get_queue_url(QueueName=f"fulfilment-{queue}")["QueueUrl"]
    found: dict[str, Any] = client.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTS)["Attributes"]
    return sum(map(int, found.values()))


def senders(stack: Stack, queue: str) -> set[str]:
    client = stack.client("sqs")
    url = client.get_queue_url(QueueName=f"fulfilment-{queue}")["QueueUrl"]
    found = client.receive_message(QueueUrl=url, AttributeNames=["SenderId"], VisibilityTimeout=0)
    return {each["Attributes"]["SenderId"] for each in found["Messages"]}


def test_an_order_is_shipped_and_a_poisoned_one_ends_in_the_dead_letter_queue(fulfilment: Stack) -> None:
    before = messages(fulfilment, "FailedOrdersQueue")
    poisoned, good = order(fulfilment), order(fulfilment, "tea")

    wait_for(lambda: shipped(fulfilment, good))
    wait_for(lambda: messages(fulfilment, "FailedOrdersQueue") == before + 1)

    assert messages(fulfilment, "OrdersQueue") == 0
    assert not shipped(fulfilment, poisoned)
    assert senders(fulfilment, "FailedOrdersQueue") == {f"{access_key_id('AcceptFunction')}:AcceptFunction"}

    command = ("esb_gateway", "queues", "redrive", "fulfilment-FailedOrdersQueue")
    moved = fulfilment.compose("exec", "-T", "gateway", "python", "-m", *command)
    assert moved.returncode == 0, moved.stderr
    assert moved.stdout.endswith("messages moved, COMPLETED\n")
    wait_for(lambda: messages(fulfilment, "FailedOrdersQueue") == before + 1)  # it is poisoned still
    assert messages(fulfilment, "OrdersQueue") == 0


def test_a_topic_and_a_bus_invoke_their_functions(fulfilment: Stack) -> None:
    id_ = order(fulfilment, "tea")

    wait_for(lambda: shipped(fulfilment, id_))
    wait_for(lambda: {"told", "counted"} <= shipment(fulfilment, id_).keys())


def test_a_file_that_is_uploaded_invokes_a_function_also_after_a_kill_of_the_storage(fulfilment: Stack) -> None:
    storage, ids = fulfilment.client("s3"), ["before", "after"]
    for id_ in ids:
        body = json.dumps([{"id": f"{id_}-the-kill", "items": ["tea"]}]).encode()
        storage.put_object(Bucket="fulfilment-uploads", Key=f"in/{id_} b.json", Body=body)
        storage.put_object(Bucket="fulfilment-uploads", Key=f"in/{id_}.txt", Body=b"no orders")
        wait_for(lambda id_=id_: shipped(fulfilment, f"{id_}-the-kill"))  # type: ignore[misc]
        if id_ == "before":
            assert fulfilment.compose("kill", "s3-storage").returncode == 0
            fulfilment.up()


def test_messages_outlive_a_kill_of_the_queues_and_of_the_gateway(fulfilment: Stack) -> None:
    ids = [order(fulfilment, "tea") for _ in range(10)]

    for service in ("cloud", "gateway"):
        assert fulfilment.compose("kill", service).returncode == 0
    fulfilment.up()

    wait_for(lambda: all(shipped(fulfilment, id_) for id_ in ids))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("request_", REQUESTS_OF_QUEUES)
def test_a_request_to_their_port_without_a_signature_is_refused(fulfilment: Stack, page: str, request_: str) -> None:
    response = ask(fulfilment, request_, PAGES[page])

    assert response.status in (401, 403)
    assert response.getheader("Access-Control-Allow-Origin") is None


def test_another_secret_does_not_open_their_port(fulfilment: Stack) -> None:
    with pytest.raises(ClientError) as refused:
        fulfilment.client("sqs", secret="wrong").list_queues()

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_the_container_has_no_privilege_and_writes_only_to_its_volume(fulfilment: Stack) -> None:
    status = fulfilment.compose("exec", "-T", "cloud", "cat", "/proc/self/status").stdout.split("\n")
    assert {"Uid:\t65534\t65534\t65534\t65534", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"} <= set(status)
    assert fulfilment.compose("exec", "-T", "cloud", "touch", "/app/file").returncode != 0
