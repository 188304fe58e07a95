"""Section S3: the bucket naming rules (user guide) and the rules of the put_bucket_* calls (API reference)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias

from esb_schemas.documents.checks import Check, repeated
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.sections.row import Section

Bucket: TypeAlias = Mapping[str, Any]

NOTIFIED: Final = ("LambdaFunctionConfigurations", "QueueConfigurations", "TopicConfigurations")

FORBIDDEN_NAMES: Final[tuple[tuple[str, str], ...]] = (
    (r".*\.\..*", "two dots in a row"),
    (r"[0-9]+(\.[0-9]+){3}", "the form of an IP address"),
    (r"(xn--|sthree-|amzn-s3-demo-).*", "a prefix that S3 reserves"),
    (r".*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)", "a suffix that S3 reserves"),
)


def name_allowed(bucket: Bucket) -> Iterator[Problem]:
    """A name is not an IP address and has neither two dots in a row nor a reserved prefix or suffix."""
    name = bucket["BucketName"]
    for pattern, fault in FORBIDDEN_NAMES:
        if re.fullmatch(pattern, name):
            yield Problem(("BucketName",), f"{name!r} has {fault}; choose another name")


def unique_tags(bucket: Bucket) -> Iterator[Problem]:
    """The keys of the tags are different."""
    yield from repeated(bucket.get("Tagging", {}).get("TagSet", ()), ("Tagging", "TagSet"), "Key")


def unique_rule_ids(bucket: Bucket) -> Iterator[Problem]:
    """Lifecycle rules have different IDs, and so have CORS rules."""
    for section, rules in (("LifecycleConfiguration", "Rules"), ("CORSConfiguration", "CORSRules")):
        yield from repeated(bucket.get(section, {}).get(rules, ()), (section, rules), "ID")


def acl_allowed(bucket: Bucket) -> Iterator[Problem]:
    """With ObjectOwnership BucketOwnerEnforced, the ACL is private."""
    rules = bucket.get("OwnershipControls", {}).get("Rules", ())
    enforced = any(rule["ObjectOwnership"] == "BucketOwnerEnforced" for rule in rules)
    if enforced and bucket.get("ACL", "private") != "private":
        text = "ObjectOwnership BucketOwnerEnforced disables ACLs; use BucketOwnerPreferred or remove the ACL"
        yield Problem(("ACL",), text)


def key_only_for_kms(bucket: Bucket) -> Iterator[Problem]:
    """With SSEAlgorithm AES256 there is no KMSMasterKeyID."""
    section = "ServerSideEncryptionConfiguration"
    for index, rule in enumerate(bucket.get(section, {}).get("Rules", ())):
        default = rule["ApplyServerSideEncryptionByDefault"]
        if default["SSEAlgorithm"] == "AES256" and "KMSMasterKeyID" in default:
            path = (section, "Rules", index, "ApplyServerSideEncryptionByDefault", "KMSMasterKeyID")
            yield Problem(path, "AES256 has no KMS key; remove it, or set SSEAlgorithm to aws:kms")


def lifecycle_rules(bucket: Bucket) -> Iterator[tuple[DocumentPath, Mapping[str, Any]]]:
    """Each lifecycle rule with its path."""
    for index, rule in enumerate(bucket.get("LifecycleConfiguration", {}).get("Rules", ())):
        yield ("LifecycleConfiguration", "Rules", index), rule


def lifecycle_dates_exist(bucket: Bucket) -> Iterator[Problem]:
    """A Date exists."""
    for path, rule in lifecycle_rules(bucket):
        dated: list[tuple[DocumentPath, Mapping[str, Any]]] = [(("Expiration",), rule.get("Expiration", {}))]
        dated += [(("Transitions", index), each) for index, each in enumerate(rule.get("Transitions", ()))]
        for place, action in dated:
            if "Date" in action and not is_day(action["Date"]):
                yield Problem((*path, *place, "Date"), f"{action['Date']!r} does not exist")


def is_day(text: str) -> bool:
    """Whether a text that begins like 2030-01-31 is an existing day."""
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def lifecycle_sizes_in_order(bucket: Bucket) -> Iterator[Problem]:
    """ObjectSizeLessThan is more than ObjectSizeGreaterThan."""
    for path, rule in lifecycle_rules(bucket):
        both = rule.get("Filter", {}).get("And", {})
        more, less = both.get("ObjectSizeGreaterThan"), both.get("ObjectSizeLessThan")
        if more is not None and less is not None and int(more) >= int(less):
            text = f"must be more than ObjectSizeGreaterThan, which is {more}"
            yield Problem((*path, "Filter", "And", "ObjectSizeLessThan"), text)


def lifecycle_tags(bucket: Bucket) -> Iterator[Problem]:
    """A filter has each tag key once, and filters by tags apply neither to unfinished uploads nor to delete markers."""
    for path, rule in lifecycle_rules(bucket):
        selection = rule.get("Filter", {})
        tags = selection.get("And", {}).get("Tags", ())
        yield from repeated(tags, (*path, "Filter", "And", "Tags"), "Key")
        if "Tag" in selection or tags:
            if "AbortIncompleteMultipartUpload" in rule:
                yield Problem((*path, "AbortIncompleteMultipartUpload"), "cannot be filtered by tags; use another rule")
            if "ExpiredObjectDeleteMarker" in rule.get("Expiration", {}):
                place = (*path, "Expiration", "ExpiredObjectDeleteMarker")
                yield Problem(place, "cannot be filtered by tags; use another rule")


def unique_notification_ids(bucket: Bucket) -> Iterator[Problem]:
    """The notifications of a list have different Ids."""
    for name in NOTIFIED:
        entries = bucket.get("NotificationConfiguration", {}).get(name, ())
        yield from repeated(entries, ("NotificationConfiguration", name), "Id")


def one_prefix_one_suffix(bucket: Bucket) -> Iterator[Problem]:
    """A notification has at most one prefix and one suffix."""
    for name in NOTIFIED:
        for index, entry in enumerate(bucket.get("NotificationConfiguration", {}).get(name, ())):
            rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", ())
            yield from repeated(
                rules, ("NotificationConfiguration", name, index, "Filter", "Key", "FilterRules"), "Name"
            )


CHECKS: Final[tuple[Check, ...]] = (
    name_allowed,
    unique_tags,
    unique_rule_ids,
    acl_allowed,
    key_only_for_kms,
    lifecycle_dates_exist,
    lifecycle_sizes_in_order,
    lifecycle_tags,
    unique_notification_ids,
    one_prefix_one_suffix,
)

SECTION: Final = Section("S3", "s3", "BucketName", CHECKS, Path(__file__).with_suffix(".json"), always=True)
