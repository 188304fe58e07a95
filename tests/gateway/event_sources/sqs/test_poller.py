"""When messages are received, and what becomes of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.event_sources.sqs.poller import QueuePoller
from esb_gateway.invocation import Ending
from esb_gateway.tracing.lineage import with_invocation
from esb_wire.offload import LARGE, MANY_VALUES
from tests.fake_offload import FakeOffload
from tests.gateway.event_sources.sqs.fakes import ARN, Workbench, mapping, message
from tests.watching import until_async

FIFO = f"{ARN}.fifo"


def in_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@in_loop
async def test_what_was_processed_is_deleted() -> None:
    bench = Workbench(mapping())
    bench.respond(None)
    async with bench.polling():
        bench.queue.put(message(1, "a"), message(2, "b"))
        await until_async(lambda: bench.queue.deleted)
    assert bench.bodies() == [["a", "b"]]
    assert bench.queue.deleted == ["id-1", "id-2"]
    (line,) = bench.logged
    assert line["message"] == "work/Orders: batch of 2 from orders: done, 0 failed"
    assert (line["level"], line["function"], line["messages"], line["failed"]) == ("INFO", "work", 2, 0)


@pytest.mark.parametrize("ending", [Ending.FUNCTION_ERROR, Ending.TIMED_OUT, Ending.EXITED, Ending.INIT_ERROR])
def test_what_failed_stays_in_the_queue(ending: Ending) -> None:
    async def main() -> None:
        bench = Workbench(mapping())
        bench.respond({"errorMessage": "no"}, ending)
        async with bench.polling():
            bench.queue.put(message(1))
            await until_async(lambda: bench.logged)
            await until_async(lambda: bench.queue.waiting)
        assert bench.queue.deleted == []
        assert bench.queue.given_back == []  # it becomes visible when its time is over, as at Lambda
        assert bench.logged[0]["message"].endswith(f"{ending.value}, 1 failed")

    asyncio.run(main())


@in_loop
async def test_in_a_tested_stack_what_failed_is_received_again_at_once() -> None:
    bench = Workbench(mapping(report_batch_item_failures=True))
    bench.poller = QueuePoller(mapping(report_batch_item_failures=True), replace(bench.context, retries_at_once=True))
    bench.respond({"batchItemFailures": [{"itemIdentifier": "id-2"}]})
    async with bench.polling():
        bench.queue.put(message(1), message(2))
        await until_async(lambda: bench.logged)
    assert bench.queue.given_back == ["id-2"]


@in_loop
async def test_only_reported_messages_stay() -> None:
    bench = Workbench(mapping(report_batch_item_failures=True))
    bench.respond({"batchItemFailures": [{"itemIdentifier": "id-2"}]})
    async with bench.polling():
        bench.queue.put(message(1), message(2), message(3))
        await until_async(lambda: bench.logged)
    assert bench.queue.deleted == ["id-1", "id-3"]


@in_loop
async def test_what_became_of_messages_is_counted() -> None:
    bench = Workbench(mapping(report_batch_item_failures=True, filters=('{"body": ["a"]}',)))
    bench.respond({"batchItemFailures": [{"itemIdentifier": "id-2"}]})
    async with bench.polling():
        bench.queue.put(message(1, "a"), message(2, "a"), message(3, "b"))
        await until_async(lambda: bench.logged)
    counts = bench.context.telemetry.counts
    assert counts.batches == {("work", "Orders", "failed"): 1}
    assert counts.messages == {
        ("work", "Orders", "filtered"): 1,
        ("work", "Orders", "succeeded"): 1,
        ("work", "Orders", "failed"): 1,
    }


@in_loop
async def test_an_idle_mapping_holds_no_slot_and_receives_nothing() -> None:
    bench = Workbench(mapping())
    async with bench.polling():
        await until_async(lambda: bench.queue.waiting)
        assert bench.invoking.reservations.take("work")
        bench.invoking.reservations.give_back("work")
    assert bench.queue.received == []


@in_loop
async def test_nothing_is_received_while_no_slot_is_free() -> None:
    bench = Workbench(mapping())
    bench.respond(None)
    bench.free = 0
    async with bench.polling():
        bench.queue.put(message(1))
        await until_async(lambda: len(bench.slept) > 5)
        assert bench.queue.received == []
        bench.free = 1
        await until_async(lambda: bench.queue.deleted)


@in_loop
async def test_with_our_own_server_a_message_comes_as_soon_as_it_is_sent() -> None:
    bench = Workbench(mapping())
    bench.queue.can_hold = True
    bench.respond(None)
    async with bench.polling():
        await until_async(lambda: bench.queue.holding == 1)
        assert bench.invoking.reservations.can_take("work")  # it holds no slot while it waits
        assert not bench.invoking.tasks
        bench.queue.put(message(1, "a"))
        await until_async(lambda: bench.queue.deleted == ["id-1"])
        await until_async(lambda: bench.queue.holding == 2)
        bench.queue.put(message(2, "b"))
        await until_async(lambda: bench.queue.deleted == ["id-1", "id-2"])
    assert (bench.bodies(), bench.queue.waiting, bench.queue.received) == ([["a"], ["b"]], 0, [])


@in_loop
async def test_a_receive_is_undone_if_the_slot_is_not_free_any_more() -> None:
    bench = Workbench(mapping())
    bench.queue.can_hold = True
    bench.respond(None)
    async with bench.polling():
        await until_async(lambda: bench.queue.holding)
        bench.free = 0
        bench.queue.put(message(1))
        await until_async(lambda: bench.queue.undone == ["id-1"])
        await until_async(lambda: bench.queue.waiting)  # it only looks, as long as no slot is free
        bench.free = 1
        bench.queue.put(message(1))
        await until_async(lambda: bench.queue.deleted == ["id-1"])
    assert len(bench.invoker.submitted) == 1
    await until_async(lambda: bench.invoking.reservations.can_take("work"))


@in_loop
async def test_while_no_slot_is_free_a_mapping_only_looks() -> None:
    bench = Workbench(mapping())
    bench.queue.can_hold, bench.free = True, 0
    async with bench.polling():
        await until_async(lambda: bench.queue.waiting)
        assert bench.queue.holding == 0


@pytest.mark.parametrize("fields", [{"maximum_batching_window": 5}, {"batch_size": 11}])
def test_a_batch_that_gathers_is_not_received_with_its_first_message(fields: dict[str, Any]) -> None:
    async def main() -> None:
        bench = Workbench(mapping(**fields))
        bench.queue.can_hold = True
        async with bench.polling():
            await until_async(lambda: bench.queue.waiting)
            assert bench.queue.holding == 0

    asyncio.run(main())


@in_loop
async def test_a_mapping_that_is_stopped_waits_no_more_and_undoes_what_comes_just_then() -> None:
    bench = Workbench(mapping())
    bench.queue.can_hold = True
    async with bench.polling():
        await until_async(lambda: bench.queue.holding)
        bench.queue.messages.append(message(1))  # the server has it in its answer already
    await bench.invoking.finish(60)
    assert (bench.queue.undone, bench.invoker.submitted, bench.invoking.waiting) == (["id-1"], [], set())


@in_loop
async def test_a_receive_that_cannot_be_undone_is_logged_whatever_the_reason_and_the_mapping_goes_on() -> None:
    for failure in (AwsCallError("", "it does not answer"), RuntimeError("it does not answer")):
        await check_failed_undo(failure)


async def check_failed_undo(failure: Exception) -> None:
    bench = Workbench(mapping())
    bench.queue.can_hold = True
    async with bench.polling():
        await until_async(lambda: bench.queue.holding)
        bench.free, bench.queue.undo_failure = 0, failure
        bench.queue.put(message(1))
        await until_async(lambda: bench.logged)
        bench.free = 1
        bench.respond(None)
        bench.queue.put(message(2))
        await until_async(lambda: bench.queue.deleted == ["id-2"])
    (line, *_) = bench.logged
    assert line["level"] == "WARN"
    assert "messages of orders are received again when their time is over: it does not answer" in line["message"]


@in_loop
async def test_while_a_message_is_waited_for_a_server_that_fails_is_logged() -> None:
    bench = Workbench(mapping())
    bench.queue.can_hold = True
    bench.queue.failure = AwsCallError("", "it does not answer")
    async with bench.polling():
        await until_async(lambda: bench.logged)
        bench.queue.failure = None
        bench.respond(None)
        bench.queue.put(message(1))
        await until_async(lambda: bench.queue.deleted)


@in_loop
async def test_two_mappings_do_not_take_the_same_slot() -> None:
    bench, other = Workbench(mapping()), QueuePoller(mapping(), Workbench(mapping()).context)
    assert bench.invoking.reservations.take("work")
    assert not bench.invoking.reservations.take("work")
    bench.invoking.reservations.give_back("work")
    assert bench.invoking.reservations.take("work")
    assert other is not bench.poller


@in_loop
async def test_batches_above_ten_are_several_receives() -> None:
    bench = Workbench(mapping(batch_size=25, maximum_batching_window=1))
    bench.respond(None)
    async with bench.polling():
        bench.queue.put(*(message(number) for number in range(25)))
        await until_async(lambda: bench.queue.deleted)
    assert bench.queue.received[:3] == [10, 10, 5]
    assert [len(each) for each in bench.bodies()] == [25]


@in_loop
async def test_a_batch_gathers_until_it_is_full_or_the_window_is_over() -> None:
    bench = Workbench(mapping(batch_size=3, maximum_batching_window=5))
    bench.respond(None)
    async with bench.polling():
        bench.queue.put(message(1))
        await until_async(lambda: len(bench.queue.deleted) == 1)
        assert 5 <= bench.now < 6  # it waited in the queue, and not in the gateway
        bench.queue.put(message(2), message(3), message(4))
        await until_async(lambda: len(bench.queue.deleted) == 4)
    assert bench.now < 7
    assert [len(each) for each in bench.bodies()] == [1, 3]


@in_loop
async def test_as_many_batches_run_as_the_mapping_allows() -> None:
    bench = Workbench(mapping(batch_size=1, maximum_concurrency=2))
    bench.free = 10
    async with bench.polling():
        bench.queue.put(*(message(number) for number in range(5)))
        await until_async(lambda: len(bench.invoker.waiting) == 2)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(bench.invoker.submitted) == 2
        bench.finish()
        await until_async(lambda: len(bench.invoker.submitted) == 3)
    assert len(bench.queue.messages) == 2


@in_loop
async def test_messages_that_match_no_filter_are_deleted_at_once() -> None:
    bench = Workbench(mapping(filters=('{"body": {"kind": ["order"]}}',)))
    async with bench.polling():
        bench.queue.put(message(1, '{"kind": "bill"}'), message(2, '{"kind": "order"}'))
        await until_async(lambda: bench.invoker.submitted)
        assert bench.queue.deleted == ["id-1"]  # whatever the function does with the other
        assert bench.bodies() == [['{"kind": "order"}']]
        bench.finish({"errorMessage": "no"}, Ending.FUNCTION_ERROR)
        await until_async(lambda: bench.logged)
    assert bench.queue.deleted == ["id-1"]


@in_loop
async def test_large_messages_are_compared_and_encoded_elsewhere_as_small_ones_are_here() -> None:
    offload = FakeOffload()
    bench = Workbench(mapping(filters=('{"body": {"kind": ["order"]}}', '{"body": ["order"]}')), offload)
    bench.respond(None)
    for more, works in (
        ([], []),
        ([[]] * MANY_VALUES, ["_matched"]),
        (["x" * LARGE], ["_matched", "_payloads"]),
    ):
        offload.works.clear()
        bench.invoker.submitted.clear()
        bench.queue.deleted.clear()
        bill, order = (json.dumps({"kind": kind, "more": more}) for kind in ("bill", "order"))
        async with bench.polling():
            bench.queue.put(message(1, bill), message(2, order), message(3, "order"))
            await until_async(lambda: len(bench.queue.deleted) == 3)
        assert bench.queue.deleted[0] == "id-1"
        assert bench.bodies() == [[order, "order"]]
        assert offload.works == works


@in_loop
async def test_many_small_messages_are_compared_and_encoded_elsewhere() -> None:
    offload = FakeOffload()
    bench = Workbench(mapping(batch_size=101, filters=('{"body": ["order"]}',)), offload)
    bench.respond(None)
    bench.queue.put(*[message(number, "order" if number else "bill") for number in range(102)])
    async with bench.polling():
        await until_async(lambda: len(bench.queue.deleted) == 102)
    assert [len(bodies) for bodies in bench.bodies()] == [100, 1]
    assert offload.works == ["_matched"]


@in_loop
async def test_a_batch_that_is_encoded_elsewhere_is_parted_as_lambda_asks() -> None:
    offload = FakeOffload()
    bench = Workbench(mapping(), offload)
    bench.respond(None)
    async with bench.polling():
        bench.queue.put(*[message(number, "x" * 1024 * 1024) for number in range(10)])
        await until_async(lambda: len(bench.queue.deleted) == 10)
    assert [len(bodies) for bodies in bench.bodies()] == [5, 5]
    assert bench.queue.deleted == [f"id-{number}" for number in range(10)]
    assert offload.works == ["_payloads"]


@in_loop
async def test_without_a_matching_message_nothing_runs_and_the_slot_is_free() -> None:
    bench = Workbench(mapping(filters=('{"body": ["order"]}',)))
    async with bench.polling():
        bench.queue.put(message(1, "bill"))
        await until_async(lambda: bench.queue.deleted)
        await until_async(lambda: not bench.invoking.tasks)
        assert bench.invoking.reservations.take("work")
    assert bench.invoker.submitted == []


@in_loop
async def test_a_throttled_batch_is_tried_until_it_becomes_visible() -> None:
    """MESSAGING, SQS 5: throttling is no function error."""
    bench = Workbench(mapping())
    bench.respond(None)
    bench.invoker.throttle = "ReservedFunctionConcurrentInvocationLimitExceeded"
    bench.on_sleep = lambda: setattr(bench.invoker, "throttle", None)
    async with bench.polling():
        bench.queue.put(message(1))
        await until_async(lambda: bench.queue.deleted)
    assert bench.slept[0] == 0.5
    assert bench.queue.deleted == ["id-1"]


@in_loop
async def test_a_batch_that_is_throttled_for_too_long_goes_back() -> None:
    bench = Workbench(mapping())
    bench.invoker.throttle = "ReservedFunctionConcurrentInvocationLimitExceeded"
    async with bench.polling():
        bench.queue.put(message(1))
        await until_async(lambda: bench.queue.given_back)
    assert bench.now >= 30
    assert bench.queue.deleted == []


@in_loop
async def test_after_function_errors_the_next_batch_waits_longer() -> None:
    bench = Workbench(mapping(batch_size=1))
    bench.respond({"errorMessage": "no"}, Ending.FUNCTION_ERROR)
    async with bench.polling():
        bench.queue.put(*map(message, range(4)))
        await until_async(lambda: len(bench.logged) == 4)
    assert [pause for pause in bench.slept if pause >= 0.5][:2] == [0.5, 1.0]


@in_loop
async def test_reporting_failures_does_not_slow_the_polling() -> None:
    """MESSAGING, SQS 6: with ReportBatchItemFailures, polling does not back off."""
    bench = Workbench(mapping(batch_size=1, report_batch_item_failures=True))
    bench.respond({"errorMessage": "no"}, Ending.FUNCTION_ERROR)
    async with bench.polling():
        bench.queue.put(*map(message, range(3)))
        await until_async(lambda: len(bench.logged) == 3)
    assert [pause for pause in bench.slept if pause >= 0.5] == []


@in_loop
async def test_in_a_fifo_queue_nothing_overtakes_what_failed() -> None:
    bench = Workbench(mapping(FIFO))
    bench.respond({"errorMessage": "no"}, Ending.FUNCTION_ERROR)
    async with bench.polling():
        bench.queue.put(*(message(number, "x" * 1024 * 1024) for number in range(10)))  # two payloads
        await until_async(lambda: bench.queue.given_back)
    assert len(bench.invoker.submitted) == 1
    assert bench.queue.given_back == [f"id-{number}" for number in range(5, 10)]


@in_loop
async def test_a_server_that_does_not_answer_is_logged_once_and_tried_again() -> None:
    bench = Workbench(mapping())
    bench.respond(None)
    bench.queue.failure = AwsCallError("", "http://cloud:4566 does not answer")
    async with bench.polling():
        await until_async(lambda: len(bench.slept) > 3)
        bench.queue.failure = None
        bench.queue.put(message(1))
        await until_async(lambda: bench.queue.deleted)
    said = [(line["level"], line["message"]) for line in bench.logged]
    assert said[:2] == [
        ("ERROR", "work/Orders: nothing is received from orders: http://cloud:4566 does not answer"),
        ("INFO", "work/Orders: messages of orders are received again"),
    ]
    assert max(bench.slept) <= 10


@in_loop
async def test_deleting_is_tried_again() -> None:
    bench = Workbench(mapping())
    bench.respond(None)
    bench.queue.deletes_fail = 2
    async with bench.polling():
        bench.queue.put(message(1))
        await until_async(lambda: bench.queue.deleted)
    assert [line for line in bench.logged if line["level"] == "ERROR"] == []


@in_loop
async def test_what_runs_when_the_gateway_stops_is_still_deleted() -> None:
    bench = Workbench(mapping())
    async with bench.polling():
        bench.queue.put(message(1))
        await until_async(lambda: bench.invoker.waiting)
    bench.finish()
    await bench.invoking.finish(5)
    assert bench.queue.deleted == ["id-1"]


@in_loop
async def test_what_did_not_run_when_the_gateway_stops_is_given_back() -> None:
    bench = Workbench(mapping())
    async with bench.polling():
        bench.queue.put(message(1))
        await until_async(lambda: bench.invoker.waiting)
    bench.finish(ending=Ending.NOT_RUN)
    await bench.invoking.finish(5)
    assert bench.queue.given_back == ["id-1"]


@pytest.mark.parametrize("enabled", [True, False])
def test_without_a_server_or_disabled_nothing_is_received(*, enabled: bool) -> None:
    async def main() -> None:
        bench = Workbench(mapping(enabled=enabled))

        async def deliver(_event: object) -> None:
            raise AssertionError

        task = asyncio.create_task(bench.poller.run(deliver))
        await asyncio.sleep(0)
        assert not task.done()
        task.cancel()
        assert [line["message"] for line in bench.logged] == [
            "work/Orders: SQS_ENDPOINT is not set: nothing receives from orders"
        ]

    asyncio.run(main())


def in_chain(number: int, times: int) -> dict[str, Any]:
    """A message of a chain that has invoked the function so often."""
    trace = "Root=1-67a1b2c3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0"
    for _ in range(times):
        trace = with_invocation(trace, "work")
    return message(number, f"{number}", Attributes={"AWSTraceHeader": trace})


def test_a_message_in_a_loop_is_counted_once_however_often_it_is_received() -> None:
    async def main() -> None:
        bench = Workbench(mapping())
        bench.queue.dead_letters = True
        async with bench.polling():
            for times in range(1, 4):
                bench.queue.put(in_chain(1, 16))
                await until_async(lambda times=times: bench.queue.given_back.count("id-1") >= times)  # type: ignore[misc]
        assert bench.context.telemetry.counts.loops["work",] == 1
        assert len([line for line in bench.logged if line["level"] == "ERROR"]) == 1

    asyncio.run(main())


@pytest.mark.parametrize("has_dead_letters", [True, False])
def test_a_loop_ends_after_sixteen_invocations(has_dead_letters: bool) -> None:
    """Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops"."""

    async def main() -> None:
        bench = Workbench(mapping())
        bench.queue.dead_letters = has_dead_letters
        bench.respond(None)
        async with bench.polling():
            bench.queue.put(in_chain(1, 15), in_chain(2, 16))
            await until_async(lambda: "id-1" in bench.queue.deleted)
        assert bench.bodies() == [["1"]]
        gone = bench.queue.given_back if has_dead_letters else bench.queue.deleted
        assert "id-2" in gone
        (line,) = [line for line in bench.logged if line["level"] == "ERROR"]
        then = "go to the dead-letter queue of" if has_dead_letters else "are deleted from"
        assert (
            f"1 messages are not processed and {then} orders: their chain has invoked work 16 times" in line["message"]
        )
        assert bench.context.telemetry.counts.loops == {("work",): 1}

    asyncio.run(main())


@in_loop
async def test_a_function_that_may_loop_goes_on() -> None:
    bench = Workbench(mapping(may_loop=True))
    bench.respond(None)
    async with bench.polling():
        bench.queue.put(in_chain(1, 99))
        await until_async(lambda: bench.queue.deleted)
    assert bench.bodies() == [["1"]]


@in_loop
async def test_a_server_that_does_not_answer_loses_no_message_of_a_loop() -> None:
    bench = Workbench(mapping())
    bench.queue.dead_letters = False
    async with bench.polling():
        await until_async(lambda: bench.queue.waiting)
        bench.queue.put(in_chain(1, 16))
        bench.queue.failure = AwsCallError("", "it does not answer")
        await until_async(lambda: bench.queue.given_back)
    assert bench.queue.deleted == []
