"""Tags of rules and buses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from esb_cloud.aws.service import Call, Result
from esb_cloud.eventbridge.errors import not_found, refused
from esb_cloud.eventbridge.resources.buses import DEFAULT, find_bus, require_bus
from esb_cloud.eventbridge.resources.paging import read_tags, show_tags
from esb_cloud.eventbridge.resources.rules import no_rule
from esb_cloud.sql.tables.event_resources import BUS, EventResource
from esb_cloud.sql.transaction import Transaction

Tags: TypeAlias = Mapping[str, str]


class _Tagged(NamedTuple):
    tags: Tags
    put: Callable[[Tags], None]


def tag_resource(transaction: Transaction, call: Call) -> Result:
    found = _find(transaction, call)
    found.put(read_tags(_pairs({**found.tags, **read_tags(call.parameters.get("Tags", ()))})))
    return {}


def untag_resource(transaction: Transaction, call: Call) -> Result:
    found = _find(transaction, call)
    removed = call.parameters.get("TagKeys", [])
    found.put({key: value for key, value in found.tags.items() if key not in removed})
    return {}


def list_tags_for_resource(transaction: Transaction, call: Call) -> Result:
    return show_tags(_find(transaction, call).tags)


def _pairs(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _find(transaction: Transaction, call: Call) -> _Tagged:
    arn = call.parameters["ResourceARN"]
    kind, _, rest = arn.removeprefix(call.stack.arn("events", "")).partition("/")
    if kind == "event-bus":
        return _bus(transaction, require_bus(transaction, rest))
    if kind == "rule":
        bus, _, name = rest.rpartition("/")
        return _rule(transaction, bus or DEFAULT, name)
    raise refused(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")


def _bus(transaction: Transaction, bus: EventResource) -> _Tagged:
    def put(tags: Tags) -> None:
        transaction.event_resources.put(EventResource(BUS, bus.name, bus.data, tags, bus.created, bus.modified))

    return _Tagged(bus.tags, put)


def _rule(transaction: Transaction, bus: str, name: str) -> _Tagged:
    if find_bus(transaction, bus) is None:
        raise not_found(f"Event bus {bus} does not exist.")
    rule = transaction.rules.find(bus, name)
    if rule is None:
        raise no_rule(bus, name)
    return _Tagged(rule.tags, lambda tags: transaction.rules.change_tags(rule, tags))
