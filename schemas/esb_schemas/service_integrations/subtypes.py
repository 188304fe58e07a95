"""The operations that a route of an HTTP API can call: "Integration subtype reference" in API Gateway's guide.

Operations of services that the stack lacks are left out.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Subtype(NamedTuple):
    """An operation of a service, by boto3's name of it, and the names of its parameters."""

    service: str
    operation: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """All parameters."""
        return self.required + self.optional


SUBTYPES: Final[Mapping[str, Subtype]] = {
    "EventBridge-PutEvents": Subtype(
        "events", "PutEvents", ("Detail", "DetailType", "Source"), ("EventBusName", "Resources", "Time", "TraceHeader")
    ),
    "SQS-DeleteMessage": Subtype("sqs", "DeleteMessage", ("QueueUrl", "ReceiptHandle")),
    "SQS-PurgeQueue": Subtype("sqs", "PurgeQueue", ("QueueUrl",)),
    "SQS-ReceiveMessage": Subtype(
        "sqs",
        "ReceiveMessage",
        ("QueueUrl",),
        (
            "AttributeNames",
            "MaxNumberOfMessages",
            "MessageAttributeNames",
            "ReceiveRequestAttemptId",
            "VisibilityTimeout",
            "WaitTimeSeconds",
        ),
    ),
    "SQS-SendMessage": Subtype(
        "sqs",
        "SendMessage",
        ("QueueUrl", "MessageBody"),
        ("DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId", "MessageSystemAttributes"),
    ),
}
"""By AWS's name. AWS's parameter `Region` is left out: a stack has one region."""

OBJECTS: Final = frozenset({"MessageAttributes", "MessageSystemAttributes"})
"""Parameters whose text is a JSON object; all others but LISTS are text."""

LISTS: Final = frozenset({"AttributeNames", "MessageAttributeNames", "Resources"})
"""Parameters whose text is a JSON list of texts, or texts with commas between them."""
