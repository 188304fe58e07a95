"""Changes of a table that lose no data: one function for each aspect, in the order of REPAIRS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from esb_provisioner.reading import UNKNOWN
from esb_provisioner.services.dynamodb.calls import api_call, update_table
from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.services.dynamodb.description import billing_mode, indexes, stream_text, units
from esb_provisioner.services.dynamodb.indexes import deleted_indexes, kept_indexes, new_indexes
from esb_provisioner.services.dynamodb.read import ObservedTable
from esb_provisioner.steps import Operation

Repair = Callable[[Table, ObservedTable], Iterator[Operation]]


def deletion_protection(table: Table, seen: ObservedTable) -> Iterator[Operation]:
    before = seen.description.get(PROTECTION)
    if before is not None:  # AWS always returns it; a server that does not has no such feature
        yield from switched(table, PROTECTION, before)


def table_class(table: Table, seen: ObservedTable) -> Iterator[Operation]:
    before = seen.description.get("TableClassSummary", {}).get("TableClass", "STANDARD")
    yield from switched(table, "TableClass", before)


def switched(table: Table, key: str, before: object) -> Iterator[Operation]:
    """An aspect that is a plain value of UpdateTable."""
    after = table.definition.get(key, before)
    if after != before:
        yield update_table(table, key, f"{key}: {before} -> {after}", {key: after})


def capacity(table: Table, seen: ObservedTable) -> Iterator[Operation]:
    """Billing mode and provisioned throughput of the table and its indexes, which AWS takes in one call."""
    before = billing_mode(seen.description)
    after = before if "BillingMode" in table.assumed else table.definition["BillingMode"]
    if after == "PAY_PER_REQUEST":
        if before != after:
            yield update_table(table, "BillingMode", f"BillingMode: {before} -> {after}", {"BillingMode": after})
        return
    switch = before != after
    changes: dict[str, Any] = {"BillingMode": after} if switch else {}
    given = "ProvisionedThroughput" not in table.assumed
    if switch or (given and units(seen.description) != units(table.definition)):
        changes["ProvisionedThroughput"] = table.definition["ProvisionedThroughput"]
    if index_changes := list(index_throughput(table, seen, everywhere=switch)):
        changes["GlobalSecondaryIndexUpdates"] = index_changes
    if switch:
        yield update_table(table, "BillingMode", f"BillingMode: {before} -> {after}", changes)
    elif changes:
        yield update_table(table, "ProvisionedThroughput", throughput_cause(table, seen, changes), changes)


def index_throughput(table: Table, seen: ObservedTable, *, everywhere: bool) -> Iterator[dict[str, Any]]:
    """The updates of existing indexes; with `everywhere`, also of those for which the file gives no throughput.

    An index that has these units already is skipped: DynamoDB rejects an update without a change.
    """
    wanted = indexes(table.definition, "Global")
    for name, there in sorted(kept_indexes(table, seen.description).items()):
        compared = everywhere or f"index {name}" not in table.assumed
        if compared and units(there) != units(wanted[name]):
            yield {"Update": {"IndexName": name, "ProvisionedThroughput": wanted[name]["ProvisionedThroughput"]}}


def throughput_cause(table: Table, seen: ObservedTable, changes: Mapping[str, Any]) -> str:
    """Read/write units before and after, or the indexes that differ."""
    if "ProvisionedThroughput" in changes:
        before, after = (f"{read}/{write}" for read, write in (units(seen.description), units(table.definition)))
        return f"ProvisionedThroughput: {before} -> {after}"
    names = ", ".join(change["Update"]["IndexName"] for change in changes["GlobalSecondaryIndexUpdates"])
    return f"ProvisionedThroughput of index {names}: differs"


def on_demand(table: Table, seen: ObservedTable) -> Iterator[Operation]:
    """The upper limits of a table that is billed by request, and of its indexes."""
    key = "OnDemandThroughput"
    if not has_all(table.definition.get(key), seen.description.get(key)):
        yield update_table(table, key, f"{key}: differs", {key: table.definition[key]})
    kept = kept_indexes(table, seen.description)
    for name, index in indexes(table.definition, "Global").items():
        if name in kept and not has_all(index.get(key), kept[name].get(key)):
            changes = {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, key: index[key]}}]}
            yield update_table(table, f"{key} of index {name}", f"{key} of index {name}: differs", changes)


def stream(table: Table, seen: ObservedTable) -> Iterator[Operation]:
    """Turned on or off; another view type is drift."""
    wanted = table.definition.get("StreamSpecification")
    before = stream_text(seen.description.get("StreamSpecification"))
    if wanted and stream_text(wanted) != before:
        cause = f"StreamSpecification: {before} -> {stream_text(wanted)}"
        yield update_table(table, "StreamSpecification", cause, {"StreamSpecification": wanted})


def encryption(table: Table, seen: ObservedTable) -> Iterator[Operation]:
    """A key that DynamoDB owns (DescribeTable then shows no SSEDescription), or a KMS key."""
    wanted, there = table.definition.get("SSESpecification"), seen.description.get("SSEDescription", {})
    if not wanted:
        return
    before, after = there.get("Status") in ("ENABLED", "ENABLING", "UPDATING"), wanted.get("Enabled", False)
    if before != after:
        cause = f"SSESpecification: {on_off(before)} -> {on_off(after)}"
    elif after and not same_key(wanted.get("KMSMasterKeyId"), there.get("KMSMasterKeyArn")):
        cause = "SSESpecification: another key"
    else:
        return
    yield update_table(table, "SSESpecification", cause, {"SSESpecification": wanted})


def same_key(wanted: str | None, there: str | None) -> bool:
    """Whether an ARN is the key that the file names; an alias cannot be compared and counts as the same."""
    if wanted is None or there is None or "alias/" in wanted:
        return True
    return there == wanted or there.endswith(f"/{wanted}")


def time_to_live(table: Table, seen: ObservedTable) -> Iterator[Operation]:
    """To change the attribute, it is turned off for the old one first."""
    wanted, there = table.time_to_live, seen.time_to_live
    if wanted is None or there is UNKNOWN:
        return
    before = there["AttributeName"] if there and there.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") else None
    after = wanted["AttributeName"] if wanted["Enabled"] else None
    if before == after:
        return
    cause = f"TimeToLiveSpecification: {before or 'off'} -> {after or 'off'}"
    for attribute, enabled in ((before, False), (after, True)):
        if attribute:
            specification = {"Enabled": enabled, "AttributeName": attribute}
            call = api_call("update_time_to_live", TableName=table.name, TimeToLiveSpecification=specification)
            yield Operation(table.resource, "TimeToLiveSpecification", cause, call)


def recovery(table: Table, seen: ObservedTable) -> Iterator[Operation]:
    """Point-in-time recovery and its period."""
    wanted, there = table.recovery, seen.recovery
    if wanted is None or there is UNKNOWN:
        return
    status, days_before = (there or {}).get("PointInTimeRecoveryStatus"), (there or {}).get("RecoveryPeriodInDays")
    before = status in ("ENABLED", "ENABLING")
    after, days = wanted["PointInTimeRecoveryEnabled"], wanted.get("RecoveryPeriodInDays")
    if before != after:
        cause = f"PointInTimeRecoverySpecification: {on_off(before)} -> {on_off(after)}"
    elif after and days and days_before and days != days_before:
        cause = f"RecoveryPeriodInDays: {days_before} -> {days}"
    else:
        return
    call = api_call("update_continuous_backups", TableName=table.name, PointInTimeRecoverySpecification=wanted)
    yield Operation(table.resource, "PointInTimeRecoverySpecification", cause, call)


def tags(table: Table, seen: ObservedTable) -> Iterator[Operation]:
    """Tags that are missing or have another value; other tags stay."""
    if seen.tags is None or seen.tags is UNKNOWN:
        return
    there = seen.tags
    missing = {key: value for key, value in table.tags.items() if there.get(key) != value}
    if missing:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(missing.items())]
        call = api_call("tag_resource", ResourceArn=seen.description["TableArn"], Tags=pairs)
        yield Operation(table.resource, "Tags", f"Tags: {', '.join(sorted(missing))}", call)


PROTECTION: Final = "DeletionProtectionEnabled"
REPAIRS: Final[tuple[Repair, ...]] = (
    deletion_protection,
    deleted_indexes,  # first, so that the later steps find only indexes of the file
    capacity,
    new_indexes,
    on_demand,
    stream,
    encryption,
    table_class,
    time_to_live,
    recovery,
    tags,
)


def unknown(table: Table, seen: ObservedTable) -> tuple[str, ...]:
    """The aspects whose current value the server cannot return."""
    aspects = {
        "TimeToLiveSpecification": seen.time_to_live,
        "PointInTimeRecoverySpecification": seen.recovery,
        "Tags": seen.tags,
    }
    keys = [key for key, value in aspects.items() if value is UNKNOWN]
    if table.definition.get(PROTECTION) and PROTECTION not in seen.description:
        keys.append(PROTECTION)
    return tuple(keys)


def has_all(wanted: Mapping[str, Any] | None, there: Mapping[str, Any] | None) -> bool:
    """Whether each wanted member exists with the same value."""
    return all((there or {}).get(key) == value for key, value in (wanted or {}).items())


def on_off(value: bool) -> str:
    return "on" if value else "off"
