"""What the figures of `--kill chain` count."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec

from tests.soak.chain_kills import DYNOXIDE, SERVERS, Client, figures, in_order
from tests.soak.mix import to_fifo_queue, to_queue


def test_the_servers_that_are_killed_are_modules_of_esb() -> None:
    assert [name for name in SERVERS.values() if name != DYNOXIDE and find_spec(name) is None] == []


def test_the_order_is_that_of_the_first_time() -> None:
    accepted = ["a-0", "a-1", "a-2"]
    assert in_order(["a-0", "x", "a-1", "a-0", "a-1", "a-2"], accepted)
    assert not in_order(["a-1", "a-0", "a-2"], accepted)
    assert in_order(["a-0", "a-2"], accepted)  # a-1 is lost, which is another figure


def test_lost_and_repeated_messages_are_counted() -> None:
    group = Client("group-a", to_fifo_queue, ["group-a-0", "group-a-1"], ["group-a-0", "group-a-1"])
    queue = Client("queue-1", to_queue, ["queue-1-0"], ["queue-1-0", "chained queue-1-0"], unanswered=2)
    notes = ["group-a-1", "queue-1-0", "group-a-0", "queue-1-0", "another"]
    lost, kept, again, order = figures([group, queue], notes, Counter(gateway=1, function=3), 1)
    assert (lost.name, lost.holds) == ("messages and events over 4 SIGKILLs (3 function, 1 gateway): none lost", False)
    assert lost.measured == "3 accepted, 2 not answered and sent again, 4 to process, 1 lost"
    assert (kept.measured, kept.holds) == ("1 kept, and run again by hand", True)
    assert (again.measured, again.holds) == ("1 processed once more", True)
    assert (order.measured, order.holds) == ("1 not in order", False)
