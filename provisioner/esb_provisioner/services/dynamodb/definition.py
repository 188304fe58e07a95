"""A table of resources.yml in boto3's shape.

Defaults for members that AWS requires but the file lacks are recorded as `assumed`: they are used to create a table and
never compared with an existing one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from esb_provisioner.resources.seed import ASPECT, Seed
from esb_provisioner.steps import Resource

ONE_UNIT: Final = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
INTEGERS: Final = frozenset(
    {"MaxReadRequestUnits", "MaxWriteRequestUnits", "ReadCapacityUnits", "RecoveryPeriodInDays", "WriteCapacityUnits"}
)


@dataclass(frozen=True)
class Table:
    """A table of the file.

    `definition` holds the parameters of CreateTable; `assumed` names the members that the file does not give
    (`BillingMode`, `ProvisionedThroughput`, or `index NAME` for the throughput of that index), and `notes` say so.
    """

    name: str
    definition: Mapping[str, Any]
    time_to_live: Mapping[str, Any] | None = None
    recovery: Mapping[str, Any] | None = None
    assumed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    seed: Seed | None = None

    @property
    def resource(self) -> Resource:
        return Resource("table", self.name)

    @property
    def tags(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self.definition.get("Tags", ())}


def parse(entry: Mapping[str, Any], _region: str) -> Table:
    """One entry of `DynamoDB`."""
    definition = dict(entry)
    time_to_live = definition.pop("TimeToLiveSpecification", None)
    recovery = definition.pop("PointInTimeRecoverySpecification", None)
    seed = definition.pop(ASPECT, None)
    if definition.get("BillingMode") == "PAY_PER_REQUEST":
        return Table(entry["TableName"], definition, time_to_live, recovery, seed=seed)
    definition, assumed, notes = with_throughput(definition)
    return Table(entry["TableName"], definition, time_to_live, recovery, assumed, notes, seed=seed)


def with_throughput(definition: dict[str, Any]) -> tuple[dict[str, Any], frozenset[str], tuple[str, ...]]:
    """AWS requires a throughput for a provisioned table and for each of its global indexes."""
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
