"""Clients that are too slow."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from esb_wire.http.limits import MIN_BODY_PROGRESS, Activity, ConnectionLimits, Deadlines, Due

LIMITS = ConnectionLimits(idle=5, head=3, body=2, write=4)
QUIET = Activity(Due.REQUEST, is_answered=True, parts=0, received=0, written=0, unsent=0)
HEAD = QUIET._replace(due=Due.HEAD)
BODY = QUIET._replace(due=Due.BODY, parts=1)
PENDING = QUIET._replace(is_answered=False, parts=2)


def judged(*seen: Activity, limits: ConnectionLimits = LIMITS) -> list[Due | None]:
    """One check a second."""
    deadlines = Deadlines(limits)
    return [deadlines.overdue(activity, now) for now, activity in enumerate(seen)]


@pytest.mark.parametrize(
    ("activity", "due", "seconds"), [(QUIET, Due.REQUEST, 5), (HEAD, Due.HEAD, 3), (BODY, Due.BODY, 2)]
)
def test_a_client_that_does_nothing(activity: Activity, due: Due, seconds: int) -> None:
    found = judged(*[activity] * 10)
    assert found[: seconds + 2] == [*[None] * (seconds + 1), due]


def test_a_client_that_waits_for_its_response_is_not_hurried() -> None:
    assert judged(*[PENDING] * 100) == [None] * 100


def test_a_head_is_timed_from_its_beginning() -> None:
    assert judged(QUIET, QUIET, *[HEAD] * 5)[-2:] == [None, Due.HEAD]


def test_each_head_has_its_own_time() -> None:
    heads = [HEAD._replace(parts=2 * (at // 3)) for at in range(12)]
    assert judged(*heads) == [None] * 12


def test_a_head_may_take_no_longer_than_an_idle_connection_is_kept() -> None:
    found = judged(*[HEAD] * 4, limits=ConnectionLimits(idle=1, head=20))
    assert found[2] is Due.REQUEST


def test_idleness_begins_with_the_last_response() -> None:
    after = QUIET._replace(parts=2)
    assert judged(*[PENDING] * 10, *[after] * 7)[-2:] == [None, Due.REQUEST]


def test_a_request_between_two_checks_ends_idleness() -> None:
    assert judged(*[QUIET._replace(parts=2 * (at // 4)) for at in range(20)]) == [None] * 20


def test_a_body_has_to_bring_something_in_each_stretch() -> None:
    slow = [BODY._replace(received=at // 2 * MIN_BODY_PROGRESS) for at in range(20)]
    assert judged(*slow) == [None] * 20
    slower = [BODY._replace(received=at * 1000) for at in range(8)]
    assert Due.BODY in judged(*slower)


@pytest.mark.parametrize(
    ("unsent", "is_stuck"),
    [
        ([5, 5, 5, 5, 5, 5], True),
        ([5, 5, 5, 4, 4, 4], False),
        ([5, 6, 7, 8, 9, 9], True),
        ([0, 0, 0, 0, 0, 0], False),
        ([5, 5, 5, 0, 5, 5], False),
    ],
)
def test_a_client_is_stuck_that_takes_nothing(unsent: Sequence[int], is_stuck: bool) -> None:
    written = 100
    seen = []
    for before, now in zip([unsent[0], *unsent], unsent, strict=False):
        written += max(0, now - before)
        seen.append(PENDING._replace(written=written, unsent=now))
    assert (Due.READ in judged(*seen)) is is_stuck


def test_a_stream_that_fills_up_again_is_not_stuck() -> None:
    assert judged(*[PENDING._replace(written=at * 1000, unsent=1000) for at in range(20)]) == [None] * 20
