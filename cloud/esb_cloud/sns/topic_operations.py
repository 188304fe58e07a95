"""Operations on topics: create, delete, list, attributes, permissions, tags."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from esb_cloud.aws.page_tokens import InvalidToken, page_start, page_token
from esb_cloud.aws.service import Call, Result
from esb_cloud.sns.arns import invalid, no_topic, topic_name
from esb_cloud.sns.notifications.delivery_policies import (
    InvalidDeliveryPolicy,
    effective_topic_policy,
    read_topic_policy,
)
from esb_cloud.sns.notifications.keys import TOPIC_CREATED
from esb_cloud.sql.tables.subscriptions import CONFIRMED, PENDING
from esb_cloud.sql.tables.topics import Topic
from esb_cloud.sql.transaction import Transaction
from esb_wire.errors import AwsError
from esb_wire.offload import is_costly

PAGE_SIZE: Final = 100

_NAME: Final = re.compile(r"[\w-]{1,256}|[\w-]{1,251}\.fifo", re.ASCII)
_BOOLEANS: Final = ("true", "false")
_FEEDBACK: Final = re.compile(r"(HTTP|Firehose|Lambda|Application|SQS)(Success|Failure)Feedback(RoleArn|SampleRate)")
_ACTIONS: Final = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe"),
    *("ListSubscriptionsByTopic", "Publish"),
)


def create_topic(transaction: Transaction, call: Call) -> Result:
    parameters = call.parameters
    name, attributes = parameters["Name"], parameters.get("Attributes", {})
    if "DataProtectionPolicy" in parameters:
        raise invalid("DataProtectionPolicy Reason: data protection policies are not available in this stack")
    _check_name(name, attributes)
    for attribute, value in attributes.items():
        if attribute != "FifoTopic":
            _check_attribute(attribute, value, attributes, "Attributes Reason: ")
    tags = _read_tags(parameters.get("Tags", ()))
    topic = transaction.topics.find(name)
    if topic is None:
        transaction.topics.add(name, attributes, tags)
        transaction.signal(TOPIC_CREATED)
    else:
        _check_same(topic, attributes, tags if "Tags" in parameters else None)
    return {"TopicArn": call.stack.arn("sns", name)}


def delete_topic(transaction: Transaction, call: Call) -> Result:
    topic = transaction.topics.find(topic_name(call.parameters["TopicArn"], call.stack))
    if topic is not None:
        transaction.topics.remove(topic)
        transaction.subscriptions.remove_topic(topic.name)
    return {}


def list_topics(transaction: Transaction, call: Call) -> Result:
    names = transaction.topics.names(read_token(call), PAGE_SIZE + 1)
    topics = [{"TopicArn": call.stack.arn("sns", name)} for name in names[:PAGE_SIZE]]
    return page({"Topics": topics}, names, lambda name: name)


def get_topic_attributes(transaction: Transaction, call: Call) -> Result:
    topic = find_topic(transaction, call)
    subscriptions = transaction.subscriptions
    policy = read_topic_policy(topic.attributes.get("DeliveryPolicy", ""))
    attributes = {
        "TopicArn": call.stack.arn("sns", topic.name),
        "Owner": call.stack.account,
        "Policy": _default_policy(topic, call),
        "DisplayName": "",
        "SubscriptionsConfirmed": str(subscriptions.count(topic.name, CONFIRMED)),
        "SubscriptionsPending": str(subscriptions.count(topic.name, PENDING)),
        "SubscriptionsDeleted": str(topic.unsubscribed),
        **({"ContentBasedDeduplication": "false"} if topic.is_fifo else {}),
        **{name: value for name, value in topic.attributes.items() if value or name == "DisplayName"},
        "EffectiveDeliveryPolicy": json.dumps(effective_topic_policy(policy)),
    }
    if policy:
        attributes["DeliveryPolicy"] = json.dumps(policy)
    return {"Attributes": attributes}


def set_topic_attributes(transaction: Transaction, call: Call) -> Result:
    topic = find_topic(transaction, call)
    name, value = call.parameters["AttributeName"], call.parameters.get("AttributeValue", "")
    _check_attribute(name, value, topic.attributes, "")
    attributes = {**topic.attributes, name: value}
    if not value:
        del attributes[name]
    transaction.topics.update(topic, attributes, topic.tags)
    return {}


def add_permission(transaction: Transaction, call: Call) -> Result:
    topic = find_topic(transaction, call)
    policy, label = _policy(topic, call), call.parameters["Label"]
    actions = call.parameters.get("ActionName", [])
    if any(action not in _ACTIONS and action != "*" for action in actions):
        raise invalid("Policy statement action out of service scope!")
    if any(statement.get("Sid") == label for statement in policy["Statement"]):
        raise invalid("Statement already exists")
    principals = [call.stack.root_arn(account) for account in call.parameters.get("AWSAccountId", [])]
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _single(principals)},
        "Action": _single([f"SNS:{action}" for action in actions]),
        "Resource": call.stack.arn("sns", topic.name),
    }
    policy["Statement"].append(statement)
    transaction.topics.update(topic, {**topic.attributes, "Policy": json.dumps(policy)}, topic.tags)
    return {}


def remove_permission(transaction: Transaction, call: Call) -> Result:
    topic = find_topic(transaction, call)
    policy = _policy(topic, call)
    policy["Statement"] = [one for one in policy["Statement"] if one.get("Sid") != call.parameters["Label"]]
    transaction.topics.update(topic, {**topic.attributes, "Policy": json.dumps(policy)}, topic.tags)
    return {}


def tag_resource(transaction: Transaction, call: Call) -> Result:
    topic = _find_resource(transaction, call)
    tags = {**topic.tags, **_read_tags(call.parameters.get("Tags", ()))}
    transaction.topics.update(topic, topic.attributes, tags)
    return {}


def untag_resource(transaction: Transaction, call: Call) -> Result:
    topic = _find_resource(transaction, call)
    removed = call.parameters.get("TagKeys", [])
    tags = {key: value for key, value in topic.tags.items() if key not in removed}
    transaction.topics.update(topic, topic.attributes, tags)
    return {}


def list_tags(transaction: Transaction, call: Call) -> Result:
    tags = _find_resource(transaction, call).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


# -- shared with subscriptions -----------------------------------------------------------------------------------------


def find_topic(transaction: Transaction, call: Call) -> Topic:
    """The topic that a call names. Raises AwsError."""
    topic = transaction.topics.find(topic_name(call.parameters["TopicArn"], call.stack))
    if topic is None:
        raise no_topic()
    return topic


def page(result: Result, found: list[Any], key: Callable[[Any], str]) -> Result:
    """Add a token if more was found than a page has; `key` is what the next page begins behind."""
    if len(found) > PAGE_SIZE:
        result["NextToken"] = page_token(key(found[PAGE_SIZE - 1]))
    return result


def read_token(call: Call) -> str:
    """The name after which a page begins. Raises AwsError for a token that was not given by `page`."""
    try:
        return page_start(call)
    except InvalidToken:
        raise invalid("NextToken") from None


# -- checks ------------------------------------------------------------------------------------------------------------


def _check_name(name: str, attributes: Mapping[str, str]) -> None:
    fifo = attributes.get("FifoTopic", "false")
    if fifo not in _BOOLEANS:
        raise invalid("Attributes Reason: FifoTopic: must be true or false")
    if not _NAME.fullmatch(name) or name.endswith(".fifo") is not (fifo == "true"):
        raise invalid("Topic Name")


def _check_attribute(name: str, value: str, attributes: Mapping[str, str], where: str) -> None:
    """Raises AwsError unless the attribute can be set to this value; an empty one takes it away."""
    is_fifo = attributes.get("FifoTopic") == "true"
    if name in ("ContentBasedDeduplication", "FifoThroughputScope") and not is_fifo:
        raise invalid(f"{where}{name}: is for FIFO topics")
    check = _ATTRIBUTES.get(name, _any_value if _FEEDBACK.fullmatch(name) else None)
    if check is None:
        raise invalid(f"{where}Unknown attribute: {name}" if where else "AttributeName")
    reason = check(value) if value else None
    if reason is not None:
        raise invalid(f"{where}{name}: {reason}")


def _any_value(_: str) -> str | None:
    return None


def _one_of(*allowed: str) -> Callable[[str], str | None]:
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}"


def _json(value: str) -> str | None:
    if is_costly(value):  # AWS's limit, 30 KB, is below
        return "is too long"
    try:
        return None if isinstance(json.loads(value), dict) else "is not a JSON object"
    except (ValueError, RecursionError):
        return "failed to parse JSON"


def _delivery_policy(value: str) -> str | None:
    try:
        read_topic_policy(value)
    except InvalidDeliveryPolicy as error:
        return str(error)
    return None


_ATTRIBUTES: Final[Mapping[str, Callable[[str], str | None]]] = {
    "ContentBasedDeduplication": _one_of(*_BOOLEANS),
    "DeliveryPolicy": _delivery_policy,
    "DisplayName": lambda value: None if len(value) <= 100 else "must be at most 100 characters long",
    "FifoThroughputScope": _one_of("Topic", "MessageGroup"),
    "KmsMasterKeyId": _any_value,
    "Policy": _json,
    "SignatureVersion": _one_of("1", "2"),
    "TracingConfig": _one_of("PassThrough", "Active"),
}


def _check_same(topic: Topic, attributes: Mapping[str, str], tags: Mapping[str, str] | None) -> None:
    """Creating a topic again is allowed if nothing differs."""
    if any(topic.attributes.get(name) != value for name, value in attributes.items()):
        raise invalid("Attributes Reason: Topic already exists with different attributes")
    if tags is not None and tags != topic.tags:
        raise invalid("Tags Reason: Topic already exists with different tags")


def _read_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    found = dict[str, str]()
    for tag in tags:
        if tag.get("Key", "") in found:
            raise invalid("Duplicated keys are not allowed.")
        found[tag.get("Key", "")] = tag.get("Value", "")
    if len(found) > 50:
        raise AwsError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
    return found


def _find_resource(transaction: Transaction, call: Call) -> Topic:
    topic = transaction.topics.find(topic_name(call.parameters["ResourceArn"], call.stack, "ResourceArn"))
    if topic is None:
        raise AwsError("ResourceNotFound", "Resource does not exist", 404)
    return topic


def _policy(topic: Topic, call: Call) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(topic.attributes.get("Policy") or _default_policy(topic, call))
    statements = policy.get("Statement", [])
    policy["Statement"] = statements if isinstance(statements, list) else [statements]
    return policy


def _default_policy(topic: Topic, call: Call) -> str:
    """The policy that AWS shows for a topic without one. Policies have no effect here."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _ACTIONS],
        "Resource": call.stack.arn("sns", topic.name),
        "Condition": {"StringEquals": {"AWS:SourceOwner": call.stack.account}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


def _single(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
