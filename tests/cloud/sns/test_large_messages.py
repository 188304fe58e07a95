"""A large message is compared with many policies in small pieces, so that other large ones need not wait for all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from esb_cloud.sns.filtering import wanting
from esb_cloud.sns.notifications.messages import PublishedMessage
from esb_cloud.sql.computing import Question
from esb_cloud.sql.tables.subscriptions import Subscription

POLICIES = 70


class Asked:
    """In place of a transaction: answers, and keeps what it was asked."""

    def __init__(self) -> None:
        self.questions: list[Question[Any]] = []

    def compute(self, questions: Sequence[Question[Any]]) -> list[Any]:
        self.questions += questions
        return [question.answer() for question in questions]


def subscription(number: int) -> Subscription:
    attributes = {"FilterPolicy": json.dumps({"n": [number]}), "FilterPolicyScope": "MessageBody"}
    return Subscription(number, str(number), "t", "sqs", "arn", attributes, "confirmed", "", authenticated=True)


def pieces(text: str) -> tuple[list[str], list[int]]:
    """The subscriptions that get a message, and the number of policies in each piece of the work."""
    asked: Any = Asked()
    message = PublishedMessage("id", "arn", "", text, {}, None, {})
    (found,) = wanting(asked, [subscription(number) for number in range(POLICIES)], [message])
    return [each.id for each in found], [len(question.arguments[1]) for question in asked.questions]


def test_a_large_message_is_compared_in_pieces() -> None:
    assert pieces(json.dumps({"n": 42, "rest": "x" * 200_000})) == (["42"], [20, 20, 20, 10])


def test_a_small_one_is_compared_at_once() -> None:
    assert pieces(json.dumps({"n": 42})) == (["42"], [POLICIES])
