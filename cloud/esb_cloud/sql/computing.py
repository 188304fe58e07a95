"""Results that work in the store needs, and that take too long to compute in its thread: they would keep the
interpreter lock, and so the event loop, for as long as they take.

The work asks for them by `Transaction.compute`. As long as one is missing, all that the work has written is undone,
other processes compute it, and the work is done again. It then sees the store as it is by then, and may ask for
something else. That is why a question holds all that its result depends on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from esb_wire.errors import AwsError
from esb_wire.offload import Offload

T = TypeVar("T")

MAX_TRIES: Final = 200  # a few for each bus and topic on an event's way; with more, rules change all the time
_AT_ONCE: Final = 2  # questions of one work; as many as there are processes


class Question(NamedTuple, Generic[T]):
    """A pure function and its arguments, which can be compared and pickled. If not `costly`, it takes 2 ms at most."""

    function: Callable[..., T]
    arguments: tuple[Any, ...]
    costly: bool

    def answer(self) -> T:
        return self.function(*self.arguments)


class Unanswered(Exception):
    """The work can go on when these questions have a result."""

    def __init__(self, questions: Sequence[Question[Any]]) -> None:
        super().__init__(f"{len(questions)} questions")
        self.questions: Final = questions


class Answers:
    """What is known of one work, from one try to the next."""

    def __init__(self) -> None:
        self._known = list[tuple[Question[Any], Any]]()
        self._decided = dict[str, Any]()
        self._tries = 0

    def find(self, questions: Sequence[Question[T]]) -> list[T]:
        """The results. Raises Unanswered as long as some are not known."""
        missing = [question for question in questions if question.costly and not self._is_known(question)]
        if missing:
            raise Unanswered(missing)
        return [self._get(question) if question.costly else question.answer() for question in questions]

    def add(self, questions: Sequence[Question[Any]], results: Iterable[Any]) -> None:
        """Note the results of questions that were missing. Raises AwsError if there were too many tries already."""
        self._known += zip(questions, results, strict=True)
        self._tries += 1
        if self._tries > MAX_TRIES:
            text = "The rules or subscriptions of the request change all the time; try again later."
            raise AwsError("ServiceUnavailable", text, 503)

    def decide(self, name: str, make: Callable[[], T]) -> T:
        """The value that the first try made."""
        if name not in self._decided:
            self._decided[name] = make()
        decided: T = self._decided[name]
        return decided

    def _is_known(self, question: Question[Any]) -> bool:
        return any(known == question for known, _ in self._known)

    def _get(self, question: Question[T]) -> T:
        found: T = next(result for known, result in self._known if known == question)
        return found


async def answer_elsewhere(questions: Sequence[Question[Any]], offload: Offload) -> list[Any]:
    """The results, from other processes. Works take turns: what comes later need not wait for all questions of one."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def answer(question: Question[Any]) -> Any:
        async with turns:
            return await offload.run(question.function, *question.arguments)

    return await asyncio.gather(*map(answer, questions))
