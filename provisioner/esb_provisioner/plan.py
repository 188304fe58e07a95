"""Third stage: the steps from the observed to the desired state. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from esb_provisioner.desired import Desired, DesiredResource
from esb_provisioner.observed import Observed
from esb_provisioner.resources.aspect import Aspect, Reset
from esb_provisioner.resources.reading import UNKNOWN, Unreadable
from esb_provisioner.steps import Drift, Plan, Resource, ResourcePlan, Step


@dataclass(frozen=True)
class Resets:
    """The resets that the user requested: pairs of option and name.

    `command` is how the user runs the provisioner, for hints about other drift.
    """

    requested: frozenset[tuple[str, str]] = frozenset()
    command: str = "esb-provision FILE"

    def has(self, reset: Reset, resource: Resource) -> bool:
        return (reset.option, resource.name) in self.requested


NO_RESETS: Final = Resets()


def plan(desired: Desired, observed: Observed, resets: Resets = NO_RESETS) -> Plan:
    """The plan of each resource, sorted; a resource that matches the file has neither steps nor drift."""
    return Plan(tuple(plan_resource(key, desired[key], observed.get(key), resets) for key in sorted(desired)))


def plan_resource(resource: Resource, desired: DesiredResource, seen: Any, resets: Resets = NO_RESETS) -> ResourcePlan:
    """The plan of one resource. One that has drifted is not changed at all, unless a reset is requested."""
    type_, definition = desired
    if isinstance(seen, Unreadable):
        return ResourcePlan(resource, unreadable=seen.reason)
    if seen is None:
        return ResourcePlan(resource, tuple(type_.create(definition)), notes=type_.notes(definition))
    aspects = tuple(type_.aspects(definition, seen))
    differing = [each for each in aspects if each.differs]
    granted = [each.reset for each in differing if each.reset and resets.has(each.reset, resource)]
    if any(not each.steps for each in granted):
        return ResourcePlan(resource, (*type_.delete(definition), *type_.create(definition)))
    drifts = tuple(
        Drift(resource, each.drift or f"{each.key}: the server has {each.live}, the file has {each.desired}", hint)
        for each in differing
        if (hint := _hint(each, resource, resets))
    )
    steps = () if drifts else tuple(chain.from_iterable(_steps(each) for each in differing))
    unknown = () if drifts else tuple(each.key for each in aspects if each.live is UNKNOWN)
    return ResourcePlan(resource, steps, drifts, unknown=unknown)


def _hint(aspect: Aspect, resource: Resource, resets: Resets) -> str:
    """The hint for the drift of this aspect; empty if there is no drift, or a reset resolves it."""
    reset = aspect.reset
    if not aspect.hint or reset is None:
        return aspect.hint
    if resets.has(reset, resource):
        return ""
    return f"{aspect.hint}, or {reset.offer}: {resets.command} {reset.option} {resource.name}"


def _steps(aspect: Aspect) -> Sequence[Step]:
    return aspect.steps if aspect.reset is None else aspect.reset.steps
