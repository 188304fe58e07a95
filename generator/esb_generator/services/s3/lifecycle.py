"""A bucket's LifecycleConfiguration: CloudFormation's flat rules as the S3 API's nested ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esb_generator.resources.nodes import (
    Field,
    Node,
    Shape,
    each,
    flag,
    integer,
    matching,
    one_of,
    read_shape,
    shaped,
    text,
)
from esb_generator.resources.tags import tags
from esb_schemas.lazy_pattern import LazyPattern

_CLASSES = one_of("STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
_date = matching(
    LazyPattern(r"(\d{4}-\d{2}-\d{2})(T00:00:00(\.0+)?Z)?"),
    "must be a date at midnight UTC, such as 2027-01-31T00:00:00Z",
)


def _storage_class(node: Node) -> str:
    return _CLASSES(node) if node.value != "Glacier" else "GLACIER"


_TRANSITION: Shape = {
    "TransitionInDays": Field(integer(0), "Days"),
    "TransitionDate": Field(_date, "Date"),
    "StorageClass": Field(_storage_class, required=True),
}
_NONCURRENT_TRANSITION: Shape = {
    "TransitionInDays": Field(integer(0), "NoncurrentDays", required=True),
    "NewerNoncurrentVersions": Field(integer(1, 100)),
    "StorageClass": Field(_storage_class, required=True),
}
_NONCURRENT_EXPIRATION: Shape = {
    "NoncurrentDays": Field(integer(1), required=True),
    "NewerNoncurrentVersions": Field(integer(1, 100)),
}
_RULE: Shape = {
    "Id": Field(text, "ID"),
    "Status": Field(one_of("Enabled", "Disabled"), required=True),
    "Prefix": Field(text),
    "TagFilters": Field(tags),
    "ObjectSizeGreaterThan": Field(integer(0)),
    "ObjectSizeLessThan": Field(integer(0)),
    "ExpirationInDays": Field(integer(1)),
    "ExpirationDate": Field(_date),
    "ExpiredObjectDeleteMarker": Field(flag),
    "Transition": Field(shaped(_TRANSITION)),
    "Transitions": Field(each(shaped(_TRANSITION))),
    "NoncurrentVersionExpirationInDays": Field(integer(1)),
    "NoncurrentVersionExpiration": Field(shaped(_NONCURRENT_EXPIRATION)),
    "NoncurrentVersionTransition": Field(shaped(_NONCURRENT_TRANSITION)),
    "NoncurrentVersionTransitions": Field(each(shaped(_NONCURRENT_TRANSITION))),
    "AbortIncompleteMultipartUpload": Field(shaped({"DaysAfterInitiation": Field(integer(1), required=True)})),
}
_EXPIRATION = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}


def lifecycle(node: Node) -> dict[str, Any]:
    """put_bucket_lifecycle_configuration's LifecycleConfiguration."""
    shape: Shape = {"Rules": Field(each(_rule), required=True), "TransitionDefaultMinimumObjectSize": Field(text)}
    return {"Rules": read_shape(node, shape).get("Rules", [])}


def _rule(node: Node) -> dict[str, Any]:
    values = read_shape(node, _RULE)
    rule: dict[str, Any] = {key: values[key] for key in ("ID", "Status") if key in values}
    rule["Filter"] = _filter(values)
    if expiration := {new: values[old] for old, new in _EXPIRATION.items() if old in values}:
        rule["Expiration"] = expiration
    if transitions := _one_and_many(values, "Transition"):
        rule["Transitions"] = transitions
    if "NoncurrentVersionExpiration" in values:
        rule["NoncurrentVersionExpiration"] = values["NoncurrentVersionExpiration"]
    elif "NoncurrentVersionExpirationInDays" in values:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": values["NoncurrentVersionExpirationInDays"]}
    if transitions := _one_and_many(values, "NoncurrentVersionTransition"):
        rule["NoncurrentVersionTransitions"] = transitions
    if "AbortIncompleteMultipartUpload" in values:
        rule["AbortIncompleteMultipartUpload"] = values["AbortIncompleteMultipartUpload"]
    return rule


def _one_and_many(values: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """CloudFormation has `Transition` besides `Transitions`; the API has only the list."""
    one: list[dict[str, Any]] = [values[key]] if key in values else []
    return [*one, *values.get(f"{key}s", ())]


def _filter(values: Mapping[str, Any]) -> dict[str, Any]:
    """The filter of a rule, which the API requires, with And around several conditions."""
    sizes = {key: values[key] for key in ("ObjectSizeGreaterThan", "ObjectSizeLessThan") if key in values}
    tag_list = values.get("TagFilters", [])
    prefix = {"Prefix": values["Prefix"]} if "Prefix" in values else {}
    if len(prefix) + len(sizes) + len(tag_list) > 1:
        tagged = {"Tags": tag_list} if tag_list else {}
        return {"And": {**prefix, **tagged, **sizes}}
    if tag_list:
        return {"Tag": tag_list[0]}
    return {**prefix, **sizes} or {"Prefix": ""}
