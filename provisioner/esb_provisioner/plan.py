"""Third stage: desired and observed state give the steps to take. Pure; no calls are made from here."""

from __future__ import annotations

from itertools import chain
from typing import Any

from esb_provisioner.desired import Desired, DesiredResource
from esb_provisioner.observed import Observed
from esb_provisioner.reading import UNKNOWN, Unreadable
from esb_provisioner.steps import Drift, Plan, Resource, ResourcePlan


def plan(desired: Desired, observed: Observed) -> Plan:
    """The plan of each resource, sorted; a resource that is as the file says has neither steps nor drift."""
    return Plan(tuple(plan_resource(key, desired[key], observed.get(key)) for key in sorted(desired)))


def plan_resource(resource: Resource, desired: DesiredResource, seen: Any) -> ResourcePlan:
    """The plan of one resource. One that has drifted is not changed at all."""
    type_, definition = desired
    if isinstance(seen, Unreadable):
        return ResourcePlan(resource, unreadable=seen.reason)
    if seen is None:
        notes = (*definition.creation_notes, *definition.notes)
        return ResourcePlan(resource, tuple(type_.create(definition)), notes=notes)
    aspects = tuple(type_.aspects(definition, seen))
    differing = [each for each in aspects if each.differs]
    drifts = tuple(
        Drift(resource, each.drift or f"{each.key}: there {each.live}, in the file {each.desired}", each.hint)
        for each in differing
        if each.hint
    )
    steps = () if drifts else tuple(chain.from_iterable(each.steps for each in differing))
    unknown = () if drifts else tuple(each.key for each in aspects if each.live is UNKNOWN)
    return ResourcePlan(resource, steps, drifts, definition.notes, unknown)
