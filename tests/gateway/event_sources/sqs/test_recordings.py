"""Mappings against what AWS was recorded to do: the events, the filters, and the batches after a report of failures.

Each recorded event is made again of the messages that it had, and compared whole.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from esb_gateway.event_sources.sqs.batches import failed_messages, matches, packed
from esb_gateway.event_sources.sqs.mapping import QueueMapping
from tests.gateway.event_sources.sqs.fakes import mapping
from tests.gateway.recorded.recordings import MISSING, RECORDED

MODULE = RECORDED / "lambda/test_lambda_integration_sqs.json"
pytestmark = pytest.mark.skipif(not MODULE.is_file(), reason=MISSING)


def recordings() -> dict[str, Any]:
    if not MODULE.is_file():
        return {}
    tests = json.loads(MODULE.read_text(encoding="utf-8"))
    return {name.rpartition("::")[2]: test["recorded-content"] for name, test in tests.items()}


def found(content: Any, key: str) -> Iterator[Any]:
    """Every value of this key, however deep."""
    if isinstance(content, dict):
        for name, value in content.items():
            if name == key:
                yield value
            yield from found(value, key)
    elif isinstance(content, list):
        for value in content:
            yield from found(value, key)


def recorded_mapping(content: dict[str, Any]) -> QueueMapping:
    """As the test created it."""
    created: dict[str, Any] = next((answer for answer in content.values() if "EventSourceMappingArn" in answer), {})
    window = created.get("MaximumBatchingWindowInSeconds", 0)
    filters = created.get("FilterCriteria", {}).get("Filters", ())
    return mapping(
        batch_size=created.get("BatchSize", 10),
        maximum_batching_window=window if isinstance(window, int) else 1,  # a text was put in the place of a number
        filters=tuple(json.dumps(each["Pattern"]) for each in filters),
        report_batch_item_failures="ReportBatchItemFailures" in created.get("FunctionResponseTypes", ()),
    )


def received(record: dict[str, Any]) -> dict[str, Any]:
    """The message that a record was made of. The recorder has parsed bodies that are JSON."""
    body = record["body"]
    names = {"stringValue": "StringValue", "binaryValue": "BinaryValue", "dataType": "DataType"}
    return {
        "MessageId": record["messageId"],
        "ReceiptHandle": record["receiptHandle"],
        "Body": body if isinstance(body, str) else json.dumps(body),
        "MD5OfBody": record["md5OfBody"],
        "Attributes": record["attributes"],
        "MD5OfMessageAttributes": record.get("md5OfMessageAttributes"),
        "MessageAttributes": {
            name: {names[key]: each for key, each in value.items() if key in names}
            for name, value in record["messageAttributes"].items()
        },
    }


EVENTS = [
    (name, content, records)
    for name, content in recordings().items()
    for records in found(content, "Records")
    if records and records[0].get("eventSource") == "aws:sqs"
]


@pytest.mark.parametrize(("name", "content", "records"), EVENTS, ids=[f"{each[0]}" for each in EVENTS])
def test_the_event_is_the_recorded_one(name: str, content: dict[str, Any], records: list[dict[str, Any]]) -> None:
    configured = recorded_mapping(content)
    messages = [received(record) for record in records]
    assert all(matches(configured, message) for message in messages)
    ((packed_messages, payload),) = packed(configured, messages)
    assert packed_messages == messages
    for ours, recorded in zip(json.loads(payload)["Records"], records, strict=True):
        where = {"eventSourceARN": configured.queue_arn, "awsRegion": configured.region}
        body = ours["body"] if isinstance(recorded["body"], str) else json.loads(ours["body"])
        assert {**ours, "body": body} == {**recorded, **where}


def test_a_report_of_failures_leaves_what_aws_delivered_again() -> None:
    content = recordings()["test_report_batch_item_failures"]
    configured = recorded_mapping(content)
    first, second = (content[step]["Messages"][0]["Body"] for step in ("first_invocation", "second_invocation"))
    messages = [received(record) for record in first["event"]["Records"]]
    failed = asyncio.run(failed_messages(configured, messages, json.dumps(first["result"]).encode()))
    assert [message["MessageId"] for message in failed] == [
        record["messageId"] for record in second["event"]["Records"]
    ]


def test_an_answer_of_another_shape_is_a_failure_of_the_batch() -> None:
    content = recordings()["test_report_batch_item_failures_invalid_result_json_batch_fails"]
    body = content["first_invocation"]["Messages"][0]["Body"]
    messages = [received(record) for record in body["event"]["Records"]]
    reporting = mapping(report_batch_item_failures=True)
    assert asyncio.run(failed_messages(reporting, messages, json.dumps(body["result"]).encode())) == messages
