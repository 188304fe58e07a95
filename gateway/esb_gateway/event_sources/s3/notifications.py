"""The notifications of all buckets, and which of them an object event is for. Pure.

S3 user guide, "Configuring event notifications using object key name filtering": a configuration has at most one prefix
and one suffix, compared with the key as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from esb_gateway.event_sources.source import Owner
from esb_gateway.storage_events.object_event import ObjectEvent
from esb_schemas.partitions import arn_of

_LISTS: Final = (
    ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "TopicArn"),
)


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification of a bucket's events: `target` is an ARN, `events` are names as S3's without `s3:`, with `*`.

    `function` is the name of the function that it is, if it is one.
    """

    bucket: str
    id: str
    target: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""
    function: str | None = None

    @property
    def is_for_bus(self) -> bool:
        return self.target.split(":")[2] == "events"

    def matches(self, event: ObjectEvent) -> bool:
        """Whether it is told of the event."""
        is_of_kind = any(
            event.name == name or (name.endswith("*") and event.name.startswith(name[:-1])) for name in self.events
        )
        return (
            is_of_kind
            and event.bucket == self.bucket
            and event.key.startswith(self.prefix)
            and event.key.endswith(self.suffix)
        )


@dataclass(frozen=True, slots=True)
class BucketNotifications:
    """Those of all buckets, see `source.Mapping`: one reader serves them, because the storage has one log."""

    notifications: tuple[Notification, ...]
    region: str
    account: str
    type: str = "s3"
    function: str = ""
    key: str = "s3"


def read_notifications(resources: Mapping[str, Any], owner: Owner) -> BucketNotifications:
    """The notifications in a valid resources.yml."""
    stack = owner.stack
    bus = arn_of("events", stack.region, stack.account_id, "event-bus/default")
    found = [each for bucket in resources.get("S3", ()) for each in _of_bucket(bucket, bus)]
    return BucketNotifications(tuple(found), stack.region, stack.account_id)


def _of_bucket(bucket: Mapping[str, Any], bus: str) -> Iterator[Notification]:
    name, configuration = bucket["BucketName"], bucket.get("NotificationConfiguration", {})
    for key, arn in _LISTS:
        for index, entry in enumerate(configuration.get(key, ()), 1):
            rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", ())
            affixes = {rule["Name"]: rule["Value"] for rule in rules}
            target = entry[arn]
            yield Notification(
                bucket=name,
                id=entry.get("Id") or f"{target.rpartition(':')[2]}-{index}",
                target=target,
                events=_names(entry["Events"]),
                prefix=affixes.get("prefix", ""),
                suffix=affixes.get("suffix", ""),
                function=target.split(":")[6] if key == "LambdaFunctionConfigurations" else None,
            )
    if configuration.get("EventBridgeConfiguration") is not None:
        yield Notification(name, "eventbridge", bus, ("*",))


def _names(events: Sequence[str]) -> tuple[str, ...]:
    return tuple(event.removeprefix("s3:") for event in events)
