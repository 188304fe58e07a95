"""The capabilities that a template may need and an engine may lack."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from esb_schemas.engines.engine import Engine


class Capability(NamedTuple):
    """A capability that an engine may lack. `label` is for users: "An engine without {label}".

    `needed_by` is the key of an entry of resources.yml that needs it, followed by the key below it that has to be true,
    if any; None if no entry shows the need. `then` is the consequence on an engine without it.
    """

    name: str
    service: str
    label: str
    then: str
    needed_by: tuple[str, ...] | None = None


CAPABILITIES: Final[tuple[Capability, ...]] = (
    Capability("signatures", "dynamodb", "signature checks", "its port is not published as it is"),
    Capability("transactions", "dynamodb", "transactions", "TransactWriteItems and TransactGetItems fail"),
    Capability("partiql", "dynamodb", "PartiQL", "ExecuteStatement and the other PartiQL operations fail"),
    Capability(
        "streams",
        "dynamodb",
        "streams",
        "the table has no stream",
        ("StreamSpecification", "StreamEnabled"),
    ),
    Capability(
        "expiry",
        "dynamodb",
        "time to live",
        "expired items stay until something deletes them",
        ("TimeToLiveSpecification", "Enabled"),
    ),
    Capability("tags", "dynamodb", "tags of tables", "the tags are not stored", ("Tags",)),
    Capability(
        "point_in_time_recovery",
        "dynamodb",
        "point-in-time recovery",
        "there are no backups; esb-provision export makes one",
        ("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"),
    ),
    Capability(
        "deletion_protection",
        "dynamodb",
        "deletion protection",
        "DeleteTable deletes the table",
        ("DeletionProtectionEnabled",),
    ),
    Capability("table_arns", "dynamodb", "ARNs as TableName", "a call with an ARN as TableName fails"),
    Capability("several_machines", "dynamodb", "several machines", "one container has all of the data"),
    Capability("signatures", "s3", "signature checks", "its port is not published as it is"),
    Capability("function_credentials", "s3", "credentials of each function", "--credentials function is refused"),
    Capability(
        "notifications",
        "s3",
        "event notifications",
        "nothing is invoked when objects change",
        ("NotificationConfiguration",),
    ),
    Capability("lifecycle", "s3", "lifecycle rules", "objects do not expire", ("LifecycleConfiguration",)),
    Capability(
        "public_access_block",
        "s3",
        "public access blocks",
        "the block is not stored; without a bucket policy nothing is public",
        ("PublicAccessBlockConfiguration",),
    ),
    Capability("several_machines", "s3", "several machines", "one container has all of the data"),
    Capability("signatures", "logs", "passwords", "its port is not published as it is"),
    Capability("several_machines", "logs", "several machines", "one container has all of the data"),
)


def lacks(engine: Engine) -> Iterator[Capability]:
    """The capabilities of its service that neither the engine nor ESB provides."""
    for capability in CAPABILITIES:
        if capability.service == engine.service and capability.name not in {*engine.capabilities, *engine.added_by_esb}:
            yield capability


def is_needed(capability: Capability, entry: Mapping[str, Any]) -> bool:
    """Whether an entry of resources.yml needs the capability."""
    if capability.needed_by is None:
        return False
    value: Any = entry
    for key in capability.needed_by:
        value = value.get(key) if isinstance(value, Mapping) else None
    return bool(value)
