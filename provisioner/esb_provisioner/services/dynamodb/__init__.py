"""DynamoDB tables: the section `DynamoDB` of resources.yml."""

from esb_provisioner.resources.resource_type import ResourceType
from esb_provisioner.services.dynamodb.aspects import aspects
from esb_provisioner.services.dynamodb.calls import BACKEND, CALLS, error_rule
from esb_provisioner.services.dynamodb.contents import Items
from esb_provisioner.services.dynamodb.create import create
from esb_provisioner.services.dynamodb.definition import INTEGERS, parse
from esb_provisioner.services.dynamodb.delete import delete
from esb_provisioner.services.dynamodb.read import ObservedTable, list_tables, read

TABLE = ResourceType(
    kind="table",
    section="DynamoDB",
    backend=BACKEND,
    calls=CALLS,
    parse=parse,
    list_names=list_tables,
    read=read,
    create=create,
    notes=lambda table: table.notes,
    aspects=aspects,
    nothing=ObservedTable({}),
    list_lags=True,  # ListTables is eventually consistent
    integers=INTEGERS,
    error_rule=error_rule,
    contents=Items(),
    delete=delete,
)
