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
    looks: bool = False
    announced: int = 0

    def announce(self) -> bool:
        self.announced += 1
        return self.looks

    def retry(self) -> None:
        self.retries += 1

    def give_up(self) -> None:
        self.given_up += 1


def test_a_signal_calls_the_first_again_and_then_the_next() -> None:
    loop = FakeLoop()
    waiters, first, second = Waiters(lambda: loop.time, loop.call_later), FakeWaiter(), FakeWaiter()
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
    waiters, waiter = Waiters(lambda: loop.time, loop.call_later), FakeWaiter()
    waiters.add("key", waiter, None)
    waiters.signal("key")
    waiters.signal("key")
    assert waiter.retries == 1
    waiters.wait_on("key", waiter, None)
    assert waiter.retries == 2


def test_the_first_keeps_its_place_if_it_got_nothing() -> None:
    loop = FakeLoop()
    waiters, first, second = Waiters(lambda: loop.time, loop.call_later), FakeWaiter(), FakeWaiter()
    waiters.add("key", first, None)
    waiters.add("key", second, None)
    waiters.signal("key")
    waiters.wait_on("key", first, None)
    waiters.signal("key")
    assert (first.retries, second.retries) == (2, 0)


def test_a_waiter_whose_client_is_gone_is_not_called_again() -> None:
    loop = FakeLoop()
    waiters, gone, here = Waiters(lambda: loop.time, loop.call_later), FakeWaiter(is_connected=False), FakeWaiter()
    waiters.add("key", gone, None)
    waiters.add("key", here, None)
    waiters.signal("key")
    assert (gone.retries, gone.given_up, here.retries) == (0, 1, 1)


def test_the_earliest_time_at_which_something_changes_counts() -> None:
    loop = FakeLoop()
    waiters, waiter = Waiters(lambda: loop.time, loop.call_later), FakeWaiter()
    waiters.add("key", waiter, 10)
    waiters.add("key", FakeWaiter(), 5)
    waiters.add("key", FakeWaiter(), 7)
    loop.advance(5)
    assert waiter.retries == 1


def test_closing_gives_all_up() -> None:
    loop = FakeLoop()
    waiters, waiter = Waiters(lambda: loop.time, loop.call_later), FakeWaiter()
    waiters.add("key", waiter, None)
    waiters.close()
    assert waiters.closed
    assert waiter.given_up == 1


def test_nothing_is_left_of_a_key_that_nobody_waits_for() -> None:
    loop = FakeLoop()
    waiters, waiter = Waiters(lambda: loop.time, loop.call_later), FakeWaiter()
    waiters.add("key", waiter, 5)
    waiters.remove("key", waiter)
    assert loop.timers[0].cancelled
    assert len(waiters) == 0


def test_an_announcement_ends_the_wait_of_those_who_only_look() -> None:
    loop = FakeLoop()
    waiters, looker, receiver = Waiters(lambda: loop.time, loop.call_later), FakeWaiter(looks=True), FakeWaiter()
    waiters.add("key", looker, None)
    waiters.add("key", receiver, None)
    waiters.announce("other")
    assert len(waiters) == 2
    assert (waiters.is_awaited("key"), waiters.is_awaited("other")) == (True, False)
    waiters.announce("key")
    assert (looker.announced, receiver.announced, receiver.retries, len(waiters)) == (1, 1, 0, 1)
    waiters.signal("key")
    assert (looker.retries, receiver.retries) == (0, 1)


def test_an_announcement_to_the_last_one_ends_its_timer() -> None:
    loop = FakeLoop()
    waiters = Waiters(lambda: loop.time, loop.call_later)
    waiters.add("key", FakeWaiter(looks=True), 5.0)
    waiters.announce("key")
    assert [timer.cancelled for timer in loop.timers] == [True]
