"""Compares a connection of the file with the one on the server, and creates it.

No server returns the secrets of a connection; esb-cloud shows whether they differ from the file's. API destinations
that are not in the file are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_provisioner.amount import amount
from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.resources.reading import UNKNOWN, IsUnknown
from esb_provisioner.services.eventbridge_connections.calls import api_call
from esb_provisioner.services.eventbridge_connections.definition import Connection
from esb_provisioner.services.eventbridge_connections.read import ObservedConnection
from esb_provisioner.steps import Operation, Step
from esb_schemas.agreements.connection_secrets import is_version, secret_version

SAME: Final = "as in the file"
# API reference, CreateApiDestination
DEFAULTS: Final[Mapping[str, Any]] = {"Description": "", "InvocationRateLimitPerSecond": 300}


def create(connection: Connection) -> Iterator[Step]:
    """CreateConnection; the API destinations need its ARN, and are added in the next round."""
    count = len(connection.destinations)
    then = f", then {amount(count, 'API destination')}" if count else ""
    call = api_call("create_connection", Name=connection.name, **settings(connection))
    yield Operation(connection.resource, "Name", f"not found{then}", call, essential=True, creates=True)


def settings(connection: Connection) -> dict[str, Any]:
    return {
        "AuthorizationType": connection.authorization_type,
        "AuthParameters": connection.parameters,
        "Description": connection.description,
    }


def aspects(connection: Connection, seen: ObservedConnection) -> Iterator[Aspect]:
    """The type and the description, the parameters, and each API destination of the file."""
    call = api_call("update_connection", Name=connection.name, **settings(connection))
    desired = shown(connection.authorization_type, connection.description)
    live = shown(seen.authorization_type, seen.description)
    step = Operation(connection.resource, "settings", f"settings: {live} -> {desired}", call, essential=True)
    yield Aspect("settings", desired, live, (step,))
    if desired == live:  # otherwise the call above sets these, too
        step = Operation(connection.resource, "AuthParameters", "AuthParameters: differ", call, essential=True)
        yield Aspect("AuthParameters", SAME, parameters(connection, seen), (step,))
    for name in connection.destinations:
        yield destination(connection, name, seen)


def shown(authorization_type: str, description: str) -> str:
    return ", ".join(filter(None, (authorization_type, description)))


def parameters(connection: Connection, seen: ObservedConnection) -> str | IsUnknown:
    """The comparison of the parameters, secrets included."""
    if not is_version(seen.secret_version):
        return UNKNOWN
    wanted = secret_version(seen.arn.rpartition("/")[2], connection.parameters)
    return SAME if wanted == seen.secret_version else "others"


def destination(connection: Connection, name: str, seen: ObservedConnection) -> Aspect:
    given, found, key = connection.destinations[name], seen.destinations.get(name), f"API destination {name}"
    wanted = {**DEFAULTS, **given, "ConnectionArn": seen.arn}
    desired, live = text(wanted, seen.arn), "missing" if found is None else text({**DEFAULTS, **found}, seen.arn)
    operation = "create_api_destination" if found is None else "update_api_destination"
    cause = f"{key}: {'not found' if found is None else 'differs'}"
    step = Operation(connection.resource, key, cause, api_call(operation, Name=name, **wanted), essential=True)
    return Aspect(key, desired, live, (step,))


def text(values: Mapping[str, Any], connection: str) -> str:
    """The settings of an API destination in a canonical form; `connection` is the ARN of its connection."""
    rate = f"{values['InvocationRateLimitPerSecond']}/s"
    other = "" if values["ConnectionArn"] == connection else "of another connection"
    return ", ".join(
        filter(None, (values["HttpMethod"], values["InvocationEndpoint"], rate, other, values["Description"]))
    )
