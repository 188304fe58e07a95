"""What a bucket can be configured with: one row an aspect, in the order in which they are written.

A row knows the calls that read and write the aspect and how two values of it are compared. To support another
bucket setting, add a row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

Value = Any  # in the shape of the file's key, None where the bucket has none


@dataclass(frozen=True)
class Aspect:
    """One row.

    `found` takes the read call's answer to the file's shape; `canonical` takes either side, None included, to what is
    compared; `written` makes the value to write from the file's and the bucket's. Without an `essential` aspect
    objects are lost; the others are a warning on a server that lacks them.
    """

    key: str
    read: str
    write: str
    found: Callable[[Mapping[str, Any]], Value]
    canonical: Callable[[Value], Any]
    written: Callable[[Value, Value], Value] = lambda wanted, _seen: wanted
    essential: bool = False

    def same(self, wanted: Value, seen: Value) -> bool:
        """Whether the bucket has what the file says."""
        return covers(self.canonical(wanted), self.canonical(seen))


def covers(wanted: Any, seen: Any) -> bool:
    """Whether what is seen has all that is wanted; a mapping may have more."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return all(key in seen and seen[key] == value for key, value in wanted.items())
    return bool(wanted == seen)


def member(key: str) -> Callable[[Mapping[str, Any]], Value]:
    """The answer's own member of that name."""
    return lambda answer: answer.get(key)


def wrapped(key: str) -> Callable[[Mapping[str, Any]], Value]:
    """A list that the answer has at its top and the file one level down; an empty one is none."""
    return lambda answer: {key: answer[key]} if answer.get(key) else None


def versioning(value: Value) -> str:
    """A bucket that never had versioning keeps no versions, as a suspended one."""
    return (value or {}).get("Status") or "Suspended"


def ownership(value: Value) -> str | None:
    """The one rule's setting."""
    return only_rule(value).get("ObjectOwnership")


def access_block(value: Value) -> dict[str, bool]:
    """All four switches; those not given are off."""
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {switch: (value or {}).get(switch, False) for switch in switches}


def encryption(value: Value) -> dict[str, Any]:
    """The one rule, flat."""
    rule = only_rule(value)
    return {
        "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
        **rule.get("ApplyServerSideEncryptionByDefault", {}),
    }


def only_rule(value: Value) -> Mapping[str, Any]:
    """The first rule of a configuration that has one at most."""
    rules: list[Mapping[str, Any]] = (value or {}).get("Rules") or [{}]
    return rules[0]


def tags(value: Value) -> dict[str, str]:
    """Tags without order; an empty value comes back as none."""
    return {tag["Key"]: tag.get("Value", "") for tag in (value or {}).get("TagSet", ())}


def with_other_tags(wanted: Value, seen: Value) -> Value:
    """The file's tags, and those that others put there: PutBucketTagging replaces the whole set."""
    merged = tags(seen) | tags(wanted)
    return {"TagSet": [{"Key": key, "Value": value} for key, value in sorted(merged.items())]}


def cors(value: Value) -> list[dict[str, Any]]:
    """Rules in their order (the first match counts), without ids and without the order inside their lists."""
    rules = (value or {}).get("CORSRules", [])
    return [{key: unordered(part) for key, part in rule.items() if key != "ID" and part != []} for rule in rules]


def unordered(value: Any) -> Any:
    """A list as a sorted one."""
    return sorted(value) if isinstance(value, list) else value


def lifecycle(value: Value) -> list[str]:
    """Rules without order and ids, each in one of the several ways of writing it."""
    return sorted(json.dumps(lifecycle_rule(rule), sort_keys=True) for rule in (value or {}).get("Rules", []))


def lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule with a flat filter, plain dates, and nothing that only says "no"."""
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
    """Lists without order; boto3's dates as the day they name."""
    if isinstance(value, Mapping):
        return {key: plain(part)[:10] if key == "Date" else plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return sorted(map(plain, value), key=lambda part: json.dumps(part, sort_keys=True))
    return value.isoformat() if isinstance(value, date) else value


EVERYBODY: Final = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED_IN: Final = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
CANNED: Final[Mapping[frozenset[tuple[str, str]], str]] = {
    frozenset(): "private",
    frozenset({(EVERYBODY, "READ")}): "public-read",
    frozenset({(EVERYBODY, "READ"), (EVERYBODY, "WRITE")}): "public-read-write",
    frozenset({(SIGNED_IN, "READ")}): "authenticated-read",
}


def canned_acl(answer: Mapping[str, Any]) -> str:
    """The canned ACL that these grants are, by what they give to groups."""
    grants = ((grant["Grantee"].get("URI"), grant["Permission"]) for grant in answer.get("Grants", ()))
    return CANNED.get(frozenset((uri, permission) for uri, permission in grants if uri), "other grants")


ASPECTS: Final[Mapping[str, Aspect]] = {
    aspect.key: aspect
    for aspect in (
        Aspect(
            "OwnershipControls",
            "get_bucket_ownership_controls",
            "put_bucket_ownership_controls",
            member("OwnershipControls"),
            ownership,
        ),
        Aspect(
            "PublicAccessBlockConfiguration",
            "get_public_access_block",
            "put_public_access_block",
            member("PublicAccessBlockConfiguration"),
            access_block,
        ),
        Aspect("ACL", "get_bucket_acl", "put_bucket_acl", canned_acl, lambda value: value or "private"),
        Aspect(
            "VersioningConfiguration",
            "get_bucket_versioning",
            "put_bucket_versioning",
            lambda answer: {"Status": answer["Status"]} if answer.get("Status") else None,
            versioning,
            essential=True,
        ),
        Aspect(
            "ServerSideEncryptionConfiguration",
            "get_bucket_encryption",
            "put_bucket_encryption",
            member("ServerSideEncryptionConfiguration"),
            encryption,
        ),
        Aspect("CORSConfiguration", "get_bucket_cors", "put_bucket_cors", wrapped("CORSRules"), cors),
        Aspect(
            "LifecycleConfiguration",
            "get_bucket_lifecycle_configuration",
            "put_bucket_lifecycle_configuration",
            wrapped("Rules"),
            lifecycle,
        ),
        Aspect("Tagging", "get_bucket_tagging", "put_bucket_tagging", wrapped("TagSet"), tags, with_other_tags),
    )
}
