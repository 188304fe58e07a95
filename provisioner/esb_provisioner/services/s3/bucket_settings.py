"""The settings of a bucket: one row for each, in the order in which they are written.

A row has the calls that read and write the setting, and the comparison of two values. To support another setting, add a
row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from esb_schemas.agreements.storage_events import WEBHOOK

Value = Any  # in the shape of the file's key, None if the bucket has none


@dataclass(frozen=True)
class BucketSetting:
    """One setting; boto3's client reads it by `get_<name>` and writes it by `put_<name>`.

    `from_answer` converts the answer of the read call to the file's shape; `canonical` converts either side, None
    included, to what is compared; `to_write` makes the value to write from the file's and the bucket's. Without an
    `essential` setting, objects are lost; if a server lacks another one, that is a warning.
    """

    key: str
    name: str
    from_answer: Callable[[Mapping[str, Any]], Value]
    canonical: Callable[[Value], Any]
    to_write: Callable[[Value, Value], Value] = lambda wanted, _seen: wanted
    essential: bool = False

    @property
    def read(self) -> str:
        return f"get_{self.name}"

    @property
    def write(self) -> str:
        return f"put_{self.name}"

    def is_same(self, wanted: Value, seen: Value) -> bool:
        return covers(self.canonical(wanted), self.canonical(seen))


def covers(wanted: Any, seen: Any) -> bool:
    """Whether `seen` has all of `wanted`; a mapping may have more keys."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return all(key in seen and seen[key] == value for key, value in wanted.items())
    return bool(wanted == seen)


def member(key: str) -> Callable[[Mapping[str, Any]], Value]:
    return lambda answer: answer.get(key)


def wrapped(key: str) -> Callable[[Mapping[str, Any]], Value]:
    """A list that is at the top of the answer and one level down in the file; an empty list counts as none."""
    return lambda answer: {key: answer[key]} if answer.get(key) else None


def versioning_status(answer: Mapping[str, Any]) -> Value:
    return {"Status": answer["Status"]} if answer.get("Status") else None


def versioning(value: Value) -> str:
    """A bucket that never had versioning keeps no versions, like a suspended one."""
    return (value or {}).get("Status") or "Suspended"


def ownership(value: Value) -> str | None:
    return only_rule(value).get("ObjectOwnership")


def access_block(value: Value) -> dict[str, bool]:
    """All four switches; the default is off."""
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {switch: (value or {}).get(switch, False) for switch in switches}


def encryption(value: Value) -> dict[str, Any]:
    """The rule as a flat mapping."""
    rule = only_rule(value)
    return {
        "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
        **rule.get("ApplyServerSideEncryptionByDefault", {}),
    }


def only_rule(value: Value) -> Mapping[str, Any]:
    """The rule of a configuration that has at most one."""
    rules: list[Mapping[str, Any]] = (value or {}).get("Rules") or [{}]
    return rules[0]


def tags(value: Value) -> dict[str, str]:
    """Tags without order; servers return no value for an empty set."""
    return {tag["Key"]: tag.get("Value", "") for tag in (value or {}).get("TagSet", ())}


def with_other_tags(wanted: Value, seen: Value) -> Value:
    """The file's tags and the bucket's other tags, because PutBucketTagging replaces the whole set."""
    merged = tags(seen) | tags(wanted)
    return {"TagSet": [{"Key": key, "Value": value} for key, value in sorted(merged.items())]}


def cors(value: Value) -> list[dict[str, Any]]:
    """Rules in order (the first match counts), without ids, empty members, and the order inside their lists.

    SeaweedFS returns a MaxAgeSeconds of 0 for none.
    """
    rules = (value or {}).get("CORSRules", [])
    return [{key: unordered(part) for key, part in rule.items() if key != "ID" and part} for rule in rules]


def unordered(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def lifecycle(value: Value) -> list[str]:
    """Rules without order and ids, each in a canonical form."""
    return sorted(json.dumps(lifecycle_rule(rule), sort_keys=True) for rule in (value or {}).get("Rules", []))


def lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule with a flat filter and plain dates, without members that are empty or false."""
    parts = {key: plain(part) for key, part in rule.items() if key not in ("ID", "Prefix", "Filter")}
    if (expiration := parts.get("Expiration")) and expiration.get("ExpiredObjectDeleteMarker") is False:
        expiration.pop("ExpiredObjectDeleteMarker")
    return {key: part for key, part in parts.items() if part} | {"Filter": lifecycle_filter(rule)}


def lifecycle_filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    """`Prefix`, `Filter: {Prefix}`, `Filter: {And: {...}}` and an empty filter as one flat mapping."""
    given = dict(rule.get("Filter") or {})
    flat = {"Prefix": rule.get("Prefix", "")} | given | given.pop("And", {})
    flat.pop("And", None)
    labels = tags({"TagSet": [*flat.pop("Tags", []), *([flat.pop("Tag")] if flat.get("Tag") else [])]})
    return {key: part for key, part in flat.items() if part not in ("", None)} | ({"Tags": labels} if labels else {})


def plain(value: Any) -> Any:
    """Lists without order; boto3's dates as days."""
    if isinstance(value, Mapping):
        return {key: plain(part)[:10] if key == "Date" else plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return sorted(map(plain, value), key=lambda part: json.dumps(part, sort_keys=True))
    return value.isoformat() if isinstance(value, date) else value


ALL_USERS: Final = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS: Final = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
CANNED: Final[Mapping[frozenset[tuple[str, str]], str]] = {
    frozenset(): "private",
    frozenset({(ALL_USERS, "READ")}): "public-read",
    frozenset({(ALL_USERS, "READ"), (ALL_USERS, "WRITE")}): "public-read-write",
    frozenset({(AUTHENTICATED_USERS, "READ")}): "authenticated-read",
}


def canned_acl(answer: Mapping[str, Any]) -> str:
    """The canned ACL with the same grants to groups."""
    grants = ((grant["Grantee"].get("URI"), grant["Permission"]) for grant in answer.get("Grants", ()))
    return CANNED.get(frozenset((uri, permission) for uri, permission in grants if uri), "other grants")


NOTIFICATIONS: Final = "NotificationConfiguration"
_TARGETS: Final = (
    "EventBridgeConfiguration",
    "LambdaFunctionConfigurations",
    "QueueConfigurations",
    "TopicConfigurations",
)


def notifications(answer: Mapping[str, Any]) -> Value:
    return {key: answer[key] for key in _TARGETS if key in answer}


def webhook_calls(value: Value) -> list[dict[str, Any]]:
    """The configuration for the webhook; other configurations are not compared."""
    found = (each for each in _queues(value) if each.get("Id") == WEBHOOK)
    return [{"QueueArn": each.get("QueueArn"), "Events": sorted(each.get("Events", ()))} for each in found]


def with_other_notifications(wanted: Value, seen: Value) -> Value:
    """With the bucket's other configurations, because the call replaces all of them."""
    others = [each for each in _queues(seen) if each.get("Id") != WEBHOOK]
    queues = [*others, *_queues(wanted)]
    targets = {key: value for key, value in (seen or {}).items() if key != "QueueConfigurations"}
    return {**targets, "QueueConfigurations": queues} if queues else targets


def _queues(value: Value) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = (value or {}).get("QueueConfigurations", [])
    return found


ROWS: Final = (
    BucketSetting("OwnershipControls", "bucket_ownership_controls", member("OwnershipControls"), ownership),
    BucketSetting(
        "PublicAccessBlockConfiguration",
        "public_access_block",
        member("PublicAccessBlockConfiguration"),
        access_block,
    ),
    BucketSetting("ACL", "bucket_acl", canned_acl, lambda value: value or "private"),
    BucketSetting("VersioningConfiguration", "bucket_versioning", versioning_status, versioning, essential=True),
    BucketSetting(
        "ServerSideEncryptionConfiguration",
        "bucket_encryption",
        member("ServerSideEncryptionConfiguration"),
        encryption,
    ),
    BucketSetting("CORSConfiguration", "bucket_cors", wrapped("CORSRules"), cors),
    BucketSetting("LifecycleConfiguration", "bucket_lifecycle_configuration", wrapped("Rules"), lifecycle),
    BucketSetting("Tagging", "bucket_tagging", wrapped("TagSet"), tags, with_other_tags),
    BucketSetting(
        NOTIFICATIONS,
        "bucket_notification_configuration",
        notifications,
        webhook_calls,
        with_other_notifications,
        essential=True,
    ),
)
BUCKET_SETTINGS: Final[Mapping[str, BucketSetting]] = {row.key: row for row in ROWS}
