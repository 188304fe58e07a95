"""Operations on subscriptions: subscribe, confirm, unsubscribe, list, attributes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.sns.arns import invalid, no_subscription, subscription_id, topic_name
from esb_cloud.sns.notifications.delivery_policies import (
    effective_subscription_policy,
    read_subscription_policy,
    read_topic_policy,
)
from esb_cloud.sns.subscriptions.confirmations import TOKEN, ask_to_confirm, new_token, send_unsubscribe_confirmation
from esb_cloud.sns.subscriptions.filter_policies import ATTRIBUTES
from esb_cloud.sns.subscriptions.subscription_attributes import (
    HTTP,
    Subscriber,
    check_changed,
    check_endpoint,
    check_new,
)
from esb_cloud.sns.topic_operations import PAGE_SIZE, find_topic, page, read_token
from esb_cloud.sql.tables.subscriptions import CONFIRMED, DELETED, NewSubscription, Subscription
from esb_cloud.sql.tables.topics import Topic
from esb_cloud.sql.transaction import Transaction
from esb_wire.errors import AwsError

CONFIRM_WITHIN: Final = 2 * 86_400.0  # seconds; SNS API reference, "Subscribe"

_AUTHENTICATE: Final = "AuthenticateOnUnsubscribe"  # among the attributes, and not shown
_DEFAULTS: Final = {"FilterPolicyScope": ATTRIBUTES, "RawMessageDelivery": "false"}


def subscribe(transaction: Transaction, call: Call) -> Result:
    parameters = call.parameters
    topic = find_topic(transaction, call)
    protocol, endpoint = parameters["Protocol"], parameters.get("Endpoint", "")
    check_endpoint(protocol, endpoint, fifo=topic.is_fifo)
    attributes = {name: value for name, value in parameters.get("Attributes", {}).items() if value}
    check_new(Subscriber(topic.is_fifo, protocol, attributes))
    found = transaction.subscriptions.of_endpoint(topic.name, protocol, endpoint)
    if found is None:
        found = _add(transaction, topic, (protocol, endpoint), attributes)
    elif any(found.attributes.get(name, _DEFAULTS.get(name)) != value for name, value in attributes.items()):
        raise invalid("Attributes Reason: Subscription already exists with different attributes")
    if found.state != CONFIRMED:
        ask_to_confirm(transaction, call, topic, found)
        if not parameters.get("ReturnSubscriptionArn"):
            return {"SubscriptionArn": "pending confirmation"}
    return {"SubscriptionArn": _arn(call, found)}


def confirm_subscription(transaction: Transaction, call: Call) -> Result:
    """By its owner, who got the token; a signed call can ask that only signed calls end the subscription."""
    try:
        name = topic_name(call.parameters["TopicArn"], call.stack)
    except AwsError:
        raise invalid("Topic") from None
    token = call.parameters["Token"]
    if not TOKEN.fullmatch(token):
        raise AwsError("InvalidParameter", "Invalid token")
    found = transaction.subscriptions.of_token(token)
    if found is None or found.topic != name:
        raise invalid("Token")
    signed = bool(call.access_key)
    if found.state == DELETED:  # the endpoint may have subscribed again meanwhile
        found = transaction.subscriptions.of_endpoint(name, found.protocol, found.endpoint) or found
    if found.state != CONFIRMED:
        transaction.subscriptions.confirm(found, signed)
    if signed and call.parameters.get(_AUTHENTICATE, "").lower() == "true":
        transaction.subscriptions.change_attributes(found, {**found.attributes, _AUTHENTICATE: "true"})
    return {"SubscriptionArn": _arn(call, found)}


def unsubscribe(transaction: Transaction, call: Call) -> Result:
    """One that is not there is no error."""
    found = transaction.subscriptions.find(subscription_id(call.parameters["SubscriptionArn"], call.stack))
    if found is None:
        return {}
    if _AUTHENTICATE in found.attributes and not call.access_key:
        raise AwsError("AuthorizationError", "The subscription can only be deleted by a signed request", 403)
    topic = transaction.topics.find(found.topic)
    token = new_token(transaction)
    transaction.subscriptions.delete(found, token, transaction.now + CONFIRM_WITHIN)
    if topic is not None:
        transaction.topics.count_unsubscribed(topic)
        if found.protocol in HTTP and found.state == CONFIRMED:
            send_unsubscribe_confirmation(transaction, call, topic, found, token)
    return {}


def list_subscriptions(transaction: Transaction, call: Call) -> Result:
    return _list(transaction, call, None)


def list_subscriptions_by_topic(transaction: Transaction, call: Call) -> Result:
    return _list(transaction, call, find_topic(transaction, call).name)


def get_subscription_attributes(transaction: Transaction, call: Call) -> Result:
    found = _find(transaction, call)
    attributes = {name: value for name, value in found.attributes.items() if name != _AUTHENTICATE}
    if "FilterPolicy" in attributes:
        attributes.setdefault("FilterPolicyScope", ATTRIBUTES)
    else:
        attributes.pop("FilterPolicyScope", None)
    topic = transaction.topics.find(found.topic)
    if found.protocol in HTTP and topic is not None:
        attributes |= _shown_policies(topic, attributes.get("DeliveryPolicy"))
    return {
        "Attributes": {
            "SubscriptionArn": _arn(call, found),
            "TopicArn": call.stack.arn("sns", found.topic),
            "Owner": call.stack.account,
            "SubscriptionPrincipal": call.stack.root_arn(call.stack.account),
            "Protocol": found.protocol,
            "Endpoint": found.endpoint,
            "PendingConfirmation": "false" if found.state == CONFIRMED else "true",
            "ConfirmationWasAuthenticated": "true" if found.authenticated else "false",
            "RawMessageDelivery": "false",
            **attributes,
        }
    }


def set_subscription_attributes(transaction: Transaction, call: Call) -> Result:
    """An empty value takes an attribute away; so does an empty filter policy."""
    found = _find(transaction, call)
    topic = transaction.topics.find(found.topic)
    if topic is None:
        raise no_subscription()
    name, value = call.parameters["AttributeName"], call.parameters.get("AttributeValue", "")
    attributes = {**found.attributes, name: value}
    if not value or (name == "FilterPolicy" and value.strip() == "{}"):
        del attributes[name]
    check_changed(Subscriber(topic.is_fifo, found.protocol, attributes), name)
    transaction.subscriptions.change_attributes(found, attributes)
    return {}


# -- parts -------------------------------------------------------------------------------------------------------------


def _add(
    transaction: Transaction, topic: Topic, target: tuple[str, str], attributes: Mapping[str, str]
) -> Subscription:
    """Queues and functions of the stack need not confirm; HTTP endpoints do."""
    protocol, endpoint = target
    identifier = transaction.ids.uuid()
    token = new_token(transaction) if protocol in HTTP else ""
    until = transaction.now + CONFIRM_WITHIN
    new = NewSubscription(identifier, topic.name, protocol, endpoint, attributes, token, until)
    transaction.subscriptions.add(new)
    found = transaction.subscriptions.find(identifier)
    assert found is not None  # noqa: S101 - it was added
    return found


def _list(transaction: Transaction, call: Call, topic: str | None) -> Result:
    token = read_token(call)
    if token and not token.isdecimal():
        raise invalid("NextToken")
    found = transaction.subscriptions.page(topic, int(token or 0), PAGE_SIZE + 1)
    shown = [
        {
            "SubscriptionArn": _arn(call, one) if one.state == CONFIRMED else "PendingConfirmation",
            "Owner": call.stack.account,
            "Protocol": one.protocol,
            "Endpoint": one.endpoint,
            "TopicArn": call.stack.arn("sns", one.topic),
        }
        for one in found[:PAGE_SIZE]
    ]
    return page({"Subscriptions": shown}, found, lambda one: str(one.row))


def _find(transaction: Transaction, call: Call) -> Subscription:
    found = transaction.subscriptions.find(subscription_id(call.parameters["SubscriptionArn"], call.stack))
    if found is None:
        raise no_subscription()
    return found


def _arn(call: Call, subscription: Subscription) -> str:
    return f"{call.stack.arn('sns', subscription.topic)}:{subscription.id}"


def _shown_policies(topic: Topic, own: str | None) -> dict[str, str]:
    of_topic = read_topic_policy(topic.attributes.get("DeliveryPolicy", ""))
    policy = read_subscription_policy(own) if own else {}
    shown = {"EffectiveDeliveryPolicy": json.dumps(effective_subscription_policy(of_topic, policy))}
    return {"DeliveryPolicy": json.dumps(policy), **shown} if own else shown
