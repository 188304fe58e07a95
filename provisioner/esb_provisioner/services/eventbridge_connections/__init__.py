"""EventBridge connections with their API destinations: the section `EventBridgeConnections` of resources.yml."""

from esb_provisioner.resources.resource_type import ResourceType
from esb_provisioner.services.eventbridge.calls import error_rule
from esb_provisioner.services.eventbridge_connections.aspects import aspects, create
from esb_provisioner.services.eventbridge_connections.calls import BACKEND, CALLS
from esb_provisioner.services.eventbridge_connections.definition import INTEGERS, parse
from esb_provisioner.services.eventbridge_connections.read import ObservedConnection, list_connections, read

CONNECTION = ResourceType(
    kind="connection",
    section="EventBridgeConnections",
    backend=BACKEND,
    calls=CALLS,
    parse=parse,
    list_names=list_connections,
    read=read,
    create=create,
    aspects=aspects,
    nothing=ObservedConnection(),
    integers=INTEGERS,
    error_rule=error_rule,
)
