"""The plan of a bus, as text."""

from __future__ import annotations

from typing import Any

from esb_provisioner.desired import parse
from esb_provisioner.plan import plan
from esb_provisioner.services.eventbridge.definition import Rule
from esb_provisioner.services.eventbridge.read import ObservedBus
from esb_provisioner.steps import Plan, Resource

ARN = "arn:aws:events:us-east-1:123456789012:event-bus/shop"
TARGET = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:123456789012:orders"}
RULE = {"Name": "shipped", "EventPattern": '{"source": ["shop"]}', "Targets": [TARGET]}
SETTINGS = {"EventPattern": '{"source":["shop"]}', "State": "ENABLED"}


def planned(entry: dict[str, Any], seen: ObservedBus | None, name: str = "shop") -> Plan:
    desired = parse({"EventBridge": [{"Name": name, **entry}]})
    return plan(desired, {} if seen is None else {Resource("bus", name): seen})


def lines(text: str, name: str = "shop") -> str:
    return "\n".join(f"bus {name}: {line.strip()}" for line in text.strip().splitlines())


def test_a_missing_bus_is_made_with_its_rules_and_their_targets() -> None:
    result = planned({"Rules": [RULE]}, None)
    assert str(result) == lines("""
        create_event_bus (not found)
        put_rule (rule shipped: not found)
        put_targets (targets of rule shipped: queue)
    """)
    rule, targets = result.operations[1:]
    assert rule.call.params == {
        "Name": "shipped",
        "EventBusName": "shop",
        "State": "ENABLED",
        "EventPattern": '{"source": ["shop"]}',
    }
    assert targets.call.params == {"Rule": "shipped", "EventBusName": "shop", "Targets": [TARGET]}


def test_the_default_bus_is_never_made() -> None:
    assert "create_event_bus" not in str(planned({"Rules": [RULE]}, None, "default"))


def test_a_bus_that_is_as_the_file_says_needs_nothing() -> None:
    seen = ObservedBus(ARN, None, {"shipped": Rule(SETTINGS, {"queue": {**TARGET, "InputPath": None}})})
    assert not str(planned({"Rules": [RULE]}, seen))


def test_rules_targets_and_tags_are_repaired() -> None:
    old = {"queue": {**TARGET, "Input": "{}"}, "gone": {"Id": "gone", "Arn": TARGET["Arn"]}}
    seen = ObservedBus(ARN, {}, {"shipped": Rule({**SETTINGS, "State": "DISABLED"}, old)})
    assert str(planned({"Rules": [RULE], "Tags": [{"Key": "team", "Value": "web"}]}, seen)) == lines("""
        tag_resource (Tags: team)
        put_rule (rule shipped: differs)
        remove_targets (further targets of rule shipped: gone)
        put_targets (targets of rule shipped: queue)
    """)
