"""Which subscriptions want a message: the texts and attributes of large ones are compared in other processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from esb_cloud.sns.notifications.messages import PublishedMessage
from esb_cloud.sns.subscriptions.filter_policies import ATTRIBUTES, passed_by_attributes, passed_by_body
from esb_cloud.sql.computing import Question
from esb_cloud.sql.tables.subscriptions import Subscription
from esb_cloud.sql.transaction import Transaction
from esb_wire.offload import is_costly

_AT_ONCE: Final = 20
"""Policies of a large message in one piece: other messages wait for a piece, and each piece reads the text again."""


class Policy(NamedTuple):
    """A filter policy, and the text that it looks at; None: the attributes of the message."""

    text: str
    body: str | None


def wanting(
    transaction: Transaction, subscriptions: Sequence[Subscription], messages: Sequence[PublishedMessage]
) -> list[list[Subscription]]:
    """For each message, the subscriptions without a filter policy, and those whose policy it passes."""
    policies = [[_policy(subscription, message) for subscription in subscriptions] for message in messages]
    questions = [_questions(message, each) for message, each in zip(messages, policies, strict=True)]
    answers = iter(transaction.compute([question for each in questions for _, question in each]))
    found = []
    for asked, each in zip(questions, policies, strict=True):
        passed = {
            Policy(text, body)
            for body, question in asked
            for text, passes in zip(question.arguments[1], next(answers), strict=True)
            if passes
        }
        found.append(
            [
                subscription
                for subscription, policy in zip(subscriptions, each, strict=True)
                if policy is None or policy in passed
            ]
        )
    return found


def _policy(subscription: Subscription, message: PublishedMessage) -> Policy | None:
    policy = subscription.attributes.get("FilterPolicy")
    if policy is None:
        return None
    scope = subscription.attributes.get("FilterPolicyScope", ATTRIBUTES)
    return Policy(policy, None if scope == ATTRIBUTES else message.text_for(subscription.protocol))


def _questions(
    message: PublishedMessage, policies: Sequence[Policy | None]
) -> list[tuple[str | None, Question[tuple[bool, ...]]]]:
    """Whether a message passes the policies that look at the same text, with that text; see `Policy.body`."""
    texts: dict[str | None, dict[str, None]] = {}
    for policy in policies:
        if policy is not None:
            texts.setdefault(policy.body, {})[policy.text] = None
    return [
        (body, question) for body, each in texts.items() for question in _questions_about(message, body, tuple(each))
    ]


def _questions_about(
    message: PublishedMessage, body: str | None, policies: tuple[str, ...]
) -> Iterator[Question[tuple[bool, ...]]]:
    if body is not None:
        costly = is_costly(body)
    else:
        costly = any(is_costly(attribute.get("StringValue", "")) for attribute in message.attributes.values())
    size = _AT_ONCE if costly else len(policies)
    for start in range(0, len(policies), size):
        some = policies[start : start + size]
        if body is not None:
            yield Question(passed_by_body, (body, some), costly)
        else:
            yield Question(passed_by_attributes, (message.attributes, some), costly)
