"""The current state of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from esb_provisioner.resources.reading import UNKNOWN, IsUnknown, all_pages, unless_unsupported
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.dynamodb.calls import api_call
from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.steps import Answer, Api, ApiCall


@dataclass(frozen=True)
class ObservedTable:
    """A table that exists: `Table` of DescribeTable, and the results of other calls (None: not in the file)."""

    description: Mapping[str, Any]
    time_to_live: Mapping[str, Any] | IsUnknown | None = None
    recovery: Mapping[str, Any] | IsUnknown | None = None
    tags: Mapping[str, str] | IsUnknown | None = None


def list_tables(api: Api) -> frozenset[str]:
    pages = all_pages(api, api_call("list_tables"), "ExclusiveStartTableName", "LastEvaluatedTableName")
    return frozenset(name for page in pages for name in page.get("TableNames", ()))


def read(api: Api, table: Table, answers: Sequence[Answer]) -> ObservedTable:
    """DescribeTable, unless one of the answers shows the table ACTIVE, and the calls for aspects of the file."""
    known = [description for answer in answers if (description := active_table(answer))]
    description = known[-1] if known else api(api_call("describe_table", TableName=table.name)).get("Table")
    if not description:
        raise ServerError(ErrorKind.FAILED, "DescribeTable", "the answer has no table; is this a DynamoDB server?")
    return ObservedTable(
        description,
        read_time_to_live(api, table.name) if table.time_to_live else None,
        read_recovery(api, table.name) if table.recovery else None,
        read_tags(api, description.get("TableArn")) if table.tags or table.seed else None,
    )


def read_time_to_live(api: Api, name: str) -> Mapping[str, Any] | IsUnknown:
    return read_member(api, api_call("describe_time_to_live", TableName=name), "TimeToLiveDescription")


def read_recovery(api: Api, name: str) -> Mapping[str, Any] | IsUnknown:
    call = api_call("describe_continuous_backups", TableName=name)
    backups = read_member(api, call, "ContinuousBackupsDescription")
    return UNKNOWN if backups is UNKNOWN else backups.get("PointInTimeRecoveryDescription", {})


def read_member(api: Api, call: ApiCall, member: str) -> Mapping[str, Any] | IsUnknown:
    answer = unless_unsupported(partial(api, call))
    return UNKNOWN if answer is UNKNOWN else answer.get(member, {})


def read_tags(api: Api, arn: str | None) -> Mapping[str, str] | IsUnknown:
    """All tags of a table; without its ARN they cannot be read."""
    if not arn:
        return UNKNOWN
    call = api_call("list_tags_of_resource", ResourceArn=arn)
    pages = unless_unsupported(lambda: all_pages(api, call, "NextToken", "NextToken"))
    if pages is UNKNOWN:
        return UNKNOWN
    return {tag["Key"]: tag.get("Value", "") for page in pages for tag in page.get("Tags", ())}


def active_table(answer: Answer) -> Mapping[str, Any] | None:
    """The table that an answer describes, if the table and all of its indexes are ACTIVE.

    Some servers give no status for an index; it is ACTIVE at once.
    """
    description: Mapping[str, Any] = answer.get("Table") or answer.get("TableDescription") or {}
    indexes = description.get("GlobalSecondaryIndexes") or ()
    states = [description.get("TableStatus"), *(index.get("IndexStatus", "ACTIVE") for index in indexes)]
    return description if all(state == "ACTIVE" for state in states) else None
