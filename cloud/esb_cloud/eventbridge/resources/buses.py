"""Operations on event buses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.aws.stack import Stack
from esb_cloud.eventbridge.errors import check_name, not_found, refused
from esb_cloud.eventbridge.resources.paging import after, limit, page, read_tags
from esb_cloud.sql.tables.event_resources import BUS, EventResource
from esb_cloud.sql.transaction import Transaction
from esb_wire.errors import AwsError

DEFAULT: Final = "default"

_NAME: Final = re.compile(r"[.\-_A-Za-z0-9]+", re.ASCII)
_NAME_TEXT: Final = r"[/\.\-_A-Za-z0-9]+"
_MAX_NAME: Final = 256
_MAX_POLICY: Final = 10_240  # EventBridge API reference, PutPermission
_SHOWN: Final[tuple[str, ...]] = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")


def create_event_bus(transaction: Transaction, call: Call) -> Result:
    parameters = call.parameters
    name = parameters["Name"]
    if "EventSourceName" in parameters:
        raise refused("Parameter EventSourceName is not valid. Reason: partner event sources are not available here.")
    check_name(name, "name", _MAX_NAME, _NAME, _NAME_TEXT)
    if find_bus(transaction, name) is not None:
        raise AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
    data = {key: parameters[key] for key in _SHOWN if key in parameters}
    now = transaction.wall_ms // 1000
    transaction.event_resources.put(EventResource(BUS, name, data, read_tags(parameters.get("Tags", ())), now, now))
    return {"EventBusArn": bus_arn(call.stack, name), **data}


def delete_event_bus(transaction: Transaction, call: Call) -> Result:
    """Deletes the rules of the bus, too."""
    name = require_bus(transaction, bus_name(call, "Name")).name
    if name == DEFAULT:
        raise refused(f"Cannot delete event bus {DEFAULT}.")
    for rule in transaction.rules.of_bus(name):
        transaction.rules.remove(rule)
    transaction.event_resources.remove(BUS, name)
    return {}


def describe_event_bus(transaction: Transaction, call: Call) -> Result:
    bus = require_bus(transaction, bus_name(call, "Name"))
    return _show(call.stack, bus)


def list_event_buses(transaction: Transaction, call: Call) -> Result:
    find_bus(transaction, DEFAULT)
    prefix = call.parameters.get("NamePrefix", "")
    found = transaction.event_resources.page(BUS, prefix, after(call), limit(call) + 1)
    return page(call, "EventBuses", found, lambda bus: bus.name, lambda bus: _show(call.stack, bus))


def update_event_bus(transaction: Transaction, call: Call) -> Result:
    bus = require_bus(transaction, bus_name(call, "Name"))
    data = {**bus.data, **{key: call.parameters[key] for key in _SHOWN if key in call.parameters}}
    _change(transaction, bus, data)
    shown = {key: data[key] for key in _SHOWN if key in data}
    return {"Arn": bus_arn(call.stack, bus.name), "Name": bus.name, **shown}


def put_permission(transaction: Transaction, call: Call) -> Result:
    """Policies are stored and shown; they have no effect."""
    parameters = call.parameters
    bus = require_bus(transaction, bus_name(call, "EventBusName"))
    if "Policy" in parameters:
        policy = _policy(parameters["Policy"])
    else:
        policy = json.loads(bus.data.get("Policy") or '{"Version": "2012-10-17", "Statement": []}')
        policy["Statement"].append(_statement(call, bus.name))
    text = json.dumps(policy)
    _check_length(text)
    _change(transaction, bus, {**bus.data, "Policy": text})
    return {}


def remove_permission(transaction: Transaction, call: Call) -> Result:
    bus = require_bus(transaction, bus_name(call, "EventBusName"))
    data = dict(bus.data)
    policy = json.loads(data.pop("Policy", '{"Statement": []}'))
    if not call.parameters.get("RemoveAllPermissions"):
        kept = [one for one in policy["Statement"] if one.get("Sid") != call.parameters.get("StatementId")]
        if len(kept) == len(policy["Statement"]):
            raise not_found("Statement with the provided id does not exist.")
        if kept:
            data["Policy"] = json.dumps({**policy, "Statement": kept})
    _change(transaction, bus, data)
    return {}


# -- shared ------------------------------------------------------------------------------------------------------------


def bus_arn(stack: Stack, name: str) -> str:
    return stack.arn("events", f"event-bus/{name}")


def name_of_bus(text: str) -> str:
    """The name in a name or an ARN."""
    return text.rpartition(":event-bus/")[2] if text.startswith("arn:") else text


def bus_name(call: Call, parameter: str = "EventBusName") -> str:
    """The bus that a call is about: a name, an ARN, or the default one."""
    return name_of_bus(call.parameters.get(parameter) or DEFAULT)


def find_bus(transaction: Transaction, name: str) -> EventResource | None:
    """A bus; the default one always exists."""
    found = transaction.event_resources.find(BUS, name)
    if found is None and name == DEFAULT:
        now = transaction.wall_ms // 1000
        found = EventResource(BUS, DEFAULT, {}, {}, now, now)
        transaction.event_resources.put(found)
    return found


def require_bus(transaction: Transaction, name: str) -> EventResource:
    """Raises AwsError if there is no such bus."""
    found = find_bus(transaction, name)
    if found is None:
        raise not_found(f"Event bus {name} does not exist.")
    return found


def _show(stack: Stack, bus: EventResource) -> Result:
    return {
        "Name": bus.name,
        "Arn": bus_arn(stack, bus.name),
        "CreationTime": bus.created,
        "LastModifiedTime": bus.modified,
        **bus.data,
    }


def _change(transaction: Transaction, bus: EventResource, data: Mapping[str, Any]) -> None:
    changed = EventResource(BUS, bus.name, data, bus.tags, bus.created, transaction.wall_ms // 1000)
    transaction.event_resources.put(changed)


def _policy(text: str) -> dict[str, Any]:
    _check_length(text)
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict) or not isinstance(policy.get("Statement"), list):
        raise refused("Parameter Policy is not valid.")
    return policy


def _check_length(policy: str) -> None:
    if len(policy) > _MAX_POLICY:
        raise AwsError("PolicyLengthExceededException", f"The policy has more than {_MAX_POLICY} characters.")


def _statement(call: Call, bus: str) -> dict[str, Any]:
    parameters = call.parameters
    principal = parameters.get("Principal", "*")
    statement = {
        "Sid": parameters.get("StatementId", ""),
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": call.stack.root_arn(principal)},
        "Action": parameters.get("Action", "events:PutEvents"),
        "Resource": bus_arn(call.stack, bus),
    }
    if "Condition" in parameters:
        condition = parameters["Condition"]
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement
