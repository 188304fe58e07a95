"""Questions of a work in the store, and their answers. Nothing runs elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from esb_cloud.sql import computing
from esb_cloud.sql.computing import Answers, Question, Unanswered, answer_elsewhere
from esb_wire.errors import AwsError
from tests.fake_offload import FakeOffload


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


class OneProcess(FakeOffload):
    """Does one work at a time, in the order in which they are asked for, as a process of `OffloadProcesses` does."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[int] = []
        self._process = asyncio.Lock()

    async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        async with self._process:
            await asyncio.sleep(0)
            self.order.append(args[0])
            return await super().run(work, *args, **kwargs)


def test_a_work_with_one_question_does_not_wait_for_all_of_another() -> None:
    async def run() -> list[int]:
        offload = OneProcess()
        many = asyncio.create_task(answer_elsewhere([question(value, costly=True) for value in range(10)], offload))
        await asyncio.sleep(0)
        assert await answer_elsewhere([question(100, costly=True)], offload) == [200]
        assert await many == [2 * value for value in range(10)]
        return offload.order

    order = asyncio.run(run())
    assert order.index(100) <= 3
    assert sorted(order) == [*range(10), 100]
