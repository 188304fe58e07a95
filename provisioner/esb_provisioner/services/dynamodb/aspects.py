"""The aspects of a table in the order in which they are changed: one function for each, or for a few together.

To support another setting, write its function and add it to ASPECTS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from esb_provisioner.amount import amount
from esb_provisioner.resources.aspect import Aspect, Reset
from esb_provisioner.resources.reading import UNKNOWN
from esb_provisioner.resources.seed import ASPECT
from esb_provisioner.resources.tag_aspect import tag_aspect, tag_pairs
from esb_provisioner.services.dynamodb.calls import api_call
from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.services.dynamodb.description import (
    billing_mode,
    index_text,
    indexes,
    key_attributes,
    key_text,
    limits,
    on_off,
    stream_text,
    types,
    units,
)
from esb_provisioner.services.dynamodb.indexes import deleted_indexes, global_indexes, kept_indexes
from esb_provisioner.services.dynamodb.read import ObservedTable
from esb_provisioner.services.dynamodb.seeding import is_marked, load
from esb_provisioner.services.dynamodb.update import update, updated, wait
from esb_provisioner.steps import ApiCall, Operation

ANOTHER_TABLE: Final = "give the table another name in the template"
NEW_TABLE: Final = Reset("--reset-table", "delete it with its items and create it as the file says")
OLD_STREAM: Final = "keep its StreamViewType in the template"
PROTECTION: Final = "DeletionProtectionEnabled"
ON: Final = ("ENABLED", "ENABLING", "UPDATING")


def aspects(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """All aspects; only the status if the table is not ACTIVE, because the others are about to change."""
    status = seen.description.get("TableStatus", "ACTIVE")
    states = {status, *(index.get("IndexStatus") for index in indexes(seen.description, "Global").values())}
    if status in ("CREATING", "UPDATING") or (status == "ACTIVE" and states & {"CREATING", "UPDATING", "DELETING"}):
        yield Aspect("TableStatus", "ACTIVE", "changing", (wait(table),))
    elif status != "ACTIVE":
        drift = f"TableStatus is {status}"
        yield Aspect("TableStatus", "ACTIVE", status, hint="run again when that has ended", drift=drift)
    else:
        for each in ASPECTS:
            yield from each(table, seen)


def keys(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """The key of the table, its local indexes, and the types of attributes.

    An attribute that only global indexes use may get another type, as they can be created again.
    """
    wanted, there = table.definition, seen.description
    yield Aspect("KeySchema", key_text(wanted), key_text(there), hint=ANOTHER_TABLE, reset=NEW_TABLE)
    before, after = types(there), types(wanted)
    fixed = key_attributes(there, *indexes(there, "Local").values())
    for name in sorted(before.keys() & after.keys()):
        same = None if name in fixed else True
        key = f"type of attribute {name}"
        yield Aspect(key, after[name], before[name], hint=ANOTHER_TABLE, same=same, reset=NEW_TABLE)
    before_local, after_local = indexes(there, "Local"), indexes(wanted, "Local")
    for name in sorted(before_local.keys() | after_local.keys()):
        texts = index_text(after_local.get(name)), index_text(before_local.get(name))
        yield Aspect(f"local index {name}", *texts, hint=ANOTHER_TABLE, reset=NEW_TABLE)


def deletion_protection(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    if PROTECTION in seen.description:
        yield from switched(table, PROTECTION, seen.description[PROTECTION])
    elif table.definition.get(PROTECTION):  # AWS always returns it; a server that does not lacks the feature
        yield Aspect(PROTECTION, "True", UNKNOWN)


def table_class(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    yield from switched(
        table, "TableClass", seen.description.get("TableClassSummary", {}).get("TableClass", "STANDARD")
    )


def switched(table: Table, key: str, before: object) -> Iterator[Aspect]:
    """An aspect that is a plain value of UpdateTable."""
    if key in table.definition:
        after = table.definition[key]
        yield updated(table, key, str(after), str(before), {key: after})


def capacity(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """Billing mode and provisioned throughput of the table and its indexes, which AWS takes in one call."""
    before = billing_mode(seen.description)
    assumed = "BillingMode" in table.assumed
    after = before if assumed else table.definition["BillingMode"]
    if before != after:
        changes = {"BillingMode": after}
        if after == "PROVISIONED":
            changes |= throughput_changes(table, seen, everywhere=True)
        yield updated(table, "BillingMode", after, before, changes)
        return
    yield Aspect("BillingMode", "" if assumed else after, before)
    if after == "PROVISIONED":
        desired, live = (throughput_text(table, seen, side) for side in (table.definition, seen.description))
        changes = throughput_changes(table, seen, everywhere=False)
        yield updated(table, "ProvisionedThroughput", desired, live, changes)


def throughput_text(table: Table, seen: ObservedTable, side: Mapping[str, Any]) -> str:
    """The units of the table and of its indexes on one side, if the file has any for them."""
    parts = [] if "ProvisionedThroughput" in table.assumed else [units(side)]
    given = (name for name in sorted(kept_indexes(table, seen.description)) if f"index {name}" not in table.assumed)
    return ", ".join([*parts, *(f"{name} {units(indexes(side, 'Global')[name])}" for name in given)])


def throughput_changes(table: Table, seen: ObservedTable, *, everywhere: bool) -> dict[str, Any]:
    """The changed members; with `everywhere`, also those for which the file gives no throughput.

    An index that has these units already is skipped: DynamoDB rejects an update without a change.
    """
    changes: dict[str, Any] = {}
    given = "ProvisionedThroughput" not in table.assumed
    if everywhere or (given and units(seen.description) != units(table.definition)):
        changes["ProvisionedThroughput"] = table.definition["ProvisionedThroughput"]
    wanted = indexes(table.definition, "Global")
    updates = [
        {"Update": {"IndexName": name, "ProvisionedThroughput": wanted[name]["ProvisionedThroughput"]}}
        for name, there in sorted(kept_indexes(table, seen.description).items())
        if (everywhere or f"index {name}" not in table.assumed) and units(there) != units(wanted[name])
    ]
    return changes | ({"GlobalSecondaryIndexUpdates": updates} if updates else {})


def on_demand(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """The upper limits of a table that is billed by request, and of its indexes."""
    key, wanted = "OnDemandThroughput", table.definition
    yield updated(table, key, limits(wanted, wanted), limits(wanted, seen.description), {key: wanted.get(key)})
    kept = kept_indexes(table, seen.description)
    for name, index in indexes(wanted, "Global").items():
        if name in kept and key in index:
            changes = {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, key: index[key]}}]}
            yield updated(table, f"{key} of index {name}", limits(index, index), limits(index, kept[name]), changes)


def stream(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """Turned on or off. Another view type needs a new stream, and the unread records of the old one would be lost."""
    wanted = table.definition.get("StreamSpecification")
    if wanted:
        after, before = stream_text(wanted), stream_text(seen.description.get("StreamSpecification"))
        if "off" in (after, before):
            yield updated(table, "StreamSpecification", after, before, {"StreamSpecification": wanted})
        else:
            yield Aspect("StreamViewType", after, before, hint=OLD_STREAM, reset=new_stream(table, before, after))


def new_stream(table: Table, before: str, after: str) -> Reset:
    """Turn the stream off, which discards its records, and on again."""
    off, on = ("StreamSpecification", f"{before} -> off"), ("StreamSpecification", f"off -> {after}")
    steps = (
        *update(table, *off, {"StreamSpecification": {"StreamEnabled": False}}, essential=True),
        *update(table, *on, {"StreamSpecification": table.definition["StreamSpecification"]}, essential=True),
    )
    return Reset("--reset-stream", "begin a new stream without its unread records", steps)


def encryption(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """A key that DynamoDB owns (DescribeTable then shows no SSEDescription), or a KMS key.

    An alias cannot be compared and counts as the same key.
    """
    wanted, there = table.definition.get("SSESpecification"), seen.description.get("SSEDescription", {})
    if not wanted:
        return
    key = wanted.get("KMSMasterKeyId") if wanted.get("Enabled") else None
    has = there.get("KMSMasterKeyArn") if key and "alias/" not in key and there.get("Status") in ON else None
    after, before = on_off(wanted.get("Enabled")), on_off(there.get("Status") in ON)
    if key and has:
        after, before = f"on, {key}", f"on, {key if has.endswith(f'/{key}') else has}"
    yield updated(table, "SSESpecification", after, before, {"SSESpecification": wanted})


def time_to_live(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """To change the attribute, it is turned off for the old one first."""
    wanted, there = table.time_to_live, seen.time_to_live
    if wanted is None:
        return
    key = "TimeToLiveSpecification"
    after = wanted["AttributeName"] if wanted["Enabled"] else None
    if there is UNKNOWN:
        yield Aspect(key, after or "off", UNKNOWN)
        return
    before = there["AttributeName"] if there and there.get("TimeToLiveStatus") in ON else None
    cause = f"{key}: {before or 'off'} -> {after or 'off'}"
    specifications = [
        {"Enabled": enabled, "AttributeName": name} for name, enabled in ((before, False), (after, True)) if name
    ]
    calls = (
        api_call("update_time_to_live", TableName=table.name, TimeToLiveSpecification=each) for each in specifications
    )
    steps = tuple(Operation(table.resource, key, cause, call) for call in calls)
    yield Aspect(key, after or "off", before or "off", steps)


def recovery(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """Point-in-time recovery and its period."""
    wanted, there = table.recovery, seen.recovery
    if wanted is None:
        return
    key, period = "PointInTimeRecoverySpecification", wanted.get("RecoveryPeriodInDays")
    after = recovery_text(wanted["PointInTimeRecoveryEnabled"], period)
    if there is UNKNOWN:
        yield Aspect(key, after, UNKNOWN)
        return
    there = there or {}
    before = recovery_text(
        there.get("PointInTimeRecoveryStatus") in ON, period and there.get("RecoveryPeriodInDays", period)
    )
    call = api_call("update_continuous_backups", TableName=table.name, PointInTimeRecoverySpecification=wanted)
    yield Aspect(key, after, before, (Operation(table.resource, key, f"{key}: {before} -> {after}", call),))


def recovery_text(enabled: object, days: int | None) -> str:
    return f"on, {days} days" if enabled and days else on_off(enabled)


def tags(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    def tag(missing: Mapping[str, str]) -> ApiCall:
        return api_call("tag_resource", ResourceArn=seen.description.get("TableArn"), Tags=tag_pairs(missing))

    yield from tag_aspect(table.resource, table.tags, seen.tags if table.tags else None, tag)


def seed(table: Table, seen: ObservedTable) -> Iterator[Aspect]:
    """A seed is only loaded into a new table; an interrupted load is completed."""
    if table.seed and is_marked(seen.tags):
        records = amount(table.seed.records, "item")
        yield Aspect(ASPECT, records, "interrupted", (load(table, "loading was interrupted", only_missing=True),))


ASPECTS: Final[tuple[Callable[[Table, ObservedTable], Iterator[Aspect]], ...]] = (
    keys,
    deletion_protection,
    deleted_indexes,  # the first change, so that later ones only see indexes of the file
    capacity,
    global_indexes,
    on_demand,
    stream,
    encryption,
    table_class,
    time_to_live,
    recovery,
    tags,
    seed,
)
