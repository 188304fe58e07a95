"""Members of a table's definition or of its description by the server, as texts and values to compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def indexes(definition: Mapping[str, Any], scope: str) -> dict[str, Mapping[str, Any]]:
    """The `Global` or `Local` secondary indexes, by name."""
    return {index["IndexName"]: index for index in definition.get(f"{scope}SecondaryIndexes") or ()}


def types(definition: Mapping[str, Any]) -> dict[str, str]:
    return {each["AttributeName"]: each["AttributeType"] for each in definition.get("AttributeDefinitions", ())}


def key_attributes(*definitions: Mapping[str, Any]) -> set[str]:
    """The attributes in the key schemas of a table and of indexes."""
    return {part["AttributeName"] for definition in definitions for part in definition.get("KeySchema", ())}


def key_text(definition: Mapping[str, Any]) -> str:
    """A key schema as `pk HASH, sk RANGE`."""
    return ", ".join(f"{part['AttributeName']} {part['KeyType']}" for part in definition.get("KeySchema", ()))


def index_text(index: Mapping[str, Any] | None) -> str:
    if index is None:
        return "none"
    projection = index.get("Projection", {})
    attributes = " ".join(sorted(projection.get("NonKeyAttributes", ())))
    return f"{key_text(index)} ({projection.get('ProjectionType', 'ALL')}{' ' if attributes else ''}{attributes})"


def billing_mode(description: Mapping[str, Any]) -> str:
    """The billing mode; if a server does not return it, a throughput of 0 means PAY_PER_REQUEST."""
    if mode := description.get("BillingModeSummary", {}).get("BillingMode"):
        return str(mode)
    return "PAY_PER_REQUEST" if units(description) == "0/0" else "PROVISIONED"


def units(definition: Mapping[str, Any]) -> str:
    """Read and write units as `5/5`; 0 if not given."""
    throughput = definition.get("ProvisionedThroughput", {})
    return f"{throughput.get('ReadCapacityUnits', 0)}/{throughput.get('WriteCapacityUnits', 0)}"


def limits(wanted: Mapping[str, Any], definition: Mapping[str, Any]) -> str:
    """The members of OnDemandThroughput that `wanted` also has, as `MaxReadRequestUnits 5`; -1 is no limit."""
    given = {key: value for key, value in (definition.get("OnDemandThroughput") or {}).items() if value != -1}
    return ", ".join(f"{key} {given.get(key, 'none')}" for key in sorted(wanted.get("OnDemandThroughput") or ()))


def stream_text(specification: Mapping[str, Any] | None) -> str:
    """The view type, or "off"."""
    enabled = specification and specification.get("StreamEnabled")
    return str(specification["StreamViewType"]) if specification and enabled else "off"


def on_off(value: object) -> str:
    return "on" if value else "off"
