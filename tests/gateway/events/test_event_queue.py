"""The queue with a clock, a disk and functions in the hands of the test."""

from __future__ import annotations

import json
from typing import Any

import pytest

from esb_gateway.async_invoke.function_queue import READY
from esb_gateway.invocation import Destination, Ending, EventInvoke, NoSuchFunction, Throttled


def test_an_event_runs_when_it_is_durable_and_is_gone_when_it_has_ended(make_world: Any) -> None:
    world = make_world()
    first = world.accept(payload=b'{"a":1}')
    assert world.answers == [None]
    assert world.runs(first)
    assert world.invoker.submitted[0].payload == b'{"a":1}'
    assert world.queue.queued == 1
    world.end(first)
    assert (world.queue.queued, world.queue.kept) == (0, 0)


def test_what_the_disk_refuses_is_not_accepted_and_does_not_run(make_world: Any) -> None:
    world = make_world()
    world.store.broken = True
    request_id = world.accept()
    assert [str(refusal) for refusal in world.answers] == ["The disk is broken."]
    assert not world.runs(request_id)


def test_retries_and_then_the_event_is_kept(make_world: Any) -> None:
    world = make_world()
    request_id = world.accept()
    for delay in (60, 120):
        world.end(request_id, Ending.FUNCTION_ERROR, b'{"errorType":"E"}')
        world.wait(delay - 1)
        assert not world.runs(request_id)
        world.wait(1)
        assert world.runs(request_id)
    world.end(request_id, Ending.TIMED_OUT)
    assert (world.queue.queued, world.queue.kept) == (0, 1)
    assert world.lines == [
        "attempt 1 of the asynchronous invocation failed (function error); it runs again in 60 s",
        "attempt 2 of the asynchronous invocation failed (function error); it runs again in 120 s",
        "attempt 3 of the asynchronous invocation failed (timed out); it does not run again (RetriesExhausted)",
    ]


def test_retries_survive_a_kill(make_world: Any) -> None:
    world = make_world()
    request_id = world.accept()
    world.end(request_id, Ending.FUNCTION_ERROR)
    world.wait(30)
    world.restart()
    assert not world.runs(request_id)
    world.wait(30)
    world.end(request_id, Ending.FUNCTION_ERROR)
    world.restart()
    world.wait(120)
    world.end(request_id, Ending.FUNCTION_ERROR)
    assert (world.queue.queued, world.queue.kept) == (0, 1)


def test_what_ran_at_a_kill_runs_again(make_world: Any) -> None:
    world = make_world()
    ids = [world.accept() for _ in range(3)]
    world.restart()
    assert [world.runs(each) for each in ids] == [True, True, False]
    world.end(ids[0])
    assert world.runs(ids[2])


def test_an_orderly_stop_does_not_count_as_a_failure(make_world: Any) -> None:
    world = make_world()
    stopped, failed = world.accept(), world.accept()
    world.queue.close()
    world.end(stopped, Ending.EXITED)
    world.end(failed, Ending.FUNCTION_ERROR)
    world.restart()
    assert world.runs(stopped)
    assert not world.runs(failed)
    world.wait(60)
    assert world.runs(failed)


def test_throttles_wait_longer_each_time_and_use_up_no_retry(make_world: Any) -> None:
    world = make_world(work=EventInvoke(maximum_retry_attempts=0))
    world.invoker.refusal = Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
    request_id = world.accept()
    later = world.accept()
    counts = []
    for _ in range(14):
        counts.append(world.invoker.refused)
        world.wait(1)
    assert counts == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4]
    world.invoker.refusal = None
    assert not world.runs(request_id)
    world.wait(1)
    assert world.runs(request_id)
    assert world.runs(later)
    world.end(request_id)
    assert world.queue.kept == 0


@pytest.mark.parametrize("refusal", [Throttled("CallerRateLimitExceeded"), NoSuchFunction("work")])
def test_throttles_go_on_until_the_age_is_over(make_world: Any, refusal: Exception) -> None:
    world = make_world(work=EventInvoke(maximum_event_age=100, on_failure=Destination("audit")), audit=EventInvoke())
    world.invoker.refusal = refusal
    world.accept()
    world.wait(99)
    assert world.queue.queued == 1
    world.invoker.refusal = None
    world.wait(100)
    (record,) = world.invoker.submitted
    assert json.loads(record.payload)["requestContext"] == {
        "requestId": "id-1",
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:work:$LATEST",
        "condition": "EventAgeExceeded",
        "approximateInvokeCount": 0,
    }


def test_a_function_that_is_there_again_gets_its_events_at_once(make_world: Any) -> None:
    world = make_world()
    world.invoker.refusal = NoSuchFunction("work")
    request_id = world.accept()
    world.wait(1000)
    world.invoker.refusal = None
    assert not world.runs(request_id)
    world.queue.reconfigured()
    world.settle()
    assert world.runs(request_id)


def test_who_asks_for_an_event_to_run_need_not_wait_for_the_throttle(make_world: Any) -> None:
    world = make_world()
    world.invoker.refusal = Throttled("CallerRateLimitExceeded")
    request_id = world.accept()
    world.wait(1000)
    world.invoker.refusal = None
    found: list[bool] = []
    world.queue.retry(request_id, found.append, found.append)
    world.settle()
    assert found == [True]
    assert world.runs(request_id)


def test_what_waited_for_a_slot_in_vain_is_throttled(make_world: Any) -> None:
    world = make_world(work=EventInvoke(maximum_retry_attempts=0))
    request_id = world.accept()
    world.end(request_id, Ending.NOT_RUN)
    assert not world.runs(request_id)
    world.wait(1)
    assert world.runs(request_id)


def test_without_any_concurrency_nothing_is_tried(make_world: Any) -> None:
    world = make_world(reserved=0)
    world.accept()
    assert (world.invoker.submitted, world.queue.queued, world.queue.kept) == ([], 0, 1)
    assert world.lines == ["the asynchronous invocation does not run: ZeroReservedConcurrency"]


def test_the_record_goes_to_a_function_as_an_event_of_its_own(make_world: Any) -> None:
    policy = EventInvoke(0, on_success=Destination("audit"), on_failure=Destination("alarm"))
    world = make_world(work=policy, audit=EventInvoke(), alarm=EventInvoke())
    good, bad = world.accept(payload=b"1"), world.accept(payload=b"2")
    world.end(good, payload=b'"fine"')
    world.end(bad, Ending.FUNCTION_ERROR, b'{"errorType":"E"}')
    audit, alarm = world.invoker.submitted[2:]
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
    assert (world.queue.queued, world.queue.kept) == (2, 0)


def test_the_record_is_not_lost_in_a_kill(make_world: Any) -> None:
    world = make_world(work=EventInvoke(on_success=Destination("audit")), audit=EventInvoke())
    world.end(world.accept())
    world.restart()
    (audit,) = world.invoker.submitted
    assert audit.function == "audit"


def test_what_no_function_takes_is_kept(make_world: Any) -> None:
    queue = Destination(arn="arn:aws:sqs:us-east-1:123456789012:done")
    world = make_world(work=EventInvoke(0, on_success=queue, on_failure=Destination("audit"), dead_letter=queue))
    world.end(world.accept())
    assert world.queue.kept == 1
    world.end(world.accept(), Ending.FUNCTION_ERROR)
    assert world.queue.kept == 2  # audit is not there, and the queue takes nothing


def test_records_do_not_go_round_for_ever(make_world: Any) -> None:
    world = make_world(work=EventInvoke(0, on_success=Destination("work")))
    world.accept()
    for _ in range(100):
        for request_id in list(world.invoker.running):
            world.end(request_id)
    assert len(world.invoker.submitted) == 17
    assert (world.queue.queued, world.queue.kept) == (0, 1)


def test_a_record_that_is_too_large_for_an_event_is_kept(make_world: Any) -> None:
    world = make_world(work=EventInvoke(0, on_success=Destination("audit")), audit=EventInvoke())
    world.end(world.accept(), payload=b'"' + b"x" * 1024 * 1024 + b'"')
    assert (world.queue.queued, world.queue.kept) == (0, 1)


def test_few_events_are_in_memory_however_many_there_are(make_world: Any) -> None:
    world = make_world()
    ids = [world.accept() for _ in range(1000)]
    (lane,) = world.queue._lanes.values()
    most = 0
    while world.invoker.running:
        most = max(most, len(lane.ready))
        world.end(next(iter(world.invoker.running)))
    assert [invocation.request_id for invocation in world.invoker.submitted] == ids
    assert world.queue.queued == 0
    assert most <= READY


def test_large_events_are_in_memory_one_or_two_at_a_time(make_world: Any) -> None:
    world = make_world()
    for _ in range(12):
        world.accept(payload=b'"' + b"x" * 1000_000 + b'"')
    (lane,) = world.queue._lanes.values()
    while world.invoker.running:
        assert lane.ready_bytes <= 2 * 1024 * 1024
        world.end(next(iter(world.invoker.running)))
    assert len(world.invoker.submitted) == 12


def test_a_busy_function_holds_up_no_other(make_world: Any) -> None:
    world = make_world(other=EventInvoke())
    for _ in range(200):
        world.accept("work")
    assert world.runs(world.accept("other"))
    world.restart()
    assert sorted(invocation.function for invocation in world.invoker.submitted) == ["other", "work", "work"]


def test_a_disk_that_fails_at_the_end_of_a_run_is_asked_again(make_world: Any) -> None:
    world = make_world()
    done, failed = world.accept(), world.accept()
    world.store.broken = True
    world.end(done)
    world.end(failed, Ending.FUNCTION_ERROR)
    assert world.queue.queued == 2
    world.wait(3)
    world.store.broken = False
    world.wait(1)
    assert world.queue.queued == 1
    assert len(world.invoker.submitted) == 2
    assert len([line for line in world.lines if "The disk is broken." in line]) == 1
    world.wait(60)
    assert world.runs(failed)


def test_a_disk_that_cannot_be_read_when_a_retry_is_due_is_asked_again(make_world: Any) -> None:
    world = make_world()
    request_id = world.accept()
    world.end(request_id, Ending.FUNCTION_ERROR)
    world.store.broken = True
    world.wait(65)
    world.store.broken = False
    world.wait(1)
    assert world.runs(request_id)


def test_a_full_file_refuses_events_and_takes_them_again(make_world: Any) -> None:
    world = make_world(max_bytes=1_000_000)
    ids = [world.accept(payload=b'"' + b"x" * 100_000 + b'"') for _ in range(20)]
    refused = [refusal for refusal in world.answers if refusal is not None]
    assert 0 < len(refused) < 20
    assert all(refusal.full and "ESB_EVENTS_MAX_BYTES" in str(refusal) for refusal in refused)
    while world.invoker.running:
        world.end(next(iter(world.invoker.running)))
    assert len(world.invoker.submitted) == 20 - len(refused)
    assert world.runs(world.accept())
    assert len(ids) == 20


def test_a_clock_that_is_put_back_does_not_hold_up_a_retry(make_world: Any) -> None:
    world = make_world()
    request_id = world.accept()
    world.end(request_id, Ending.FUNCTION_ERROR)
    (timer,) = [timer for timer in world.timers if 0 < timer.at - world.now < 600]
    world.now -= 86400
    world.timers.remove(timer)
    timer.call()  # the loop's clock goes on
    world.settle()
    assert world.runs(request_id)


def test_the_numbers(make_world: Any) -> None:
    world = make_world()
    assert world.queue.oldest_age == 0
    world.accept()
    world.wait(5)
    world.accept()
    world.wait(2)
    assert (world.queue.queued, world.queue.oldest_age) == (2, 7)
