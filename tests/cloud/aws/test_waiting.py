"""Calls that wait: called again one after the other, each answered once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from esb_cloud.aws.waiting import Waiters


@dataclass
class FakeTimer:
    due: float
    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class FakeLoop:
    """An event loop whose time the test moves."""

    time: float = 0.0
    timers: list[FakeTimer] = field(default_factory=list)

    def call_later(self, seconds: float, call: Callable[[], None]) -> FakeTimer:
        self.timers.append(FakeTimer(self.time + seconds, call))
        return self.timers[-1]

    def advance(self, seconds: float) -> None:
        self.time += seconds
        for timer in [timer for timer in self.timers if timer.due <= self.time and not timer.cancelled]:
            timer.cancelled = True
            timer.call()


@dataclass(eq=False)
class FakeWaiter:
    is_connected: bool = True
    retries: int = 0
    given_up: int = 0

    def retry(self) -> None:
        self.retries += 1

    def leave(self) -> None:
        self.given_up += 1


def waiting_on(loop: FakeLoop) -> Waiters[FakeWaiter]:
    return Waiters(lambda: loop.time, loop.call_later)


def test_a_signal_calls_the_first_again_and_then_the_next() -> None:
    loop = FakeLoop()
    waiters, first, second = waiting_on(loop), FakeWaiter(), FakeWaiter()
    waiters.add("key", first, None)
    waiters.add("key", second, None)
    waiters.signal("key")
    assert (first.retries, second.retries) == (1, 0)
    waiters.answered("key", first)
    assert (first.retries, second.retries) == (1, 1)
    waiters.wait_on("key", second, None)
    assert (second.retries, len(waiters)) == (1, 1)


def test_a_signal_while_one_is_called_again_calls_it_once_more() -> None:
    loop = FakeLoop()
    waiters, waiter = waiting_on(loop), FakeWaiter()
    waiters.add("key", waiter, None)
    waiters.signal("key")
    waiters.signal("key")
    assert waiter.retries == 1
    waiters.wait_on("key", waiter, None)
    assert waiter.retries == 2


def test_the_first_keeps_its_place_if_it_got_nothing() -> None:
    loop = FakeLoop()
    waiters, first, second = waiting_on(loop), FakeWaiter(), FakeWaiter()
    waiters.add("key", first, None)
    waiters.add("key", second, None)
    waiters.signal("key")
    waiters.wait_on("key", first, None)
    waiters.signal("key")
    assert (first.retries, second.retries) == (2, 0)


def test_a_waiter_whose_client_is_gone_is_not_called_again() -> None:
    loop = FakeLoop()
    waiters, gone, here = waiting_on(loop), FakeWaiter(is_connected=False), FakeWaiter()
    waiters.add("key", gone, None)
    waiters.add("key", here, None)
    waiters.signal("key")
    assert (gone.retries, gone.given_up, here.retries) == (0, 1, 1)


def test_the_earliest_time_at_which_something_changes_counts() -> None:
    loop = FakeLoop()
    waiters, waiter = waiting_on(loop), FakeWaiter()
    waiters.add("key", waiter, 10)
    waiters.add("key", FakeWaiter(), 5)
    waiters.add("key", FakeWaiter(), 7)
    loop.advance(5)
    assert waiter.retries == 1


def test_closing_gives_all_up() -> None:
    loop = FakeLoop()
    waiters, waiter = waiting_on(loop), FakeWaiter()
    waiters.add("key", waiter, None)
    waiters.close()
    assert waiters.closed
    assert waiter.given_up == 1


def test_nothing_is_left_of_a_key_that_nobody_waits_for() -> None:
    loop = FakeLoop()
    waiters, waiter = waiting_on(loop), FakeWaiter()
    waiters.add("key", waiter, 5)
    waiters.remove("key", waiter)
    assert loop.timers[0].cancelled
    assert len(waiters) == 0


def test_who_is_taken_counts_as_called_again() -> None:
    loop = FakeLoop()
    waiters, first, second = waiting_on(loop), FakeWaiter(), FakeWaiter()
    assert waiters.take("key") is None
    waiters.add("key", first, None)
    waiters.add("key", second, None)
    assert waiters.take("key") is first
    assert waiters.take("key") is None  # one after the other
    assert not waiters.remove("key", first)
    waiters.signal("key")
    waiters.wait_on("key", first, None)  # it got nothing, and there was a signal meanwhile
    assert (first.retries, second.retries) == (1, 0)
    waiters.answered("key", first)
    assert (first.retries, second.retries) == (1, 1)


def test_who_got_something_when_it_was_taken_lets_the_next_one_look() -> None:
    loop = FakeLoop()
    waiters, first, second = waiting_on(loop), FakeWaiter(), FakeWaiter()
    waiters.add("key", first, 5)
    waiters.add("key", second, None)
    assert waiters.take("key") is first
    waiters.answered("key", first)
    assert second.retries == 1
    waiters.answered("key", second)
    assert len(waiters) == 0
    assert loop.timers[0].cancelled


def test_who_is_gone_is_not_taken() -> None:
    loop = FakeLoop()
    waiters, gone, here = waiting_on(loop), FakeWaiter(is_connected=False), FakeWaiter()
    waiters.add("key", gone, None)
    waiters.add("key", here, None)
    assert waiters.take("key") is None
    waiters.signal("key")
    assert (gone.given_up, here.retries) == (1, 1)
