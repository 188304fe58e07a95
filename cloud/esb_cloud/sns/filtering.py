"""Which subscriptions want a message: the texts and attributes of large ones are compared in other processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from esb_cloud.sns.notifications.messages import PublishedMessage
from esb_cloud.sns.subscriptions.filter_policies import ATTRIBUTES, passed_by_attributes, passed_by_body
from esb_cloud.sql.computing import Question
from esb_cloud.sql.tables.subscriptions import Subscription
from esb_cloud.sql.transaction import Transaction
from esb_wire.offload import is_costly


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
    answers = iter(transaction.compute([question for each in questions for question in each.values()]))
    found = []
    for asked, each in zip(questions, policies, strict=True):
        passed = {
            Policy(text, body)
            for body, question in asked.items()
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
) -> dict[str | None, Question[tuple[bool, ...]]]:
    """Whether a message passes the policies that look at the same text, by that text; see `Policy.body`."""
    texts: dict[str | None, dict[str, None]] = {}
    for policy in policies:
        if policy is not None:
            texts.setdefault(policy.body, {})[policy.text] = None
    return {body: _question(message, body, tuple(each)) for body, each in texts.items()}


def _question(message: PublishedMessage, body: str | None, policies: tuple[str, ...]) -> Question[tuple[bool, ...]]:
    if body is not None:
        return Question(passed_by_body, (body, policies), is_costly(body))
    costly = any(is_costly(attribute.get("StringValue", "")) for attribute in message.attributes.values())
    return Question(passed_by_attributes, (message.attributes, policies), costly)
