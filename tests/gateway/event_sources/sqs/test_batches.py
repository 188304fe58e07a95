"""Messages as Lambda's events, and what a response says of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.event_sources.sqs.batches import failed_messages, matches, packed, trace_of
from esb_gateway.event_sources.sqs.queue import Message
from esb_gateway.tracing.lineage import with_invocation
from esb_wire.offload import LARGE
from tests.fake_offload import FakeOffload
from tests.gateway.event_sources.sqs.fakes import ARN, mapping, message


def test_a_record_is_what_aws_was_recorded_to_send() -> None:
    """recorded/lambda: test_lambda_integration_sqs, test_message_body_and_attributes_passed_correctly."""
    received = message(
        1,
        '{"a": "\\u00e9"}',
        Attributes={
            "SenderId": "sender-id",
            "SentTimestamp": "1",
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": "2",
        },
        MD5OfMessageAttributes="d25a6aea97eb8f585bfa92d314504a92",
        MessageAttributes={
            "Title": {"DataType": "String", "StringValue": "The Whistler"},
            "Cover": {"DataType": "Binary", "BinaryValue": "AAE="},
        },
    )
    ((_, payload),) = packed(mapping(), [received])
    assert json.loads(payload) == {
        "Records": [
            {
                "messageId": "id-1",
                "receiptHandle": "receipt-1",
                "body": '{"a": "\\u00e9"}',
                "attributes": received["Attributes"],
                "messageAttributes": {
                    "Title": {
                        "stringValue": "The Whistler",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "String",
                    },
                    "Cover": {
                        "binaryValue": "AAE=",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "Binary",
                    },
                },
                "md5OfMessageAttributes": "d25a6aea97eb8f585bfa92d314504a92",
                "md5OfBody": "md5",
                "eventSource": "aws:sqs",
                "eventSourceARN": ARN,
                "awsRegion": "eu-central-1",
            }
        ]
    }


@pytest.mark.parametrize(
    ("fields", "known"),
    [({}, False), ({"maximum_batching_window": 1}, True), ({"filters": ('{"body":{"a":[1]}}',)}, True)],
)
def test_a_mapping_that_gathers_or_filters_gives_null_for_no_attributes(fields: dict[str, Any], *, known: bool) -> None:
    """Recorded: `md5OfMessageAttributes` is null there, and missing from records of plain mappings."""
    ((_, payload),) = packed(mapping(**fields), [message(1)])
    assert ("md5OfMessageAttributes" in json.loads(payload)["Records"][0]) is known


def test_a_payload_is_at_most_6_mb() -> None:
    """Lambda guide, with-sqs: a batch is invoked when its payload reaches 6 MB."""
    messages = [message(number, "x" * 1024 * 1024) for number in range(10)]
    parts = list(packed(mapping(), messages))
    assert [len(part) for part, _ in parts] == [5, 5]
    assert all(len(payload) <= 6 * 1024 * 1024 for _, payload in parts)
    assert [each["MessageId"] for part, _ in parts for each in part] == [f"id-{number}" for number in range(10)]


def test_without_messages_nothing_is_invoked() -> None:
    assert list(packed(mapping(), [])) == []


BATCH = [message(1), message(2)]


def failed(response: bytes, *, reports: bool = True) -> Sequence[Message]:
    return asyncio.run(failed_messages(mapping(report_batch_item_failures=reports), BATCH, response))


@pytest.mark.parametrize(
    "response",
    [b"", b"null", b"{}", b'{"batchItemFailures": null}', b'{"batchItemFailures": []}', b'{"other": 1}'],
)
def test_these_responses_are_success(response: bytes) -> None:
    """Lambda guide, "Handling errors for an SQS event source": success and failure conditions."""
    assert failed(response) == []


@pytest.mark.parametrize(
    "response",
    [
        b"not JSON",
        b"[" * 100_000,
        b'"a text"',
        b'{"batchItemFailures": [{"itemIdentifier": ""}]}',
        b'{"batchItemFailures": [{"itemIdentifier": null}]}',
        b'{"batchItemFailures": [{"bad": "id-1"}]}',
        b'{"batchItemFailures": [{"itemIdentifier": "unknown"}]}',
        b'{"batchItemFailures": [{"itemIdentifier": "id-1"}, {"itemIdentifier": "unknown"}]}',
        b'{"batchItemFailures": [{"itemIdentifier": ["id-1"]}]}',
        b'{"batchItemFailures": "id-1"}',
        b'{"batchItemFailures": [7]}',
    ],
)
def test_these_responses_are_the_failure_of_all(response: bytes) -> None:
    assert failed(response) == BATCH


def test_reported_messages_have_failed_and_no_others() -> None:
    response = b'{"batchItemFailures": [{"itemIdentifier": "id-2"}]}'
    assert failed(response) == [BATCH[1]]
    assert failed(response, reports=False) == ()


@pytest.mark.parametrize(
    ("patterns", "body", "matched"),
    [
        ((), "anything", True),
        (('{"body": {"kind": ["order"]}}',), '{"kind": "order"}', True),
        (('{"body": {"kind": ["order"]}}',), '{"kind": "bill"}', False),
        (('{"body": {"kind": ["order"]}}',), "order", False),
        (('{"body": ["order"]}',), "order", True),
        (('{"body": ["order"]}',), '{"kind": "order"}', False),
        (('{"body": {"n": [{"numeric": [">", 100]}]}}',), '{"n": 105}', True),
        (('{"body": {"n": [{"numeric": [">", 100]}]}}',), "this is a test string", False),
        (('{"body": {"a": [1]}}', '{"body": {"b": [2]}}'), '{"b": 2}', True),
    ],
)
def test_filters_look_at_the_body(patterns: tuple[str, ...], body: str, *, matched: bool) -> None:
    """Lambda guide, with-sqs-filtering; recorded/lambda: test_sqs_event_filter."""
    assert matches(mapping(filters=patterns), message(1, body)) is matched


def test_a_filter_that_lambda_refuses_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"functions\.work\.events: the filter .* of Orders is not valid: "):
        mapping(filters=('{"body": "order"}',))


def test_a_batch_goes_on_with_the_trace_of_its_first_message_that_has_one() -> None:
    first, second = "Root=1-3152b799-8954dae64eda91bc9a23a7e8", "Root=1-5759e988-bd862e3fe1be46a994272793"
    traced = [message(number, "a", Attributes={"AWSTraceHeader": each}) for number, each in ((2, first), (3, second))]
    assert trace_of(mapping(), [message(1, "a"), *traced]) == first
    assert trace_of(mapping(), [message(1, "a")]) is None


def test_a_long_chain_does_not_take_the_other_messages_of_a_batch_along() -> None:
    young = with_invocation("Root=1-3152b799-8954dae64eda91bc9a23a7e8", "work")
    old, other = with_invocation(young, "work"), with_invocation("Root=1-5759e988-bd862e3fe1be46a994272793", "other")
    traced = [message(number, "a", Attributes={"AWSTraceHeader": each}) for number, each in ((1, old), (2, young))]
    assert trace_of(mapping(), traced) == young
    assert trace_of(mapping(), [*traced, message(3, "a")]) is None, "it begins a chain"
    assert trace_of(mapping(), [*traced, message(3, "a", Attributes={"AWSTraceHeader": other})]) == other


def test_a_large_response_is_read_elsewhere() -> None:
    offload, reporting = FakeOffload(), mapping(report_batch_item_failures=True)
    for padding, works in ((LARGE, ["reported_failures"]), (0, [])):
        offload.works.clear()
        response = b'{"batchItemFailures": [{"itemIdentifier": "id-2"}]}' + b" " * padding
        assert asyncio.run(failed_messages(reporting, BATCH, response, offload)) == [BATCH[1]]
        assert offload.works == works
