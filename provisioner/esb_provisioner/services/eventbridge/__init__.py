"""EventBridge buses with their rules: the section `EventBridge` of resources.yml."""

from esb_provisioner.resources.resource_type import ResourceType
from esb_provisioner.services.eventbridge.aspects import aspects, create
from esb_provisioner.services.eventbridge.calls import BACKEND, CALLS, error_rule
from esb_provisioner.services.eventbridge.definition import INTEGERS, parse
from esb_provisioner.services.eventbridge.read import ObservedBus, list_buses, read

BUS = ResourceType(
    kind="bus",
    section="EventBridge",
    backend=BACKEND,
    calls=CALLS,
    parse=parse,
    list_names=list_buses,
    read=read,
    create=create,
    aspects=aspects,
    nothing=ObservedBus(),
    built_in=frozenset({"default"}),
    integers=INTEGERS,
    error_rule=error_rule,
)
