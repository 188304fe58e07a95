"""What becomes of a batch. Lambda developer guide, "Parameters for Amazon DynamoDB event sources"; recordings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from esb_gateway.event_sources.source import Undeliverable
from esb_gateway.invocation import Ending, NotAccepted, Outcome
from esb_wire.offload import LARGE
from esb_wire.trace_hops import hops
from tests.gateway.event_sources.dynamodb.fakes import FAILED, NOW, SUCCEEDED, THROTTLED, StreamBench, mapping, record
from tests.gateway.recorded.recordings import MISSING, RECORDED

MODULE = RECORDED / "lambda/test_lambda_integration_dynamodbstreams.json"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:failed"
RECORDS = [record(number) for number in range(1, 5)]
ALL = ["101", "102", "103", "104"]


def reported(*identifiers: Any, key: str = "itemIdentifier") -> Outcome:
    return Outcome(Ending.DONE, json.dumps({"batchItemFailures": [{key: each} for each in identifiers]}).encode())


def test_a_batch_that_fails_is_tried_again_until_it_succeeds() -> None:
    bench = StreamBench(mapping())
    outcomes = [FAILED, FAILED, SUCCEEDED]
    bench.function.answer = lambda _: outcomes.pop(0)
    bench.run(RECORDS)
    assert bench.function.batches == [ALL] * 3
    assert bench.slept == [0.5, 1.0]


def test_a_batch_that_runs_is_in_flight_with_its_table_and_attempt() -> None:
    bench = StreamBench(mapping())
    invoking = bench.context.invoking
    assert invoking is not None
    seen: list[tuple[str, int, tuple[str, ...]]] = []

    def answer(_: list[str]) -> Outcome:
        seen.extend((batch.function, batch.attempt, hops(batch.trace_id)) for batch in invoking.batches)
        return FAILED if len(seen) < 2 else SUCCEEDED

    bench.function.answer = answer
    bench.run(RECORDS)
    assert seen == [("work", 1, ("table:orders",)), ("work", 2, ("table:orders",))]
    assert not invoking.batches


def test_after_its_attempts_a_batch_is_given_up_and_the_destination_told() -> None:
    bench = StreamBench(mapping(maximum_retry_attempts=2, on_failure=QUEUE))
    bench.function.answer = lambda _: FAILED
    bench.run(RECORDS)
    assert len(bench.function.batches) == 3
    (told,) = bench.told
    document = json.loads(told.payload)
    assert (told.function, told.due) == (QUEUE, None)
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 3
    assert document["DDBStreamBatchInfo"] == {
        "shardId": "one",
        "startSequenceNumber": "101",
        "endSequenceNumber": "104",
        "approximateArrivalOfFirstRecord": "2023-11-14T22:13:20Z",
        "approximateArrivalOfLastRecord": "2023-11-14T22:13:20Z",
        "batchSize": 4,
        "streamArn": "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026",
    }


def test_a_destination_is_told_when_the_disk_works_again_unless_it_takes_no_such_message() -> None:
    bench = StreamBench(mapping(maximum_retry_attempts=0, on_failure=QUEUE))
    bench.function.answer = lambda _: FAILED
    bench.refusals = [NotAccepted("full", full=True), NotAccepted("The file of the events cannot be written.")]
    bench.run(RECORDS)
    assert (len(bench.told), bench.slept) == (1, [0.5, 1.0])
    bench.refusals = [Undeliverable("too large")]
    bench.run(RECORDS)
    assert len(bench.told) == 1


@pytest.mark.skipif(not MODULE.is_file(), reason=MISSING)
def test_what_a_destination_is_told_is_as_recorded() -> None:
    bench = StreamBench(mapping(maximum_retry_attempts=0, on_failure=QUEUE))
    bench.function.answer = lambda _: FAILED
    bench.run(RECORDS)
    found = json.loads(bench.told[0].payload)
    test = "test_dynamodb_report_batch_item_failure_scenarios[unhandled_exception_in_function]"
    content = json.loads(MODULE.read_text(encoding="utf-8"))[f"TestDynamoDBEventSourceMapping::{test}"][
        "recorded-content"
    ]
    wanted = content["destination_queue_messages"]["Messages"][0]["Body"]
    assert {key: set(value) if isinstance(value, dict) else None for key, value in found.items()} == {
        key: set(value) if isinstance(value, dict) else None for key, value in wanted.items()
    }
    assert found["responseContext"] == wanted["responseContext"]
    assert found["requestContext"]["condition"] == wanted["requestContext"]["condition"]


def test_halves_use_up_no_attempts_and_only_the_poisoned_record_is_given_up() -> None:
    bench = StreamBench(mapping(maximum_retry_attempts=1, bisect_batch_on_function_error=True, on_failure=QUEUE))
    bench.function.answer = lambda numbers: FAILED if "103" in numbers else SUCCEEDED
    bench.run(RECORDS)
    assert bench.function.batches == [ALL, ["101", "102"], ["103", "104"], ["103"], ["103"], ["104"]]
    assert [json.loads(told.payload)["DDBStreamBatchInfo"]["batchSize"] for told in bench.told] == [1]


def test_what_is_reported_is_tried_again_from_the_lowest_on() -> None:
    bench = StreamBench(mapping(report_batch_item_failures=True))
    outcomes = [reported("104", "103"), Outcome(Ending.DONE, b'{"batchItemFailures": []}')]
    bench.function.answer = lambda _: outcomes.pop(0)
    bench.run(RECORDS)
    assert bench.function.batches == [ALL, ["103", "104"]]


def test_a_large_report_is_read_elsewhere() -> None:
    bench = StreamBench(mapping(report_batch_item_failures=True))
    outcomes = [each._replace(payload=each.payload + b" " * LARGE) for each in (reported("104", "103"), reported())]
    bench.function.answer = lambda _: outcomes.pop(0)
    bench.run(RECORDS)
    assert bench.function.batches == [ALL, ["103", "104"]]
    assert bench.offload.works == ["reported_failures"] * 2


@pytest.mark.parametrize(
    "answer",
    [
        Outcome(Ending.DONE, b"no json"),
        Outcome(Ending.DONE, b"[" * 100_000),
        reported(""),
        reported(None),
        reported("no such number"),
        reported("103", key="foo"),
    ],
)
def test_a_report_that_cannot_be_understood_is_a_failure_of_the_whole_batch(answer: Outcome) -> None:
    bench = StreamBench(mapping(report_batch_item_failures=True))
    outcomes = [answer, SUCCEEDED]
    bench.function.answer = lambda _: outcomes.pop(0)
    bench.run(RECORDS)
    assert bench.function.batches == [ALL, ALL]


def test_a_report_is_nothing_to_a_mapping_that_has_none() -> None:
    bench = StreamBench(mapping())
    bench.function.answer = lambda _: reported("103")
    bench.run(RECORDS)
    assert bench.function.batches == [ALL]


def test_throttles_use_up_no_attempt() -> None:
    bench = StreamBench(mapping(maximum_retry_attempts=0, on_failure=QUEUE))
    outcomes = [THROTTLED, THROTTLED, SUCCEEDED]
    bench.function.answer = lambda _: outcomes.pop(0)
    bench.run(RECORDS)
    assert len(bench.function.batches) == 3
    assert bench.told == []


def test_records_that_are_too_old_are_given_up_and_the_others_go_on() -> None:
    bench = StreamBench(mapping(maximum_record_age=60, on_failure=QUEUE))
    bench.run([record(1, created=NOW - 61), record(2, created=NOW - 61), record(3, created=NOW - 10)])
    assert bench.function.batches == [["103"]]
    (told,) = bench.told
    document = json.loads(told.payload)
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"
    assert document["DDBStreamBatchInfo"]["batchSize"] == 2


def test_batches_are_counted_by_their_outcome() -> None:
    bench = StreamBench(mapping(report_batch_item_failures=True))
    outcomes = [reported("103"), SUCCEEDED]
    bench.function.answer = lambda _: outcomes.pop(0)
    bench.run(RECORDS)
    messages = bench.telemetry.counts.messages
    assert messages["work", "Changes", "succeeded"] == 4
    assert messages["work", "Changes", "failed"] == 2
