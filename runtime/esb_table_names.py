"""Lets boto3 name a table by its ARN, as AWS does and no other server: the name is sent in its place.

`!GetAtt Table.Arn` of a template is such an ARN, and functions pass it on as TableName.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def use_names(client: Any) -> None:
    """Replace ARNs in the calls of a client of DynamoDB."""
    client.meta.events.register("before-parameter-build.dynamodb", replace_arns)


def replace_arns(params: dict[str, Any], **_: Any) -> None:
    """Replace ARNs by names in the parameters of a call; what the caller passed stays as it is."""
    if "TableName" in params:
        params["TableName"] = name_of(params["TableName"])
    if isinstance(params.get("RequestItems"), dict):  # BatchGetItem, BatchWriteItem: by table
        params["RequestItems"] = {name_of(table): items for table, items in params["RequestItems"].items()}
    if isinstance(params.get("TransactItems"), (list, tuple)):  # each has one action, with its table
        params["TransactItems"] = [actions_of(item) for item in params["TransactItems"]]


def actions_of(item: Any) -> Any:
    """An item of a transaction, `{"Put": {"TableName": …}}`, with the table's name."""
    if not isinstance(item, dict):
        return item
    return {
        action: {**body, "TableName": name_of(body["TableName"])}
        if isinstance(body, dict) and "TableName" in body
        else body
        for action, body in item.items()
    }


def name_of(table: Any) -> Any:
    """The name in `arn:aws:dynamodb:us-east-1:123456789012:table/orders`; anything else as it is."""
    if not isinstance(table, str) or not table.startswith("arn:"):
        return table
    parts = table.split(":", 5)
    kind, _, name = parts[-1].partition("/")
    return name if len(parts) == 6 and parts[2] == "dynamodb" and kind == "table" and "/" not in name else table
