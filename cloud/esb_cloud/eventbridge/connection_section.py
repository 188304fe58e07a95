"""Connections of resources.yml with their API destinations, created when the server starts with `--resources FILE`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from esb_cloud.aws.service import call_of
from esb_cloud.aws.stack import Stack
from esb_cloud.eventbridge.resources.api_destinations import create_api_destination, update_api_destination
from esb_cloud.eventbridge.resources.connections import connection_arn, create_connection, update_connection
from esb_cloud.sql.tables.event_resources import API_DESTINATION, CONNECTION
from esb_cloud.sql.transaction import Transaction

_SETTINGS: Final = ("AuthorizationType", "AuthParameters", "Description")


def create(transaction: Transaction, stack: Stack, entry: Mapping[str, Any]) -> None:
    """Create what an entry names; what is there gets the settings of the entry. Raises AwsError."""
    call = partial(call_of, stack)
    name = entry["Name"]
    settings = {"Description": "", **{key: entry[key] for key in _SETTINGS if key in entry}}
    found = transaction.event_resources.find(CONNECTION, name)
    if found is None:
        create_connection(transaction, call(Name=name, **settings))
    elif any(found.data.get(key, "") != value for key, value in settings.items()):
        update_connection(transaction, call(Name=name, **settings))
    found = transaction.event_resources.find(CONNECTION, name)
    if found is None:
        return
    for each in entry.get("ApiDestinations", ()):
        wanted = {"ConnectionArn": connection_arn(stack, found), "Description": "", **each}
        there = transaction.event_resources.find(API_DESTINATION, each["Name"])
        if there is None:
            create_api_destination(transaction, call(**wanted))
        elif any(there.data.get(key) != value for key, value in wanted.items() if key != "Name"):
            update_api_destination(transaction, call(**wanted))
