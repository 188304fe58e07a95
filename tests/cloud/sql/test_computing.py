"""Questions of a work in the store, and their answers. Nothing runs elsewhere."""

from __future__ import annotations

import pytest

from esb_cloud.sql import computing
from esb_cloud.sql.computing import Answers, Question, Unanswered
from esb_wire.errors import AwsError


def double(value: int) -> int:
    return 2 * value


def question(value: int, *, costly: bool) -> Question[int]:
    return Question(double, (value,), costly)


def test_what_is_not_costly_is_computed_at_once() -> None:
    assert Answers().find([question(1, costly=False), question(2, costly=False)]) == [2, 4]


def test_all_that_is_missing_is_asked_for_together() -> None:
    answers = Answers()
    questions = [question(value, costly=value > 1) for value in range(4)]
    with pytest.raises(Unanswered) as missing:
        answers.find(questions)
    assert missing.value.questions == questions[2:]
    answers.add(questions[2:], [4, 6])
    assert answers.find(questions) == [0, 2, 4, 6]


def test_another_argument_is_another_question() -> None:
    answers = Answers()
    answers.add([question(1, costly=True)], [2])
    with pytest.raises(Unanswered):
        answers.find([question(2, costly=True)])


def test_what_the_first_try_decided_stays() -> None:
    answers = Answers()
    values = iter("abc")
    decided = [answers.decide(name, lambda: next(values)) for name in ("id", "time", "id")]
    assert decided == ["a", "b", "a"]


def test_the_tries_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computing, "MAX_TRIES", 2)
    answers = Answers()
    for value in range(2):
        answers.add([question(value, costly=True)], [0])
    with pytest.raises(AwsError, match="change all the time") as refused:
        answers.add([question(3, costly=True)], [0])
    assert refused.value.status == 503
