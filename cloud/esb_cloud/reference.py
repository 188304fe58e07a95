"""Writes docs/cloud-operations.md: `nox -s docs` runs it, where botocore is; the server does not need that.

Each operation of botocore's service model is in it, and each of its parameters that has no effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from botocore.loaders import Loader

from esb_cloud.services import SERVICES

_STORED: Final = {
    "sqs": {
        "AddPermission": "writes the attribute `Policy`; every caller with the stack's credentials may do everything",
        "RemovePermission": "as `AddPermission`",
    },
    "sns": {
        "AddPermission": "writes the attribute `Policy`",
        "RemovePermission": "as `AddPermission`",
    },
    "events": {
        "PutPermission": "writes the policy of the bus",
        "RemovePermission": "as `PutPermission`",
    },
}
_NOTES: Final = {
    "sqs": {
        "CreateQueue": (
            "`Policy`, `KmsMasterKeyId`, `KmsDataKeyReusePeriodSeconds`, `SqsManagedSseEnabled` and "
            "`FifoThroughputLimit` are stored and shown, without effect"
        ),
        "SetQueueAttributes": "attributes as `CreateQueue`",
        "DeleteQueue": "the name can be used again at once; AWS wants 60 seconds to pass",
        "GetQueueUrl": "queues of other accounts do not exist",
    },
    "sns": {
        "CreateTopic": (
            "`Policy`, `KmsMasterKeyId`, `TracingConfig` and the attributes of delivery logging are stored and shown, "
            "without effect; `ArchivePolicy` and `DataProtectionPolicy` are refused"
        ),
        "DeleteTopic": "its subscriptions are gone at once",
        "Publish": "to topics; a `PhoneNumber` or an endpoint of mobile push is refused",
        "SetTopicAttributes": "attributes as `CreateTopic`",
        "Subscribe": (
            "the protocols `sqs`, `lambda`, `http` and `https`; `ReplayPolicy` and `SubscriptionRoleArn` are refused"
        ),
        "SetSubscriptionAttributes": "attributes as `Subscribe`",
    },
    "events": {
        "CreateApiDestination": "`http` endpoints are allowed, too",
        "CreateConnection": "private connectivity is refused",
        "CreateEventBus": (
            "`KmsKeyIdentifier`, `LogConfig` and `DeadLetterConfig` are stored and shown, without effect; an "
            "`EventSourceName` is refused"
        ),
        "PutEvents": "an `EndpointId` is refused, and a `Source` of `aws.…`, as on AWS",
        "PutRule": "`RoleArn` is stored and shown, without effect",
        "PutTargets": (
            "functions, queues, topics, buses and API destinations; other targets are refused, and so are their "
            "parameters; `RoleArn` is stored and shown, without effect"
        ),
        "UpdateEventBus": "as `CreateEventBus`",
    },
}


def page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Operations that `esb-cloud` serves"
    yield ""
    yield "Made by `nox -s docs` from botocore's models. An operation that is refused answers with an AWS-shaped"
    yield "error: `UnknownOperationException` in the JSON protocol, `InvalidAction` in the Query protocol."
    for service in SERVICES:
        model = Loader().load_service_model(service.name, "service-2")
        yield ""
        yield f"## {model['metadata'].get('serviceAbbreviation', model['metadata']['serviceFullName'])}"
        yield ""
        yield "| operation | here | |"
        yield "|---|---|---|"
        for operation in sorted(model["operations"]):
            yield _row(service.name, operation, operation in service.operations)


def _row(service: str, operation: str, served: Any) -> str:
    stored = _STORED.get(service, {}).get(operation)
    note = stored or _NOTES.get(service, {}).get(operation, "")
    here = "refused" if not served else "stored without effect" if stored else "served"
    return f"| `{operation}` | {here} | {note} |"


if __name__ == "__main__":
    print(page(), end="")
