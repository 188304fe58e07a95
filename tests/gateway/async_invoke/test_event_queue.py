"""The queue with a clock, a disk and functions in the hands of the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from esb_gateway.async_invoke.queue_context import RETRY_DISK
from esb_gateway.async_invoke.ready_events import MAX_EVENTS
from esb_gateway.invocation import Ending, NoSuchFunction, Outcome, Throttled
from esb_schemas.contract import Destination, EventInvoke
from esb_wire.offload import LARGE
from tests.fake_offload import GatedOffload
from tests.gateway.async_invoke.fakes import QueueFixture

MakeQueue = Callable[..., QueueFixture]


def test_an_event_runs_when_it_is_durable_and_is_gone_when_it_has_ended(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    first = fixture.accept(payload=b'{"a":1}')
    assert fixture.answers == [None]
    assert fixture.runs(first)
    assert fixture.invoker.submitted[0].payload == b'{"a":1}'
    assert fixture.queue.numbers().queued == 1
    fixture.end(first)
    assert (fixture.queue.numbers().queued, fixture.queue.numbers().kept) == (0, 0)


def test_what_the_disk_refuses_is_not_accepted_and_does_not_run(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    fixture.store.broken = True
    request_id = fixture.accept()
    assert [str(refusal) for refusal in fixture.answers] == ["The disk is broken."]
    assert not fixture.runs(request_id)


def test_retries_and_then_the_event_is_kept(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    request_id = fixture.accept()
    for delay in (60, 120):
        fixture.end(request_id, Ending.FUNCTION_ERROR, b'{"errorType":"E"}')
        fixture.wait(delay - 1)
        assert not fixture.runs(request_id)
        fixture.wait(1)
        assert fixture.runs(request_id)
    fixture.end(request_id, Ending.TIMED_OUT)
    assert (fixture.queue.numbers().queued, fixture.queue.numbers().kept) == (0, 1)
    assert fixture.lines == [
        "attempt 1 of the asynchronous invocation failed (function error); it runs again in 60 s",
        "attempt 2 of the asynchronous invocation failed (function error); it runs again in 120 s",
        "attempt 3 of the asynchronous invocation failed (timed out); it does not run again (RetriesExhausted)",
    ]


def test_retries_survive_a_kill(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    request_id = fixture.accept()
    fixture.end(request_id, Ending.FUNCTION_ERROR)
    fixture.wait(30)
    fixture.restart()
    assert not fixture.runs(request_id)
    fixture.wait(30)
    fixture.end(request_id, Ending.FUNCTION_ERROR)
    fixture.restart()
    fixture.wait(120)
    fixture.end(request_id, Ending.FUNCTION_ERROR)
    assert (fixture.queue.numbers().queued, fixture.queue.numbers().kept) == (0, 1)


def test_what_ran_at_a_kill_runs_again(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    ids = [fixture.accept() for _ in range(3)]
    fixture.restart()
    assert [fixture.runs(each) for each in ids] == [True, True, False]
    fixture.end(ids[0])
    assert fixture.runs(ids[2])


def test_an_orderly_stop_does_not_count_as_a_failure(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    stopped, failed = fixture.accept(), fixture.accept()
    fixture.queue.close()
    fixture.end(stopped, Ending.STOPPED)
    fixture.end(failed, Ending.FUNCTION_ERROR)
    fixture.restart()
    assert fixture.runs(stopped)
    assert not fixture.runs(failed)
    fixture.wait(60)
    assert fixture.runs(failed)


def test_throttles_wait_longer_each_time_and_use_up_no_retry(make_queue: MakeQueue) -> None:
    fixture = make_queue(work=EventInvoke(maximum_retry_attempts=0))
    fixture.invoker.refusal = Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
    request_id = fixture.accept()
    later = fixture.accept()
    counts = []
    for _ in range(14):
        counts.append(fixture.invoker.refused)
        fixture.wait(1)
    assert counts == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4]
    fixture.invoker.refusal = None
    assert not fixture.runs(request_id)
    fixture.wait(1)
    assert fixture.runs(request_id)
    assert fixture.runs(later)
    fixture.end(request_id)
    assert fixture.queue.numbers().kept == 0


@pytest.mark.parametrize("refusal", [Throttled("CallerRateLimitExceeded"), NoSuchFunction("work")])
def test_throttles_go_on_until_the_age_is_over(make_queue: MakeQueue, refusal: Exception) -> None:
    fixture = make_queue(work=EventInvoke(maximum_event_age=100, on_failure=Destination("audit")), audit=EventInvoke())
    fixture.invoker.refusal = refusal
    fixture.accept()
    fixture.wait(99)
    assert fixture.queue.numbers().queued == 1
    fixture.invoker.refusal = None
    fixture.wait(100)
    (record,) = fixture.invoker.submitted
    assert json.loads(record.payload)["requestContext"] == {
        "requestId": "id-1",
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:work:$LATEST",
        "condition": "EventAgeExceeded",
        "approximateInvokeCount": 0,
    }


def test_a_function_that_is_there_again_gets_its_events_at_once(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    fixture.invoker.refusal = NoSuchFunction("work")
    request_id = fixture.accept()
    fixture.wait(1000)
    fixture.invoker.refusal = None
    assert not fixture.runs(request_id)
    fixture.queue.reconfigured()
    fixture.settle()
    assert fixture.runs(request_id)


def test_who_asks_for_an_event_to_run_need_not_wait_for_the_throttle(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    fixture.invoker.refusal = Throttled("CallerRateLimitExceeded")
    request_id = fixture.accept()
    fixture.wait(1000)
    fixture.invoker.refusal = None
    found: list[object] = []
    fixture.queue.retry(request_id, found.append, found.append)
    fixture.settle()
    assert found == [True]
    assert fixture.runs(request_id)


def test_what_waited_for_a_slot_in_vain_is_throttled(make_queue: MakeQueue) -> None:
    fixture = make_queue(work=EventInvoke(maximum_retry_attempts=0))
    request_id = fixture.accept()
    fixture.end(request_id, Ending.NOT_RUN)
    assert not fixture.runs(request_id)
    fixture.wait(1)
    assert fixture.runs(request_id)


def test_without_any_concurrency_nothing_is_tried(make_queue: MakeQueue) -> None:
    fixture = make_queue(reserved=0)
    fixture.accept()
    assert (fixture.invoker.submitted, fixture.queue.numbers().queued, fixture.queue.numbers().kept) == ([], 0, 1)
    assert fixture.lines == ["the asynchronous invocation does not run: ZeroReservedConcurrency"]


def test_the_record_goes_to_a_function_as_an_event_of_its_own(make_queue: MakeQueue) -> None:
    policy = EventInvoke(0, on_success=Destination("audit"), on_failure=Destination("alarm"))
    fixture = make_queue(work=policy, audit=EventInvoke(), alarm=EventInvoke())
    good, bad = fixture.accept(payload=b"1"), fixture.accept(payload=b"2")
    fixture.end(good, payload=b'"fine"')
    fixture.end(bad, Ending.FUNCTION_ERROR, b'{"errorType":"E"}')
    audit, alarm = fixture.invoker.submitted[2:]
    assert (audit.function, alarm.function) == ("audit", "alarm")
    assert audit.arn == "arn:aws:lambda:us-east-1:123456789012:function:audit"
    assert audit.request_id != good
    said = json.loads(audit.payload)
    assert (said["requestContext"]["condition"], said["requestPayload"], said["responsePayload"]) == (
        "Success",
        1,
        "fine",
    )
    said = json.loads(alarm.payload)
    assert (said["requestContext"]["condition"], said["requestPayload"]) == ("RetriesExhausted", 2)
    assert said["responsePayload"] == {"errorType": "E"}
    assert (fixture.queue.numbers().queued, fixture.queue.numbers().kept) == (2, 0)


def test_the_record_is_not_lost_in_a_kill(make_queue: MakeQueue) -> None:
    fixture = make_queue(work=EventInvoke(on_success=Destination("audit")), audit=EventInvoke())
    fixture.end(fixture.accept())
    fixture.restart()
    (audit,) = fixture.invoker.submitted
    assert audit.function == "audit"


def test_what_no_function_takes_is_kept(make_queue: MakeQueue) -> None:
    stream = Destination(arn="arn:aws:kinesis:us-east-1:123456789012:stream/done")
    fixture = make_queue(work=EventInvoke(0, on_success=stream, on_failure=Destination("audit"), dead_letter=stream))
    fixture.end(fixture.accept())
    assert fixture.queue.numbers().kept == 1
    fixture.end(fixture.accept(), Ending.FUNCTION_ERROR)
    assert fixture.queue.numbers().kept == 2  # audit is not there, and nothing sends to streams


def test_queues_get_records_and_dead_letters(make_queue: MakeQueue) -> None:
    queue = Destination(arn="arn:aws:sqs:us-east-1:123456789012:done")
    fixture = make_queue(work=EventInvoke(0, on_success=queue, on_failure=queue, dead_letter=queue))
    fixture.end(fixture.accept(payload=b"1"))
    (success,) = (sent for sent in fixture.invoker.submitted if sent.function == queue.arn)
    assert json.loads(success.payload)["requestContext"]["condition"] == "Success"
    assert success.client_context == "{}"
    fixture.end(success.request_id)
    failed = fixture.accept(payload=b'{"n": 1.10}')
    fixture.end(failed, Ending.FUNCTION_ERROR, b'{"errorMessage": "no"}')
    failure, letter = fixture.invoker.submitted[-2:]
    assert json.loads(failure.payload)["requestContext"]["condition"] == "RetriesExhausted"
    assert letter.payload == b'{"n": 1.10}'
    assert json.loads(letter.client_context or "")["MessageAttributes"] == {
        "RequestID": {"DataType": "String", "StringValue": failed},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": "no"},
    }
    fixture.end(failure.request_id)
    fixture.end(letter.request_id)
    assert (fixture.queue.numbers().queued, fixture.queue.numbers().kept) == (0, 0)


def test_topics_get_dead_letters_and_buses_get_records(make_queue: MakeQueue) -> None:
    topic = Destination(arn="arn:aws:sns:us-east-1:123456789012:alarms")
    bus = Destination(arn="arn:aws:events:us-east-1:123456789012:event-bus/shop")
    fixture = make_queue(work=EventInvoke(0, on_success=bus, on_failure=bus, dead_letter=topic))
    fixture.end(fixture.accept(payload=b"1"))
    (success,) = (sent for sent in fixture.invoker.submitted if sent.function == bus.arn)
    assert json.loads(success.client_context or "") == {
        "Source": "lambda",
        "DetailType": "Lambda Function Invocation Result - Success",
        "Resources": [bus.arn, "arn:aws:lambda:us-east-1:123456789012:function:work:$LATEST"],
    }
    fixture.end(success.request_id)
    fixture.end(fixture.accept(payload=b'{"n": 1.10}'), Ending.FUNCTION_ERROR, b'{"errorMessage": "no"}')
    failure, letter = fixture.invoker.submitted[-2:]
    assert json.loads(failure.client_context or "")["DetailType"] == "Lambda Function Invocation Result - Failure"
    assert (letter.function, letter.payload) == (topic.arn, b'{"n": 1.10}')
    assert json.loads(letter.client_context or "")["ErrorMessage"] == ["String", "no"]


def test_what_a_large_response_says_is_read_elsewhere(make_queue: MakeQueue) -> None:
    queue = Destination(arn="arn:aws:sqs:us-east-1:123456789012:done")
    fixture = make_queue(work=EventInvoke(0, on_success=queue, dead_letter=queue), alone=EventInvoke(0))
    more = ["x" * LARGE]
    fixture.end(fixture.accept("alone"), payload=json.dumps(more).encode())  # nobody gets it
    assert fixture.offload.works == []
    fixture.end(fixture.accept(), payload=json.dumps(more).encode())
    assert json.loads(fixture.invoker.submitted[-1].payload)["responsePayload"] == more
    error = json.dumps({"errorMessage": "no", "more": more}).encode()
    fixture.end(fixture.accept(), Ending.FUNCTION_ERROR, error)
    letter = json.loads(fixture.invoker.submitted[-1].client_context or "")
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no"
    assert fixture.offload.works == ["read_response"] * 2


def test_an_end_whose_response_cannot_be_read_is_written_later(make_queue: MakeQueue) -> None:
    fixture = make_queue(work=EventInvoke(0, on_success=Destination("audit")), audit=EventInvoke())
    fixture.offload.broken = RuntimeError("no process")
    fixture.end(fixture.accept(), payload=b'"' + b"x" * LARGE + b'"')
    assert fixture.queue.numbers().queued == 1
    assert fixture.lines == [
        "The response of work cannot be read: RuntimeError('no process'). The end of the event is written as soon as "
        "possible."
    ]
    fixture.offload.broken = None
    asyncio.run(fixture.wait_in_loop(RETRY_DISK))
    assert fixture.invoker.submitted[-1].function == "audit"


def test_a_stop_waits_for_the_response_that_is_read_elsewhere(make_queue: MakeQueue) -> None:
    fixture = make_queue(work=EventInvoke(0, on_success=Destination("audit")), audit=EventInvoke())
    offload = fixture.offload = GatedOffload()
    fixture.restart()
    request_id = fixture.accept()

    async def stop() -> None:
        fixture.invoker.running.pop(request_id)(Outcome(Ending.DONE, b'"' + b"x" * LARGE + b'"'))
        fixture.queue.close()
        finished = asyncio.create_task(fixture.queue.finish(3600))
        await offload.asked.wait()
        assert not finished.done()
        offload.gate.set()
        await finished

    asyncio.run(stop())
    fixture.settle()
    fixture.restart()
    assert [each.function for each in fixture.invoker.submitted] == ["audit"]


def test_a_stop_does_not_wait_for_ever(make_queue: MakeQueue) -> None:
    fixture = make_queue(work=EventInvoke(0, on_success=Destination("audit")), audit=EventInvoke())
    fixture.offload = GatedOffload()
    fixture.restart()
    request_id = fixture.accept()

    async def stop() -> None:
        fixture.invoker.running.pop(request_id)(Outcome(Ending.DONE, b'"' + b"x" * LARGE + b'"'))
        fixture.queue.close()
        await fixture.queue.finish(0)

    asyncio.run(stop())
    fixture.restart()
    assert [each.function for each in fixture.invoker.submitted] == ["work"]


def test_records_do_not_go_round_for_ever(make_queue: MakeQueue) -> None:
    fixture = make_queue(work=EventInvoke(0, on_success=Destination("work")))
    fixture.accept()
    for _ in range(100):
        for request_id in list(fixture.invoker.running):
            fixture.end(request_id)
    assert len(fixture.invoker.submitted) == 16
    assert (fixture.queue.numbers().queued, fixture.queue.numbers().kept) == (0, 1)


def test_a_record_that_is_too_large_for_an_event_is_kept(make_queue: MakeQueue) -> None:
    fixture = make_queue(work=EventInvoke(0, on_success=Destination("audit")), audit=EventInvoke())
    fixture.end(fixture.accept(), payload=b'"' + b"x" * 1024 * 1024 + b'"')
    assert (fixture.queue.numbers().queued, fixture.queue.numbers().kept) == (0, 1)


def test_few_events_are_in_memory_however_many_there_are(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    ids = [fixture.accept() for _ in range(1000)]
    (queue,) = fixture.queue._queues.values()
    most = 0
    while fixture.invoker.running:
        most = max(most, len(queue.ready))
        fixture.end(next(iter(fixture.invoker.running)))
    assert [invocation.request_id for invocation in fixture.invoker.submitted] == ids
    assert fixture.queue.numbers().queued == 0
    assert most <= MAX_EVENTS


def test_large_events_are_in_memory_one_or_two_at_a_time(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    for _ in range(12):
        fixture.accept(payload=b'"' + b"x" * 1000_000 + b'"')
    (queue,) = fixture.queue._queues.values()
    while fixture.invoker.running:
        assert queue.ready.bytes <= 2 * 1024 * 1024
        fixture.end(next(iter(fixture.invoker.running)))
    assert len(fixture.invoker.submitted) == 12


def test_a_busy_function_holds_up_no_other(make_queue: MakeQueue) -> None:
    fixture = make_queue(other=EventInvoke())
    for _ in range(200):
        fixture.accept("work")
    assert fixture.runs(fixture.accept("other"))
    fixture.restart()
    assert sorted(invocation.function for invocation in fixture.invoker.submitted) == ["other", "work", "work"]


def test_a_disk_that_fails_at_the_end_of_a_run_is_asked_again(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    done, failed = fixture.accept(), fixture.accept()
    fixture.store.broken = True
    fixture.end(done)
    fixture.end(failed, Ending.FUNCTION_ERROR)
    assert fixture.queue.numbers().queued == 2
    fixture.wait(3)
    fixture.store.broken = False
    fixture.wait(1)
    assert fixture.queue.numbers().queued == 1
    assert len(fixture.invoker.submitted) == 2
    assert len([line for line in fixture.lines if "The disk is broken." in line]) == 1
    fixture.wait(60)
    assert fixture.runs(failed)


def test_a_disk_that_cannot_be_read_when_a_retry_is_due_is_asked_again(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    request_id = fixture.accept()
    fixture.end(request_id, Ending.FUNCTION_ERROR)
    fixture.store.broken = True
    fixture.wait(65)
    fixture.store.broken = False
    fixture.wait(1)
    assert fixture.runs(request_id)


def test_a_full_file_refuses_events_and_takes_them_again(make_queue: MakeQueue) -> None:
    fixture = make_queue(max_bytes=1_000_000)
    ids = [fixture.accept(payload=b'"' + b"x" * 100_000 + b'"') for _ in range(20)]
    refused = [refusal for refusal in fixture.answers if refusal is not None]
    assert 0 < len(refused) < 20
    assert all(refusal.full and "ESB_EVENTS_MAX_BYTES" in str(refusal) for refusal in refused)
    while fixture.invoker.running:
        fixture.end(next(iter(fixture.invoker.running)))
    assert len(fixture.invoker.submitted) == 20 - len(refused)
    assert fixture.runs(fixture.accept())
    assert len(ids) == 20


def test_a_clock_that_is_put_back_does_not_hold_up_a_retry(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    request_id = fixture.accept()
    fixture.end(request_id, Ending.FUNCTION_ERROR)
    (timer,) = [timer for timer in fixture.timers if 0 < timer.at - fixture.now < 600]
    fixture.now -= 86400
    fixture.timers.remove(timer)
    timer.call()  # the loop's clock goes on
    fixture.settle()
    assert fixture.runs(request_id)


def test_the_age_is_that_of_the_oldest_queued_event(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    assert fixture.queue.numbers().oldest_age == 0
    fixture.accept()
    fixture.wait(5)
    fixture.accept()
    fixture.wait(2)
    assert (fixture.queue.numbers().queued, fixture.queue.numbers().oldest_age) == (2, 7)


def test_when_all_events_are_cleared_none_runs_and_none_is_tried_again(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    running = [fixture.accept() for _ in range(2)]
    waiting = fixture.accept()
    cleared: list[bool] = []
    fixture.queue.clear(lambda: cleared.append(True), lambda _: None)
    fixture.settle()
    assert cleared == [True]
    assert (fixture.queue.numbers().queued, fixture.queue.numbers().kept) == (0, 0)
    for request_id in running:
        fixture.end(request_id, Ending.FUNCTION_ERROR)
    fixture.wait(1000)
    assert not fixture.runs(waiting)
    assert len(fixture.invoker.submitted) == 2
    assert (fixture.queue.numbers().queued, fixture.queue.numbers().kept) == (0, 0)
    assert fixture.runs(fixture.accept())
