"""Second stage: a snapshot of what is there, taken before anything is decided. Reads only, side by side.

Only what the file asks about is read. What a server cannot tell is UNKNOWN, which is neither equal nor different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Final, Literal, TypeAlias, TypeVar

from esb_provisioner.answers import Kind, ServerError
from esb_provisioner.bucket_aspects import ASPECTS, Aspect
from esb_provisioner.desired import Bucket, Desired, Table
from esb_provisioner.steps import Call

S = TypeVar("S")
Ask: TypeAlias = Callable[[Call], Mapping[str, Any]]
Descriptions: TypeAlias = Mapping[str, Mapping[str, Any]]


class Unknown(Enum):
    """The server has no way of telling."""

    UNKNOWN = "unknown"


NEXT: Final = "LastEvaluatedTableName"
UNKNOWN: Final = Unknown.UNKNOWN
IsUnknown: TypeAlias = Literal[Unknown.UNKNOWN]


@dataclass(frozen=True)
class ObservedTable:
    """A table that exists: DescribeTable's `Table`, and what has calls of its own (None: not asked for)."""

    description: Mapping[str, Any]
    time_to_live: Mapping[str, Any] | IsUnknown | None = None
    recovery: Mapping[str, Any] | IsUnknown | None = None
    tags: Mapping[str, str] | IsUnknown | None = None


@dataclass(frozen=True)
class ObservedBucket:
    """A bucket that exists: its configuration by the file's keys, None where it has none."""

    aspects: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unreadable:
    """A resource that may be there, but reading it failed."""

    reason: str


@dataclass(frozen=True)
class Observed:
    """What was found, by name; a resource that is not there is not in it."""

    tables: Mapping[str, ObservedTable | Unreadable] = field(default_factory=dict)
    buckets: Mapping[str, ObservedBucket | Unreadable] = field(default_factory=dict)

    def updated(self, newer: Observed, about: Desired) -> Observed:
        """This snapshot, with a newer one of some of the resources put over it."""
        tables, buckets = {table.name for table in about.tables}, {bucket.name for bucket in about.buckets}
        return Observed(
            {name: seen for name, seen in self.tables.items() if name not in tables} | dict(newer.tables),
            {name: seen for name, seen in self.buckets.items() if name not in buckets} | dict(newer.buckets),
        )


def snapshot(ask: Ask, desired: Desired, pool: Executor) -> Observed:
    """What is there now. Raises ServerError when not even the names can be listed."""
    table_names = pool.submit(list_tables, ask) if desired.tables else None
    bucket_names = pool.submit(list_buckets, ask) if desired.buckets else None
    tables = [table for table in desired.tables if table_names and table.name in table_names.result()]
    buckets = [bucket for bucket in desired.buckets if bucket_names and bucket.name in bucket_names.result()]
    return read(ask, tables, buckets, pool, {})


def look_again(ask: Ask, desired: Desired, pool: Executor, described: Descriptions) -> Observed:
    """The same after changes, without asking again for tables that an answer `described` as they are now.

    Tables are asked for by name: ListTables may lag behind (it is eventually consistent).
    """
    bucket_names = list_buckets(ask) if desired.buckets else frozenset()
    buckets = [bucket for bucket in desired.buckets if bucket.name in bucket_names]
    return read(ask, desired.tables, buckets, pool, described)


def read(
    ask: Ask, tables: Iterable[Table], buckets: Iterable[Bucket], pool: Executor, described: Descriptions
) -> Observed:
    """These resources, each in a thread of the pool."""
    table_reads = {table.name: partial(read_table, ask, table, described.get(table.name)) for table in tables}
    bucket_reads = {bucket.name: partial(read_bucket, ask, bucket) for bucket in buckets}
    seen_tables = {name: pool.submit(guarded, reader) for name, reader in table_reads.items()}
    seen_buckets = {name: pool.submit(guarded, reader) for name, reader in bucket_reads.items()}
    return Observed(found(seen_tables), found(seen_buckets))


def found(reads: Mapping[str, Future[S | None]]) -> dict[str, S]:
    """The results of the reads, without what is not there."""
    return {name: seen for name, future in reads.items() if (seen := future.result()) is not None}


def guarded(reader: Callable[[], S]) -> S | Unreadable | None:
    """What the reader finds, None if the resource is not there, or why it cannot be read."""
    try:
        return reader()
    except ServerError as error:
        return None if error.kind is Kind.MISSING else Unreadable(str(error))


def list_tables(ask: Ask) -> frozenset[str]:
    """The names of all tables."""
    names: list[str] = []
    page: Mapping[str, Any] = {}
    while True:
        page = ask(Call("list_tables", {"ExclusiveStartTableName": last} if (last := page.get(NEXT)) else {}))
        names += page.get("TableNames", ())
        if not page.get(NEXT):
            return frozenset(names)


def list_buckets(ask: Ask) -> frozenset[str]:
    """The names of all buckets that belong to the caller."""
    return frozenset(bucket["Name"] for bucket in ask(Call("list_buckets", {})).get("Buckets", ()))


def read_table(ask: Ask, table: Table, known: Mapping[str, Any] | None) -> ObservedTable:
    """DescribeTable (unless its answer is known), and the calls for the aspects that the file speaks of."""
    name = {"TableName": table.name}
    description = known or ask(Call("describe_table", name)).get("Table")
    if not description:
        raise ServerError(Kind.FAILED, "DescribeTable", "the answer has no table; is this a DynamoDB server?")
    return ObservedTable(
        description,
        part(ask, Call("describe_time_to_live", name), "TimeToLiveDescription") if table.time_to_live else None,
        read_recovery(ask, Call("describe_continuous_backups", name)) if table.recovery else None,
        read_tags(ask, description.get("TableArn")) if table.tags else None,
    )


def read_recovery(ask: Ask, call: Call) -> Mapping[str, Any] | IsUnknown:
    """The point-in-time part of the backups' description."""
    backups = part(ask, call, "ContinuousBackupsDescription")
    return UNKNOWN if backups is UNKNOWN else backups.get("PointInTimeRecoveryDescription", {})


def read_tags(ask: Ask, arn: str | None) -> Mapping[str, str] | IsUnknown:
    """All of a table's tags; a table without an ARN cannot be asked for them."""
    if not arn:
        return UNKNOWN
    tags: dict[str, str] = {}
    token: Mapping[str, str] = {}
    while True:
        try:
            page = ask(Call("list_tags_of_resource", {"ResourceArn": arn, **token}))
        except ServerError as error:
            if error.kind is Kind.UNSUPPORTED:
                return UNKNOWN
            raise
        tags |= {tag["Key"]: tag.get("Value", "") for tag in page.get("Tags", ())}
        if not page.get("NextToken"):
            return tags
        token = {"NextToken": page["NextToken"]}


def part(ask: Ask, call: Call, member: str) -> Mapping[str, Any] | IsUnknown:
    """One member of the answer, UNKNOWN from a server that does not have the call."""
    try:
        found: Mapping[str, Any] = ask(call).get(member, {})
    except ServerError as error:
        if error.kind is Kind.UNSUPPORTED:
            return UNKNOWN
        raise
    return found


def read_bucket(ask: Ask, bucket: Bucket) -> ObservedBucket:
    """The configuration that the file speaks of."""
    return ObservedBucket({key: read_aspect(ask, bucket.name, ASPECTS[key]) for key in bucket.aspects})


def read_aspect(ask: Ask, name: str, aspect: Aspect) -> Any:
    """One aspect in the file's shape; None where the bucket has none."""
    try:
        return aspect.found(ask(Call(aspect.read, {"Bucket": name})))
    except ServerError as error:
        if error.kind is Kind.UNSUPPORTED:
            return UNKNOWN
        if error.kind is Kind.MISSING and error.code != "NoSuchBucket":
            return None
        raise
