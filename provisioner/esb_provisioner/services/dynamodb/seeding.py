"""The seed of a table: its first items.

A new table has a tag until all of them are written. So an interrupted load is detected, and completed without changing
items that were written since. A server without tags cannot show that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from esb_provisioner.amount import amount
from esb_provisioner.resources.reading import IsUnknown, unless_unsupported
from esb_provisioner.resources.seed import ASPECT
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.dynamodb.calls import api_call
from esb_provisioner.services.dynamodb.contents import BATCH, put_batch
from esb_provisioner.services.dynamodb.definition import Table
from esb_provisioner.services.dynamodb.items import decode
from esb_provisioner.steps import Api, Load

MARK: Final = "esb:seed"
LOADING: Final = "loading"


def with_mark(table: Table) -> dict[str, Any]:
    """The parameters of CreateTable, with the tag if there is a seed."""
    params = dict(table.definition)
    if table.seed:
        params["Tags"] = [*params.get("Tags", ()), {"Key": MARK, "Value": LOADING}]
    return params


def is_marked(tags: Mapping[str, str] | IsUnknown | None) -> bool:
    """Whether the tags of a table say that its seed is not loaded completely."""
    return isinstance(tags, Mapping) and tags.get(MARK) == LOADING


def load(table: Table, cause: str, *, only_missing: bool) -> Load:
    """Write the items, with `only_missing` those whose key the table does not have."""
    records = amount(table.seed.records if table.seed else 0, "item")
    return Load(table.resource, ASPECT, records, cause, partial(_load, table, only_missing))


def _load(table: Table, only_missing: bool, api: Api) -> None:
    for batch in _batches(table.seed.lines() if table.seed else iter(())):
        if only_missing:
            _put_missing(api, table, batch)
        else:
            put_batch(api, table.name, batch)
    _unmark(api, table)


def _batches(records: Iterator[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    while batch := list(islice(records, BATCH)):
        yield batch


def _put_missing(api: Api, table: Table, records: Sequence[Mapping[str, Any]]) -> None:
    condition = {
        "ConditionExpression": "attribute_not_exists(#key)",
        "ExpressionAttributeNames": {"#key": table.definition["KeySchema"][0]["AttributeName"]},
    }
    for record in records:
        try:
            api(api_call("put_item", TableName=table.name, Item=_decoded(record), **condition))
        except ServerError as error:
            if error.kind is not ErrorKind.RACED:
                raise


def _decoded(record: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return decode(record)
    except ValueError as error:
        raise ServerError(ErrorKind.FAILED, "UnusableFile", str(error)) from error


def _unmark(api: Api, table: Table) -> None:
    arn = api(api_call("describe_table", TableName=table.name))["Table"].get("TableArn")
    if arn:
        unless_unsupported(partial(api, api_call("untag_resource", ResourceArn=arn, TagKeys=[MARK])))
