"""Deliveries that are given up: each becomes a message in its dead-letter queue, or a line in the log."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from esb_cloud.aws.stack import Stack
from esb_cloud.deliveries.queues import enqueue
from esb_cloud.deliveries.sending import Outcome, Verdict
from esb_cloud.sql.tables.deliveries import Delivery
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.messages.sending import Outgoing


def dead_letter(queue: str, message: Outgoing, *, explained: bool = False) -> dict[str, Any]:
    """As data of a delivery: the message that the queue gets; without a body, it gets that of the delivery. If
    `explained`, attributes will say why.
    """
    attributes = {
        name: {
            field: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for field, value in one.items()
        }
        for name, one in message.attributes.items()
    }
    return {
        "queue": queue,
        "body": message.body,
        "attributes": attributes,
        "group": message.group,
        "deduplication": message.deduplication,
        "explained": explained,
    }


def bury(transaction: Transaction, stack: Stack, delivery: Delivery, outcome: Outcome) -> None:
    """Move a delivery to its dead-letter queue, or say that it is lost."""
    letter = delivery.dead_letter
    why = f"delivery from {delivery.source} to {delivery.target} was given up: {outcome.code} {outcome.message[:200]}"
    if letter is None:
        transaction.report(f"{why}; it has no dead-letter queue, so it is lost.")
        return
    attributes = _attributes(letter["attributes"])
    if letter["explained"]:
        attributes |= explanation(outcome.code, outcome.message, delivery.failures, _condition(delivery, outcome))
    message = Outgoing(letter["body"] or delivery.body, attributes, letter["group"], letter["deduplication"])
    refusal = enqueue(transaction, stack, letter["queue"], message)
    if refusal is not None:
        transaction.report(f"{why}; its dead-letter queue refused it, so it is lost: {refusal.message}")


def explanation(code: str, message: str, retries: int, condition: str | None) -> dict[str, dict[str, Any]]:
    """The attributes by which EventBridge says why. EventBridge user guide, "Using dead-letter queues"."""
    texts = {"ERROR_CODE": code, "ERROR_MESSAGE": message[:1000] or code}
    if condition is not None:
        texts["EXHAUSTED_RETRY_CONDITION"] = condition
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    attributes["RETRY_ATTEMPTS"] = {"DataType": "Number", "StringValue": str(retries)}
    return attributes


def _condition(delivery: Delivery, outcome: Outcome) -> str | None:
    """The limit that ended the retries; None for an error that is not retried."""
    if outcome.verdict is not Verdict.RETRY:
        return None
    return "MaximumRetryAttempts" if delivery.failures >= delivery.retries["retries"] else "MaximumEventAgeInSeconds"


def _attributes(stored: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    return {
        name: {field: base64.b64decode(value) if field == "BinaryValue" else value for field, value in one.items()}
        for name, one in stored.items()
    }
