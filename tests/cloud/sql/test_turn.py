"""The turn of threads at one thing: one of them has it, and another one is woken only if there is something to do."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from esb_cloud.sql.turn import Turn

WAIT = 60.0  # seconds


def test_a_turn_that_is_offered_goes_to_another_thread_if_one_is_called() -> None:
    turn, has_it, may_leave = Turn(), Event(), Event()

    def other() -> None:
        turn.take()
        has_it.set()
        assert may_leave.wait(WAIT)
        turn.leave()

    with ThreadPoolExecutor(2) as pool:
        turn.take()
        others = pool.submit(other)
        turn.call()  # nothing is offered
        turn.offer()
        assert not has_it.is_set()
        turn.call()
        assert has_it.wait(WAIT)
        back: Future[None] = pool.submit(turn.take_back)
        assert not back.done()
        may_leave.set()
        back.result(WAIT)
        others.result(WAIT)


def test_a_turn_is_taken_back_if_nobody_is_called() -> None:
    turn = Turn()
    turn.take()
    turn.offer()
    turn.take_back()
    turn.call()  # it is not offered any more
    turn.offer()
    turn.take_back()
