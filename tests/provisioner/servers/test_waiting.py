"""Waiting, with time that only passes in the test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.servers.waiting import Unauthorized, Unreachable, wait_for
from tests.provisioner.fakes import FakeClock

REFUSED = ServerError(ErrorKind.UNREACHABLE, "EndpointConnectionError", "Could not connect")
PLACE = "DynamoDB at http://database:8000"


def probe(*answers: ServerError | None) -> Callable[[], object]:
    left = list(answers)

    def ask() -> object:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if answer is not None:
            raise answer
        return {}

    return ask


def test_a_server_that_answers_at_once_is_not_worth_a_word(clock: FakeClock) -> None:
    said: list[str] = []
    wait_for(PLACE, probe(None), 120, clock, said.append)
    assert said == []
    assert clock.seconds == 0


def test_a_late_server_is_waited_for(clock: FakeClock) -> None:
    said: list[str] = []
    broken = ServerError(ErrorKind.FAILED, "500", "starting")
    wait_for(PLACE, probe(REFUSED, broken, REFUSED, None), 120, clock, said.append)
    assert said == [f"waiting up to 120 s for {PLACE}", f"{PLACE} answered after 0.5 s"]


def test_a_server_that_never_comes_is_given_up_at_the_deadline(clock: FakeClock) -> None:
    with pytest.raises(Unreachable) as caught:
        wait_for(PLACE, probe(REFUSED), 10, clock, lambda _line: None)
    assert str(caught.value) == (
        f"{PLACE} did not answer within 10 s (EndpointConnectionError: Could not connect); nothing was changed"
    )
    assert clock.seconds == pytest.approx(10)


def test_without_patience_there_is_one_question(clock: FakeClock) -> None:
    with pytest.raises(Unreachable):
        wait_for(PLACE, probe(REFUSED, None), 0, clock, lambda _line: None)


def test_wrong_credentials_do_not_get_better_by_waiting(clock: FakeClock) -> None:
    denied = ServerError(ErrorKind.UNAUTHORIZED, "InvalidAccessKeyId", "no such key")
    with pytest.raises(Unauthorized, match="check AWS_ACCESS_KEY_ID"):
        wait_for(PLACE, probe(denied), 120, clock, lambda _line: None)
    assert clock.seconds == 0
