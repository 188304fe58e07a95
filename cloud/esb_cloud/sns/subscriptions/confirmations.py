"""The messages that ask an HTTP endpoint whether it wants a topic's messages, or tell it that there will be no more."""

from __future__ import annotations

import json
import re
from typing import Any, Final
from urllib.parse import quote

from esb_cloud.aws.service import Call
from esb_cloud.sns.notifications.endpoints import HttpMessage, add_http
from esb_cloud.sns.notifications.keys import signing_key
from esb_cloud.sns.notifications.messages import signed_text
from esb_cloud.sql.tables.subscriptions import Subscription
from esb_cloud.sql.tables.topics import Topic
from esb_cloud.sql.transaction import Transaction
from esb_wire.utc_times import to_millisecond

TOKEN: Final = re.compile(r"[0-9a-f]{64,256}", re.ASCII)


def new_token(transaction: Transaction) -> str:
    return transaction.ids.take(64).hex()


def ask_to_confirm(transaction: Transaction, call: Call, topic: Topic, subscription: Subscription) -> None:
    """Send the token to the endpoint: whoever reads it there may confirm."""
    arn = call.stack.arn("sns", topic.name)
    text = (
        f"You have chosen to subscribe to the topic {arn}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    _send(transaction, call, topic, subscription, ("SubscriptionConfirmation", text, subscription.token))


def send_unsubscribe_confirmation(
    transaction: Transaction, call: Call, topic: Topic, subscription: Subscription, token: str
) -> None:
    """Send a token that brings the subscription back."""
    arn = f"{call.stack.arn('sns', topic.name)}:{subscription.id}"
    text = (
        f"You have chosen to deactivate subscription {arn}.\n"
        "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
    )
    _send(transaction, call, topic, subscription, ("UnsubscribeConfirmation", text, token))


def _send(
    transaction: Transaction, call: Call, topic: Topic, subscription: Subscription, content: tuple[str, str, str]
) -> None:
    kind, text, token = content
    arn = call.stack.arn("sns", topic.name)
    key, version = signing_key(transaction), topic.attributes.get("SignatureVersion", "1")
    document: dict[str, Any] = {
        "Type": kind,
        "MessageId": transaction.ids.uuid(),
        "Token": token,
        "TopicArn": arn,
        "Message": text,
        "SubscribeURL": f"{call.base_url}/?Action=ConfirmSubscription&TopicArn={quote(arn, safe=':')}&Token={token}",
        "Timestamp": to_millisecond(transaction.wall_ms / 1000),
        "SignatureVersion": version,
    }
    document["Signature"] = key.sign(signed_text(document), version)
    document["SigningCertURL"] = call.base_url + key.certificate_path
    headers = {
        "X-Amz-Sns-Message-Type": kind,
        "X-Amz-Sns-Message-Id": document["MessageId"],
        "X-Amz-Sns-Topic-Arn": arn,
    }
    add_http(transaction, topic, subscription, HttpMessage(json.dumps(document), headers))
