"""Where a stream is read from, in which order, and how far."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.event_sources.dynamodb.batches import lane_of
from esb_gateway.event_sources.dynamodb.records import read_record
from esb_gateway.event_sources.dynamodb.stream import TableStream
from esb_gateway.expiry.ttl_removals import TtlRemovals
from tests.gateway.event_sources.dynamodb.fakes import FAILED, NOW, SUCCEEDED, FakeStream, StreamBench, mapping, record

RECORDS = [record(number) for number in range(1, 6)]


def followed(bench: StreamBench, batches: int) -> list[list[str]]:
    """The batches, once there are so many."""
    asyncio.run(bench.follow(lambda: len(bench.function.batches) >= batches))
    return bench.function.batches


def test_a_new_mapping_begins_with_the_oldest_record_of_a_stream_that_is_new_as_well() -> None:
    bench = StreamBench(mapping(starting_position="LATEST", batch_size=2), FakeStream(*RECORDS))
    assert followed(bench, 3) == [["101", "102"], ["103", "104"], ["105"]]


def test_latest_is_after_what_an_older_stream_has() -> None:
    stream = FakeStream(*RECORDS[:3], created=NOW - 3600)
    bench = StreamBench(mapping(starting_position="LATEST"), stream)
    asyncio.run(bench.follow(lambda: bench.position() is not None and len(bench.slept) > 3))
    assert bench.function.batches == []
    stream.content["one"] += RECORDS[3:]
    assert followed(bench, 1) == [["104", "105"]]


def test_trim_horizon_is_the_oldest_record() -> None:
    bench = StreamBench(mapping(starting_position="TRIM_HORIZON"), FakeStream(*RECORDS, created=NOW - 3600))
    assert followed(bench, 1) == [["101", "102", "103", "104", "105"]]


def test_a_mapping_goes_on_after_its_checkpoint() -> None:
    bench = StreamBench(mapping(batch_size=3), FakeStream(*RECORDS))
    asyncio.run(bench.follow(lambda: bench.position() == "105"))
    bench.stream.content["one"].append(record(6))
    bench.stream.positions.clear()
    asyncio.run(bench.follow(lambda: bench.position() == "106"))
    assert bench.function.batches == [["101", "102", "103"], ["104", "105"], ["106"]]
    assert bench.stream.positions == ["105"]


def test_a_mapping_goes_on_after_a_checkpoint_of_an_older_version() -> None:
    bench = StreamBench(mapping(), FakeStream(*RECORDS))
    prefix = "dynamodb/work/Changes/orders/"
    bench.checkpoints.saved |= {prefix: "READ", f"{prefix}2026/": "KNOWN", f"{prefix}2026/one": "103"}
    assert followed(bench, 1) == [["104", "105"]]


def test_a_failure_blocks_its_shard_and_keeps_its_checkpoint() -> None:
    bench = StreamBench(mapping(batch_size=2), FakeStream(*RECORDS))
    bench.function.answer = lambda numbers: FAILED if "103" in numbers else SUCCEEDED
    asyncio.run(bench.follow(lambda: len(bench.function.batches) >= 4))
    assert bench.function.batches[:4] == [["101", "102"], ["103", "104"], ["103", "104"], ["103", "104"]]
    assert bench.position() == "102"


def test_a_parent_is_processed_before_its_children() -> None:
    stream = FakeStream(*RECORDS[:2])
    stream.content["two"] = [RECORDS[2]]
    stream.parents["two"] = "one"
    bench = StreamBench(mapping(), stream)
    asyncio.run(bench.follow(lambda: bench.position() == "102"))
    assert bench.position("two") is None
    stream.closed.add("one")
    asyncio.run(bench.follow(lambda: bench.position("two") == "103"))
    assert bench.position() == "FINISHED"
    assert bench.function.batches == [["101", "102"], ["103"]]


def test_a_start_of_a_database_that_makes_its_tables_anew_begins_at_the_end() -> None:
    first = StreamBench(mapping(starting_position="TRIM_HORIZON"), FakeStream(*RECORDS))
    asyncio.run(first.follow(lambda: first.position() == "105"))
    again = StreamBench(mapping(starting_position="TRIM_HORIZON"), FakeStream(*RECORDS), remakes_tables=True)
    again.checkpoints.saved = dict(first.checkpoints.saved)
    again.stream.label = "2027"
    asyncio.run(again.follow(lambda: any("2027/one" in name for name in again.checkpoints.saved)))
    again.stream.content["one"].append(record(6))
    assert followed(again, 1) == [["106"]]
    assert not any("/2026/" in name for name in again.checkpoints.saved)


def test_a_stream_that_is_made_anew_meanwhile_is_read_from_its_beginning() -> None:
    bench = StreamBench(mapping(starting_position="TRIM_HORIZON"), FakeStream(*RECORDS))
    asyncio.run(bench.follow(lambda: bench.position() == "105"))
    bench.stream = FakeStream(record(7))
    bench.stream.label = "2027"
    assert followed(bench, 2)[-1] == ["107"]


def test_a_shard_is_read_on_while_new_ones_cannot_be_looked_for() -> None:
    bench = StreamBench(mapping(), FakeStream(RECORDS[0]))
    bench.stream.not_described = 4
    asyncio.run(bench.follow(lambda: not bench.stream.not_described))
    bench.stream.content["one"].append(RECORDS[1])
    asyncio.run(bench.follow(lambda: bench.position() == "102" and len(bench.logged) > 3))
    assert len(bench.stream.positions) == 2, "one for each run"
    assert bench.function.batches == [["101"], ["102"]]
    assert [text for text in bench.logged if "batch" not in text] == [
        "work/Changes: the stream of orders cannot be read: does not answer",
        "work/Changes: the stream of orders is read again",
    ]


@pytest.mark.parametrize("saves", range(4))
def test_a_first_start_that_is_killed_loses_no_record(saves: int) -> None:
    killed = StreamBench(mapping(starting_position="TRIM_HORIZON", batch_size=3), FakeStream(*RECORDS))
    killed.checkpoints.saves = saves
    with pytest.raises(AssertionError):
        asyncio.run(killed.follow(lambda: False))
    again = StreamBench(mapping(starting_position="TRIM_HORIZON", batch_size=3), killed.stream)
    again.checkpoints.saved = killed.checkpoints.saved
    asyncio.run(again.follow(lambda: again.position() == "105"))
    seen = [number for batch in killed.function.batches + again.function.batches for number in batch]
    assert sorted(set(seen)) == ["101", "102", "103", "104", "105"]


@pytest.mark.parametrize("saves", range(5))
@pytest.mark.parametrize("start", ["TRIM_HORIZON", "LATEST"])
def test_a_table_that_was_made_anew_while_the_gateway_was_away_is_read_from_its_beginning(
    saves: int, start: str
) -> None:
    """Also if the next start is killed at any of its writes."""
    first = StreamBench(mapping(starting_position=start), FakeStream(*RECORDS))
    asyncio.run(first.follow(lambda: first.position() == "105"))
    stream = FakeStream(*(record(number) for number in range(6, 9)))
    stream.label, position = "2027", "dynamodb/work/Changes/orders/2027/one"
    killed = StreamBench(mapping(starting_position=start, batch_size=1), stream)
    killed.checkpoints.saved, killed.checkpoints.saves = first.checkpoints.saved, saves
    with pytest.raises(AssertionError):
        asyncio.run(killed.follow(lambda: False))
    again = StreamBench(mapping(starting_position=start), stream)
    again.checkpoints.saved = killed.checkpoints.saved
    asyncio.run(again.follow(lambda: again.checkpoints.saved.get(position) == "108"))
    seen = [number for batch in killed.function.batches + again.function.batches for number in batch]
    assert sorted(set(seen)) == ["106", "107", "108"]


def test_a_first_start_at_latest_that_is_killed_loses_no_record_after_it() -> None:
    stream = FakeStream(*RECORDS[:3], created=NOW - 3600)
    killed = StreamBench(mapping(starting_position="LATEST"), stream)
    killed.checkpoints.saves = 1  # the position, and not that the stream is begun with
    with pytest.raises(AssertionError):
        asyncio.run(killed.follow(lambda: False))
    stream.content["one"] += RECORDS[3:]
    again = StreamBench(mapping(starting_position="LATEST"), stream)
    again.checkpoints.saved = killed.checkpoints.saved
    assert followed(again, 1) == [["104", "105"]]


def test_the_table_is_not_described_while_the_stream_is_known_to_be_its_newest() -> None:
    bench = StreamBench(mapping(), FakeStream(*RECORDS))
    bench.stream.tells_newest = True
    asyncio.run(bench.follow(lambda: len(bench.slept) > 50))
    assert bench.found == 1
    bench.stream.tells_newest = False
    asyncio.run(bench.follow(lambda: len(bench.slept) > 100))
    assert bench.found > 2


class FakeClient:
    """Answers ListStreams."""

    def __init__(self, *labels: str) -> None:
        self.labels = labels

    async def call(self, operation: str, parameters: Any) -> dict[str, Any]:
        assert (operation, parameters) == ("ListStreams", {"TableName": "orders"})
        if not self.labels:
            raise AwsCallError("UnknownOperationException", "no such operation", 400)
        return {"Streams": [{"StreamLabel": label} for label in self.labels]}


@pytest.mark.parametrize(
    ("labels", "is_newest"), [(["2026"], True), (["2027", "2026"], False), (["2025", "2026"], True), ([], False)]
)
def test_the_newest_stream_is_the_one_with_the_last_label(labels: list[str], is_newest: bool) -> None:
    stream = TableStream(
        cast(AwsClient, FakeClient(*labels)), "arn:aws:…:table/orders/stream/2026", "orders", TtlRemovals()
    )
    assert asyncio.run(stream.is_newest()) is is_newest


def test_records_gather_for_the_window() -> None:
    stream = FakeStream(RECORDS[0])
    bench = StreamBench(mapping(maximum_batching_window=5, batch_size=3), stream)

    async def add_later() -> None:
        while not bench.slept:
            await asyncio.sleep(0)
        stream.content["one"] += RECORDS[1:]

    async def main() -> None:
        adding = asyncio.create_task(add_later())
        await bench.follow(lambda: len(bench.function.batches) >= 2)
        await adding

    asyncio.run(main())
    assert bench.function.batches[0] == ["101", "102", "103"]


def test_the_order_of_an_item_is_kept_in_all_lanes() -> None:
    keys = ["a", "b", "c", "d"]
    records = [record(number, keys[number % 4]) for number in range(40)]
    bench = StreamBench(mapping(parallelization_factor=3, batch_size=2), FakeStream(*records))
    asyncio.run(bench.follow(lambda: bench.position() == "139"))
    seen = [number for batch in bench.function.batches for number in batch]
    assert sorted(seen) == sorted(str(100 + number) for number in range(40))
    for key in range(4):
        of_item = [number for number in seen if (int(number) - 100) % 4 == key]
        assert of_item == sorted(of_item)
    assert {lane_of(read_record(mapping().view("2026"), each), 3) for each in records} <= {0, 1, 2}


def test_what_no_filter_wants_is_passed_over_and_counted() -> None:
    bench = StreamBench(mapping(filters=('{"dynamodb": {"Keys": {"id": {"S": ["2"]}}}}',)), FakeStream(*RECORDS))
    asyncio.run(bench.follow(lambda: bench.position() == "105"))
    assert bench.function.batches == [["102"]]
    assert bench.telemetry.counts.messages["work", "Changes", "filtered"] == 4


def test_an_iterator_that_has_expired_is_made_anew_after_the_checkpoint() -> None:
    bench = StreamBench(mapping(), FakeStream(*RECORDS))
    asyncio.run(bench.follow(lambda: bench.position() == "105"))
    bench.stream.failure = AwsCallError("ExpiredIteratorException", "too old", 400)
    bench.stream.content["one"].append(record(6))
    asyncio.run(bench.follow(lambda: bench.position() == "106"))
    assert bench.function.batches[-1] == ["106"]
