"""First stage: resources.yml becomes frozen values in the shape that boto3 takes.

Numbers written as text become ints, and what AWS demands but the file leaves out is filled in and remembered
as `assumed`: it is used for creating and never compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import esb_schemas
from esb_provisioner.settings import DEFAULT_REGION, Service
from esb_provisioner.steps import Resource

ONE_UNIT: Final = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
INTEGERS: Final = frozenset(
    {
        "Days",
        "DaysAfterInitiation",
        "MaxAgeSeconds",
        "MaxReadRequestUnits",
        "MaxWriteRequestUnits",
        "NewerNoncurrentVersions",
        "NoncurrentDays",
        "ObjectSizeGreaterThan",
        "ObjectSizeLessThan",
        "ReadCapacityUnits",
        "RecoveryPeriodInDays",
        "WriteCapacityUnits",
    }
)


@dataclass(frozen=True)
class Table:
    """A table of the file.

    `definition` holds create_table's parameters; `assumed` names its members that the file does not give
    (`BillingMode`, `ProvisionedThroughput`, or `index NAME` for that index's throughput).
    """

    name: str
    definition: Mapping[str, Any]
    time_to_live: Mapping[str, Any] | None = None
    recovery: Mapping[str, Any] | None = None
    assumed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def resource(self) -> Resource:
        """Its name among all resources."""
        return Resource("table", self.name)

    @property
    def tags(self) -> dict[str, str]:
        """Its tags, empty when the file gives none."""
        return {tag["Key"]: tag["Value"] for tag in self.definition.get("Tags", ())}


@dataclass(frozen=True)
class Bucket:
    """A bucket of the file; `aspects` is its configuration by the file's keys, in boto3's shapes."""

    name: str
    aspects: Mapping[str, Any] = field(default_factory=dict)
    region: str = DEFAULT_REGION
    notes: tuple[str, ...] = ()

    @property
    def resource(self) -> Resource:
        """Its name among all resources."""
        return Resource("bucket", self.name)


@dataclass(frozen=True)
class Desired:
    """Everything that the file asks for, sorted by name."""

    tables: tuple[Table, ...] = ()
    buckets: tuple[Bucket, ...] = ()

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that are needed at all."""
        wanted: tuple[tuple[Service, Collection[object]], ...] = (("dynamodb", self.tables), ("s3", self.buckets))
        return tuple(service for service, resources in wanted if resources)

    def only(self, resources: Collection[Resource]) -> Desired:
        """The part that is about these resources."""
        return Desired(
            tuple(table for table in self.tables if table.resource in resources),
            tuple(bucket for bucket in self.buckets if bucket.resource in resources),
        )


def load(path: Path, region: str = DEFAULT_REGION) -> Desired:
    """What the file asks for, with buckets in that region. Raises esb_schemas.ContractError for a bad file."""
    return parse(esb_schemas.load("resources", path), region)


def parse(document: Mapping[str, Any], region: str = DEFAULT_REGION) -> Desired:
    """What a document that keeps its contract asks for."""
    document = with_integers(document)
    tables = map(table, document.get("DynamoDB", ()))
    buckets = (bucket(entry, region) for entry in document.get("S3", ()))
    return Desired(
        tuple(sorted(tables, key=lambda each: each.name)), tuple(sorted(buckets, key=lambda each: each.name))
    )


def with_integers(value: Any, key: str = "") -> Any:
    """The same value with an int wherever AWS wants one and the file has its digits as text."""
    if isinstance(value, Mapping):
        return {name: with_integers(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [with_integers(member) for member in value]
    return int(value) if key in INTEGERS and isinstance(value, str) else value


def table(entry: Mapping[str, Any]) -> Table:
    """One entry of `DynamoDB`."""
    definition = dict(entry)
    time_to_live = definition.pop("TimeToLiveSpecification", None)
    recovery = definition.pop("PointInTimeRecoverySpecification", None)
    if definition.get("BillingMode") == "PAY_PER_REQUEST":
        return Table(entry["TableName"], definition, time_to_live, recovery)
    definition, assumed, notes = with_throughput(definition)
    return Table(entry["TableName"], definition, time_to_live, recovery, assumed, notes)


def with_throughput(definition: dict[str, Any]) -> tuple[dict[str, Any], frozenset[str], tuple[str, ...]]:
    """AWS demands a throughput of a provisioned table and of each of its global indexes."""
    assumed: set[str] = set()
    if "ProvisionedThroughput" not in definition:
        assumed = {"BillingMode", "ProvisionedThroughput"} - definition.keys()
    indexes = definition.get("GlobalSecondaryIndexes", [])
    missing = [f"index {index['IndexName']}" for index in indexes if "ProvisionedThroughput" not in index]
    definition = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": ONE_UNIT} | definition
    if indexes:
        definition["GlobalSecondaryIndexes"] = [{"ProvisionedThroughput": ONE_UNIT} | index for index in indexes]
    places = ["the table", *missing] if assumed else missing
    note = f"no ProvisionedThroughput is given for {', '.join(places)}: 1 read and 1 write unit are used"
    return definition, frozenset({*assumed, *missing}), (note,) if places else ()


def bucket(entry: Mapping[str, Any], region: str) -> Bucket:
    """One entry of `S3`."""
    aspects = {key: value for key, value in entry.items() if key not in ("BucketName", "NotificationConfiguration")}
    note = "NotificationConfiguration is not applied: nothing in the stack receives S3 notifications yet"
    return Bucket(entry["BucketName"], aspects, region, (note,) if entry.get("NotificationConfiguration") else ())
