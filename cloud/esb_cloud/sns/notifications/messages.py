"""A published message: what is checked, and how it looks to each kind of subscriber."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from esb_cloud.sns.arns import invalid
from esb_wire.errors import AwsError
from esb_wire.patterns import read_json

MAX_BYTES: Final = 262_144  # of a message with its attributes, and of a batch

_MAX_SUBJECT: Final = 100
_MAX_NAME: Final = 256
_NAME: Final = re.compile(r"[\w.-]", re.ASCII)
_PREFIXES: Final = ("Binary", "Number", "String")
_PROTOCOLS: Final = {"http": "http", "https": "https", "lambda": "lambda", "sqs": "sqs"}

Attributes = Mapping[str, Mapping[str, Any]]


class Texts(NamedTuple):
    """The text of a message, and those of protocols that have one of their own."""

    default: str
    by_protocol: Mapping[str, str]


class PublishedMessage(NamedTuple):
    """A message that was accepted. `texts` has the text by protocol, where it differs from `text`.

    `sequence` is set if the topic is FIFO; `group` may be set in any case. `time` is as SNS writes it, `trace` is the
    X-Ray header.
    """

    id: str
    topic_arn: str
    time: str
    text: str
    texts: Mapping[str, str]
    subject: str | None
    attributes: Attributes
    group: str | None = None
    deduplication: str | None = None
    sequence: str | None = None
    trace: str = ""

    def text_for(self, protocol: str) -> str:
        return self.texts.get(protocol, self.text)


class Envelope(NamedTuple):
    """The envelope of a message: the URL to unsubscribe, and its signature if it has one."""

    unsubscribe_url: str
    signature: str | None
    signature_version: str
    certificate_url: str


def check_message(parameters: Mapping[str, Any], path: str = "") -> None:
    """Check a message to publish; `path` is where it is in the request. Raises AwsError."""
    if not parameters["Message"]:
        raise invalid("Empty message")
    subject = parameters.get("Subject")
    if subject is not None and not _is_subject(subject):
        raise invalid("Subject")
    _check_attributes(parameters.get("MessageAttributes") or {}, path)
    if size_of(parameters) > MAX_BYTES:
        raise invalid("Message too long")
    if parameters.get("MessageStructure", "json") != "json":
        raise invalid("MessageStructure")


def texts_of(message: str) -> Texts | str:
    """The texts of a message whose structure is `json`, or why it has none."""
    try:
        texts = read_json(message)
    except ValueError:
        texts = None
    if not isinstance(texts, dict):
        return "Message Structure - JSON message body failed to parse"
    default = texts.get("default")
    if not isinstance(default, str):
        return "Message Structure - No default entry in JSON message body"
    return Texts(
        default, {name: value for name, value in texts.items() if name in _PROTOCOLS and isinstance(value, str)}
    )


def size_of(parameters: Mapping[str, Any]) -> int:
    """Bytes of a message with its attributes."""
    size = len(parameters["Message"].encode())
    for name, attribute in (parameters.get("MessageAttributes") or {}).items():
        value = attribute.get("BinaryValue") or attribute.get("StringValue", "").encode()
        size += len(name) + len(attribute.get("DataType", "")) + len(value)
    return size


def _is_subject(subject: str) -> bool:
    return 0 < len(subject) <= _MAX_SUBJECT and subject.isprintable() and not subject.startswith(" ")


def _check_attributes(attributes: Attributes, path: str) -> None:
    """AWS's words were recorded: sns/test_sns, test_empty_or_wrong_message_attributes."""
    for name, attribute in attributes.items():
        _check_name(name)
        _check_value(name, attribute, path)


def _check_name(name: str) -> None:
    if len(name.encode()) > _MAX_NAME:
        raise _wrong("Length of message attribute name must be less than 256 bytes.")
    if name.startswith("."):
        raise _wrong("Invalid message attribute name starting with character '.' was found.")
    if name.endswith("."):
        raise _wrong("Invalid message attribute name ending with character '.' was found.")
    for character in name:
        if not _NAME.fullmatch(character):
            code = f"#x{ord(character):X}"
            raise _wrong(
                f"Invalid non-alphanumeric character '{code}' was found in the message attribute name. "
                "Can only include alphanumeric characters, hyphens, underscores, or dots."
            )
    if ".." in name:
        raise _wrong("Message attribute name can not have successive '.' character.")


def _check_value(name: str, attribute: Mapping[str, Any], path: str) -> None:
    data_type = attribute.get("DataType")
    if data_type is None:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value null at '{path}messageAttributes.{name}.member.dataType' failed to "
            "satisfy constraint: Member must not be null",
        )
    kind = data_type.partition(".")[0]
    if kind not in _PREFIXES:
        raise _wrong(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    wanted, other = ("BinaryValue", "StringValue") if kind == "Binary" else ("StringValue", "BinaryValue")
    if other in attribute and not attribute.get(wanted):
        raise _wrong(f"The message attribute '{name}' with type '{data_type}' must use field '{wanted[:-5]}'.")
    if not attribute.get(wanted):
        raise _wrong(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute type "
            f"'{data_type}'."
        )
    if kind == "Number" and not _is_number(attribute[wanted]):
        raise _wrong(f"Could not cast message attribute '{name}' value to number.")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _wrong(text: str) -> AwsError:
    return AwsError("ParameterValueInvalid", text)


# -- to subscribers ----------------------------------------------------------------------------------------------------


def notification(message: PublishedMessage, protocol: str, envelope: Envelope) -> str:
    """The document that SQS, HTTP and HTTPS subscribers get unless they want the text alone."""
    document: dict[str, Any] = {"Type": "Notification", "MessageId": message.id}
    if message.sequence is not None:
        document["SequenceNumber"] = message.sequence
    document["TopicArn"] = message.topic_arn
    if message.subject is not None:
        document["Subject"] = message.subject
    document["Message"] = message.text_for(protocol)
    document["Timestamp"] = message.time
    if envelope.signature is not None:
        document["SignatureVersion"] = envelope.signature_version
        document["Signature"] = envelope.signature
        document["SigningCertURL"] = envelope.certificate_url
    document["UnsubscribeURL"] = envelope.unsubscribe_url
    if message.attributes:
        document["MessageAttributes"] = _attributes(message.attributes)
    return json.dumps(document, ensure_ascii=False)


def lambda_event(message: PublishedMessage, subscription_arn: str, envelope: Envelope) -> str:
    """The event that a function gets: one record. Its names of URLs end in `Url`."""
    sns: dict[str, Any] = {"Type": "Notification", "MessageId": message.id}
    if message.sequence is not None:
        sns["SequenceNumber"] = message.sequence
    sns |= {
        "TopicArn": message.topic_arn,
        "Subject": message.subject,
        "Message": message.text_for("lambda"),
        "Timestamp": message.time,
    }
    if envelope.signature is not None:
        sns["SignatureVersion"] = envelope.signature_version
        sns["Signature"] = envelope.signature
        sns["SigningCertUrl"] = envelope.certificate_url
    sns["UnsubscribeUrl"] = envelope.unsubscribe_url
    sns["MessageAttributes"] = _attributes(message.attributes)
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription_arn,
        "Sns": sns,
    }
    return json.dumps({"Records": [record]}, ensure_ascii=False)


def _attributes(attributes: Attributes) -> dict[str, Any]:
    return {name: {"Type": one["DataType"], "Value": _value(one)} for name, one in attributes.items()}


def _value(attribute: Mapping[str, Any]) -> Any:
    if "BinaryValue" in attribute:
        return base64.b64encode(attribute["BinaryValue"]).decode("ascii")
    return attribute["StringValue"]


# -- signatures --------------------------------------------------------------------------------------------------------


def signed_text(document: Mapping[str, Any]) -> str:
    """The signed text of a document. SNS developer guide, "Verifying the signatures of Amazon SNS messages"."""
    confirmation = document["Type"] != "Notification"
    names = ["Message", "MessageId", "SubscribeURL" if confirmation else "Subject", "Timestamp"]
    names += ["Token", "TopicArn", "Type"] if confirmation else ["TopicArn", "Type"]
    return "".join(f"{name}\n{document[name]}\n" for name in names if document.get(name) is not None)
