"""An event on its way: the rules that it matches, and what each target gets, written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from esb_cloud.aws.stack import Stack
from esb_cloud.deliveries.dead_letters import dead_letter, explanation
from esb_cloud.deliveries.queues import Refusal, enqueue
from esb_cloud.deliveries.retries import EventBridgeRetries, dump
from esb_cloud.eventbridge.events.evaluating import MAX_INPUTS, Evaluation, TargetInput, evaluate, is_costly_for
from esb_cloud.eventbridge.resources.api_destinations import request_to
from esb_cloud.eventbridge.resources.buses import find_bus, name_of_bus
from esb_cloud.eventbridge.resources.rules import rule_arn
from esb_cloud.eventbridge.resources.targets import MAX_AGE, MAX_RETRIES, service_of
from esb_cloud.sns.notifications.messages import MAX_BYTES, PublishedMessage
from esb_cloud.sns.publishing import distribute
from esb_cloud.sql.computing import Question
from esb_cloud.sql.tables.deliveries import SIGNAL, NewDelivery
from esb_cloud.sql.tables.rules import Rule
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sqs.messages.sending import Outgoing
from esb_wire.trace_hops import with_hop_if_known
from esb_wire.utc_times import to_millisecond

MAX_HOPS: Final = 5  # from bus to bus; a loop of buses ends here


class Event(NamedTuple):
    """An event that was accepted. `head` is all of it but the detail, which is a JSON text; `time` is when it was
    accepted.

    `base_url` is how this server was called, `trace` the X-Ray header that the event came with. `hops` counts the buses
    that the event has been on before this one.
    """

    head: Mapping[str, Any]
    detail: str
    time: str
    base_url: str
    hops: int = 0
    trace: str = ""


def evaluate_on(transaction: Transaction, events: Iterable[tuple[str | None, Event]]) -> list[Evaluation | None]:
    """What the rules make of events, each on the bus with that name; see `evaluating.evaluate`. None has no rules."""
    asked = list(events)
    room = MAX_INPUTS // max(len(asked), 1)

    def question(bus: str | None, event: Event) -> Question[Evaluation | None]:
        rules = () if bus is None else transaction.rules.with_pattern(bus)
        return Question(
            evaluate, (event.head, event.detail, event.time, rules, room), is_costly_for(event.detail, rules)
        )

    return transaction.compute([question(bus, event) for bus, event in asked])


def route(transaction: Transaction, stack: Stack, bus: str, event: Event, evaluation: Evaluation) -> None:
    """Give an event to the targets of all rules of a bus that it matches. Raises AwsError if there is no room."""
    rules = transaction.rules.with_pattern(bus)
    for rule, inputs in evaluation.matches:
        give_to_targets(transaction, stack, rules[rule][1], event, evaluation.text, inputs)


def give_to_targets(  # noqa: PLR0913, PLR0917 - the parts of an event on its way
    transaction: Transaction, stack: Stack, rule: Rule, event: Event, text: str, inputs: Iterable[TargetInput]
) -> None:
    """Give an event, whose whole text is given, to all targets of a rule."""
    event = event._replace(trace=with_hop_if_known(event.trace, f"rule:{rule.bus}:{rule.name}"))
    for each in inputs:
        delivery = _Delivery(transaction, stack, rule, each, event, text)
        refusal = delivery.send()
        if refusal is not None:
            delivery.give_up(refusal)


class _Delivery:
    """One event to one target."""

    def __init__(  # noqa: PLR0913, PLR0917
        self, transaction: Transaction, stack: Stack, rule: Rule, given: TargetInput, event: Event, text: str
    ) -> None:
        self._transaction = transaction
        self._stack = stack
        self._rule = rule
        self._rule_arn = rule_arn(stack, rule.bus, rule.name)
        self._target = given.target
        self._input = given
        self._event = event
        self._text = text

    def send(self) -> Refusal | None:
        """Write what the target gets. A refusal is for good."""
        if self._input.error is not None:
            return Refusal(*self._input.error)
        body = self._text if self._input.body is None else self._input.body
        arn = self._target["Arn"]
        match service_of(arn):
            case "sqs":
                return self._to_queue(arn, body)
            case "sns":
                return self._to_topic(arn, body)
            case "lambda":
                self._add(f"lambda:{arn}", {"function": arn, "trace": self._event.trace}, body)
            case "event-bus":
                return self._to_bus(arn)
            case "api-destination":
                return self._to_api_destination(arn, body)
            case service:
                return Refusal("NO_RESOURCE", f"There are no targets of {service} in this stack.")
        return None

    def give_up(self, refusal: Refusal) -> None:
        """To the dead-letter queue of the target, or to the log."""
        why = f"event {self._event.head['id']} of {self._rule_arn} to {self._target['Arn']} was given up"
        queue = self._target.get("DeadLetterConfig", {}).get("Arn")
        if queue is None:
            self._transaction.report(f"{why}: {refusal.message} It has no dead-letter queue, so the event is lost.")
            return
        attributes = self._attributes() | explanation(refusal.code, refusal.message, 0, None)
        error = enqueue(self._transaction, self._stack, queue, Outgoing(self._text, attributes))
        if error is not None:
            self._transaction.report(f"{why}: {refusal.message} Its dead-letter queue refused it: {error.message}")

    def _to_queue(self, arn: str, body: str) -> Refusal | None:
        group = self._target.get("SqsParameters", {}).get("MessageGroupId")
        return enqueue(self._transaction, self._stack, arn, Outgoing(body, group=group, trace=self._event.trace))

    def _to_topic(self, arn: str, body: str) -> Refusal | None:
        topic = self._transaction.topics.find(arn.rpartition(":")[2])
        if topic is None:
            return Refusal("NO_RESOURCE", f"The topic {arn} does not exist.")
        if len(body.encode()) > MAX_BYTES:
            return Refusal("InvalidParameter", "Invalid parameter: Message too long")
        message = PublishedMessage(
            id=self._transaction.ids.uuid(),
            topic_arn=arn,
            time=to_millisecond(self._transaction.wall_ms / 1000),
            text=body,
            texts={},
            subject=None,
            attributes={},
            trace=with_hop_if_known(self._event.trace, f"topic:{topic.name}"),
        )
        distribute(self._transaction, self._stack, self._event.base_url, topic, [message])
        return None

    def _to_bus(self, arn: str) -> Refusal | None:
        name = name_of_bus(arn)
        if find_bus(self._transaction, name) is None:
            return Refusal("NO_RESOURCE", f"The event bus {arn} does not exist.")
        if self._event.hops >= MAX_HOPS:
            return Refusal("LOOP", f"The event came over {MAX_HOPS} buses already.")
        event = self._event._replace(hops=self._event.hops + 1)
        (evaluation,) = evaluate_on(self._transaction, [(name, event)])
        if evaluation is not None:  # its detail was read before
            route(self._transaction, self._stack, name, event, evaluation)
        return None

    def _to_api_destination(self, arn: str, body: str) -> Refusal | None:
        found = request_to(self._transaction, arn, self._target.get("HttpParameters", {}))
        if isinstance(found, Refusal):
            return found
        self._add(f"events:{arn}", found, body)
        return None

    def _add(self, target: str, request: Mapping[str, Any], body: str) -> None:
        policy = self._target.get("RetryPolicy", {})
        retries = EventBridgeRetries(
            policy.get("MaximumEventAgeInSeconds", MAX_AGE), policy.get("MaximumRetryAttempts", MAX_RETRIES)
        )
        now = self._transaction.now
        self._transaction.take_room(len(body.encode()))
        self._transaction.deliveries.add(
            NewDelivery(
                target=target,
                due=now,
                started=now,
                source=f"rule {self._rule.name}",
                request=request,
                body=body,
                retries=dump(retries),
                dead_letter=self._letter(body),
            )
        )
        self._transaction.signal(SIGNAL)

    def _letter(self, body: str) -> dict[str, Any] | None:
        queue = self._target.get("DeadLetterConfig", {}).get("Arn")
        if queue is None:
            return None
        text = "" if self._text == body else self._text
        return dead_letter(queue, Outgoing(text, self._attributes()), explained=True)

    def _attributes(self) -> dict[str, Any]:
        texts = {"RULE_ARN": self._rule_arn, "TARGET_ARN": self._target["Arn"]}
        return {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
