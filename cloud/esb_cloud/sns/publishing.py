"""Publish and PublishBatch, and `distribute`, by which other services publish in a transaction of theirs.

What a message becomes for each subscriber is written in the transaction that accepts it: messages in queues, deliveries
to functions and HTTP endpoints.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.aws.stack import Stack
from esb_cloud.deliveries.dead_letters import dead_letter
from esb_cloud.deliveries.queues import enqueue
from esb_cloud.deliveries.retries import MANAGED, dump
from esb_cloud.sns.arns import invalid, no_topic, topic_name
from esb_cloud.sns.filtering import wanting
from esb_cloud.sns.notifications.endpoints import HttpMessage, add_http
from esb_cloud.sns.notifications.keys import signing_key
from esb_cloud.sns.notifications.messages import (
    MAX_BYTES,
    Envelope,
    PublishedMessage,
    Texts,
    check_message,
    lambda_event,
    notification,
    signed_text,
    size_of,
    texts_of,
)
from esb_cloud.sns.subscriptions.subscription_attributes import dead_letter_queue
from esb_cloud.sql.computing import Question
from esb_cloud.sql.tables.deliveries import SIGNAL, NewDelivery
from esb_cloud.sql.tables.subscriptions import Subscription
from esb_cloud.sql.tables.topics import Topic
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.messages.sending import Outgoing
from esb_wire.errors import AwsError
from esb_wire.offload import is_costly
from esb_wire.trace_hops import with_hop_if_known
from esb_wire.utc_times import to_millisecond

MAX_ENTRIES: Final = 10
_REMEMBERED: Final = 300.0  # seconds
_FIRST_SEQUENCE: Final = 10**19  # sequence numbers have 20 digits
_ID_CHARACTERS: Final = re.compile(r"[\w-]+", re.ASCII)
_MAX_ID: Final = 80
_IDENTIFIER: Final = re.compile(r"[!-~]{1,128}")


def publish(transaction: Transaction, call: Call) -> Result:
    parameters = call.parameters
    topic = _topic(transaction, call)
    check_message(parameters)
    _check_fifo(topic, parameters)
    (result,) = _accept(transaction, call, topic, [parameters])
    return result


def publish_batch(transaction: Transaction, call: Call) -> Result:
    """An entry that is not valid refuses the batch (recorded)."""
    topic = transaction.topics.find(topic_name(call.parameters["TopicArn"], call.stack))
    if topic is None:
        raise no_topic()
    entries: list[dict[str, Any]] = call.parameters.get("PublishBatchRequestEntries", [])
    _check_batch(entries)
    for number, entry in enumerate(entries, 1):
        check_message(entry, f"publishBatchRequestEntries.{number}.member.")
        _check_fifo(topic, entry)
    results = _accept(transaction, call, topic, entries)
    successful = [{"Id": entry["Id"], **result} for entry, result in zip(entries, results, strict=True)]
    return {"Successful": successful, "Failed": []}


def distribute(
    transaction: Transaction, stack: Stack, base_url: str, topic: Topic, messages: Sequence[PublishedMessage]
) -> None:
    """Give messages to all subscribers that want them. Raises AwsError if there is no room for one."""
    subscriptions = transaction.subscriptions.confirmed(topic.name)
    for message, wanted in zip(messages, wanting(transaction, subscriptions, messages), strict=True):
        distribution = _Distribution(transaction, stack, base_url, topic, message)
        for subscription in wanted:
            distribution.add(subscription)


# -- checks ------------------------------------------------------------------------------------------------------------


def _topic(transaction: Transaction, call: Call) -> Topic:
    parameters = call.parameters
    if "PhoneNumber" in parameters:
        raise invalid("PhoneNumber Reason: text messages are not available in this stack")
    name = "TopicArn" if "TopicArn" in parameters else "TargetArn"
    arn = parameters.get(name)
    if arn is None:
        raise invalid("TopicArn or TargetArn Reason: no value for required parameter")
    if ":endpoint/" in arn:
        raise invalid(f"{name} Reason: No endpoint found for the target arn specified")
    topic = transaction.topics.find(topic_name(arn, call.stack, name))
    if topic is None:
        raise no_topic()
    return topic


def _check_fifo(topic: Topic, parameters: Mapping[str, Any]) -> None:
    group, deduplication = parameters.get("MessageGroupId"), parameters.get("MessageDeduplicationId")
    for name, value in (("MessageGroupId", group), ("MessageDeduplicationId", deduplication)):
        if value is not None and not _IDENTIFIER.fullmatch(value):
            raise invalid(f"{name} Reason: must be 1 to 128 alphanumeric or punctuation characters")
    if not topic.is_fifo:
        if deduplication is not None:
            what = "The request includes MessageDeduplicationId parameter that is not valid for this topic type"
            raise invalid(f"MessageDeduplicationId Reason: {what}")
        return
    if group is None:
        raise invalid("The MessageGroupId parameter is required for FIFO topics")
    if deduplication is None and topic.attributes.get("ContentBasedDeduplication") != "true":
        either = "The topic should either have ContentBasedDeduplication enabled"
        raise invalid(f"{either} or MessageDeduplicationId provided explicitly")


def _check_batch(entries: list[dict[str, Any]]) -> None:
    if not entries:
        raise AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > MAX_ENTRIES:
        raise AwsError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
    ids = [entry.get("Id", "") for entry in entries]
    for identifier in ids:
        if len(identifier) > _MAX_ID:
            raise _bad_id(f"is too long: {identifier}")
        if not _ID_CHARACTERS.fullmatch(identifier):
            raise _bad_id(f"contains an impermissible character: {identifier}")
    if len(set(ids)) < len(ids):
        raise AwsError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
    if sum(map(size_of, entries)) > MAX_BYTES:
        what = "The length of all the messages put together is more than the limit."
        raise AwsError("BatchRequestTooLong", what)


def _bad_id(what: str) -> AwsError:
    return AwsError("InvalidBatchEntryId", f"The Id of a batch entry in the batch request {what}")


def _texts(transaction: Transaction, entries: Sequence[Mapping[str, Any]]) -> list[Texts]:
    """The texts of messages. Raises AwsError."""
    structured = [entry["Message"] for entry in entries if "MessageStructure" in entry]
    found = iter(transaction.compute([Question(texts_of, (text,), is_costly(text)) for text in structured]))
    texts = [next(found) if "MessageStructure" in entry else Texts(entry["Message"], {}) for entry in entries]
    return [_require_texts(one) for one in texts]


def _require_texts(found: Texts | str) -> Texts:
    if isinstance(found, str):
        raise invalid(found)
    return found


# -- accepting ---------------------------------------------------------------------------------------------------------


def _accept(transaction: Transaction, call: Call, topic: Topic, entries: Sequence[Mapping[str, Any]]) -> list[Result]:
    """Accept valid messages in order, and give them to the subscribers; a duplicate is accepted and goes nowhere."""
    results, new = list[Result](), list[PublishedMessage]()
    for entry, texts in zip(entries, _texts(transaction, entries), strict=True):
        message, is_new = _published(transaction, call, topic, entry, texts), True
        if topic.is_fifo:
            message, is_new = _sequenced(transaction, topic, message, entry)
        if is_new:
            new.append(message)
        sequence = {} if message.sequence is None else {"SequenceNumber": message.sequence}
        results.append({"MessageId": message.id, **sequence})
    distribute(transaction, call.stack, call.base_url, topic, new)
    return results


def _published(
    transaction: Transaction, call: Call, topic: Topic, parameters: Mapping[str, Any], texts: Texts
) -> PublishedMessage:
    return PublishedMessage(
        id=transaction.ids.uuid(),
        topic_arn=call.stack.arn("sns", topic.name),
        time=to_millisecond(transaction.wall_ms / 1000),
        text=texts.default,
        texts=texts.by_protocol,
        subject=parameters.get("Subject"),
        attributes=parameters.get("MessageAttributes", {}),
        group=parameters.get("MessageGroupId"),
        trace=with_hop_if_known(call.trace, f"topic:{topic.name}"),
    )


def _sequenced(
    transaction: Transaction, topic: Topic, message: PublishedMessage, parameters: Mapping[str, Any]
) -> tuple[PublishedMessage, bool]:
    """Number a message of a FIFO topic; a duplicate has the id and the number of the first."""
    content = hashlib.sha256(message.text.encode()).hexdigest()
    deduplication: str = parameters.get("MessageDeduplicationId") or content
    by_group = topic.attributes.get("FifoThroughputScope") == "MessageGroup"
    key = f"{deduplication} {message.group}" if by_group else deduplication
    known = transaction.topics.duplicate_of(topic, key, transaction.now)
    if known is not None:
        return message._replace(id=known[0], sequence=known[1]), False
    sequence = str(_FIRST_SEQUENCE + transaction.topics.next_sequence(topic))
    until = transaction.now + _REMEMBERED
    transaction.topics.remember(topic, key, until, (message.id, sequence), transaction.now)
    return message._replace(deduplication=deduplication, sequence=sequence), True


# -- distributing ------------------------------------------------------------------------------------------------------


class _Distribution:
    """One message on its way to the subscribers of a topic. What several of them need is made once."""

    def __init__(
        self, transaction: Transaction, stack: Stack, base_url: str, topic: Topic, message: PublishedMessage
    ) -> None:
        self._transaction = transaction
        self._stack = stack
        self._base_url = base_url
        self._topic = topic
        self._message = message
        self._signed: dict[str, tuple[str, str, str]] = {}  # by text
        self._managed = dump(MANAGED)

    def add(self, subscription: Subscription) -> None:
        """Write what the subscriber gets."""
        protocol, message = subscription.protocol, self._message
        arn = f"{message.topic_arn}:{subscription.id}"
        if protocol == "lambda":
            self._to_function(subscription, lambda_event(message, arn, self._envelope(protocol, arn)))
            return
        raw = subscription.attributes.get("RawMessageDelivery", "").lower() == "true"
        body = message.text_for(protocol) if raw else notification(message, protocol, self._envelope(protocol, arn))
        attributes = message.attributes if raw else {}
        outgoing = Outgoing(body, attributes, message.group, message.deduplication, trace=message.trace)
        if protocol == "sqs":
            self._to_queue(subscription, outgoing)
        else:
            self._to_endpoint(subscription, arn, outgoing, raw)

    def _to_queue(self, subscription: Subscription, outgoing: Outgoing) -> None:
        """A queue that does not exist, or refuses the message, does so for good."""
        refusal = enqueue(self._transaction, self._stack, subscription.endpoint, outgoing)
        queue = dead_letter_queue(subscription.attributes)
        if refusal is not None and queue is not None:
            refusal = enqueue(self._transaction, self._stack, queue, outgoing)
        if refusal is not None:
            what = f"message {self._message.id} of topic {self._topic.name} to {subscription.endpoint}"
            self._transaction.report(f"{what} is lost: {refusal.message}")

    def _to_function(self, subscription: Subscription, event: str) -> None:
        delivery = NewDelivery(
            target=f"lambda:{subscription.endpoint}",
            due=self._transaction.now,
            started=self._transaction.now,
            source=f"topic {self._topic.name}",
            request={"function": subscription.endpoint, "trace": self._message.trace},
            body=event,
            retries=self._managed,
            dead_letter=_letter(subscription, Outgoing(event)),
        )
        self._transaction.take_room(len(event.encode()))
        self._transaction.deliveries.add(delivery)
        self._transaction.signal(SIGNAL)

    def _to_endpoint(self, subscription: Subscription, arn: str, outgoing: Outgoing, raw: bool) -> None:
        headers = {
            "X-Amz-Sns-Message-Type": "Notification",
            "X-Amz-Sns-Message-Id": self._message.id,
            "X-Amz-Sns-Topic-Arn": self._message.topic_arn,
            "X-Amz-Sns-Subscription-Arn": arn,
            **({"X-Amz-Sns-Rawdelivery": "true"} if raw else {}),
        }
        letter = _letter(subscription, outgoing)
        self._transaction.take_room(len(outgoing.body.encode()))
        add_http(
            self._transaction, self._topic, subscription, HttpMessage(outgoing.body, headers, letter, notification=True)
        )

    def _envelope(self, protocol: str, arn: str) -> Envelope:
        unsubscribe = f"{self._base_url}/?Action=Unsubscribe&SubscriptionArn={arn}"
        if self._topic.is_fifo:  # recorded: messages of FIFO topics are not signed
            return Envelope(unsubscribe, None, "", "")
        text = self._message.text_for(protocol)
        signed = self._signed.get(text)
        if signed is None:
            signed = self._signed[text] = self._sign(text)
        return Envelope(unsubscribe, *signed)

    def _sign(self, text: str) -> tuple[str, str, str]:
        """The signature, its version, and the certificate's URL."""
        version = self._topic.attributes.get("SignatureVersion") or "1"
        key = signing_key(self._transaction)
        document = {
            "Type": "Notification",
            "MessageId": self._message.id,
            "TopicArn": self._message.topic_arn,
            "Subject": self._message.subject,
            "Message": text,
            "Timestamp": self._message.time,
        }
        return key.sign(signed_text(document), version), version, self._base_url + key.certificate_path


def _letter(subscription: Subscription, outgoing: Outgoing) -> dict[str, Any] | None:
    queue = dead_letter_queue(subscription.attributes)
    return None if queue is None else dead_letter(queue, outgoing._replace(body=""))
