"""Third stage: desired and observed state give the steps to take. Pure; no calls are made from here."""

from __future__ import annotations

from typing import Any

from esb_provisioner.desired import Desired, DesiredResource
from esb_provisioner.observed import Observed
from esb_provisioner.reading import Unreadable
from esb_provisioner.steps import Plan, Resource, ResourcePlan


def plan(desired: Desired, observed: Observed) -> Plan:
    """The plan of each resource, sorted; a resource that is as the file says has neither steps nor drift."""
    return Plan(tuple(plan_resource(key, desired[key], observed.get(key)) for key in sorted(desired)))


def plan_resource(resource: Resource, desired: DesiredResource, seen: Any) -> ResourcePlan:
    if isinstance(seen, Unreadable):
        return ResourcePlan(resource, unreadable=seen.reason)
    return desired.type.plan(desired.definition, seen)
