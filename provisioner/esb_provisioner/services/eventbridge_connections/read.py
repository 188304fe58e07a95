"""The current state of a connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from esb_provisioner.resources.reading import all_pages
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.eventbridge_connections.calls import api_call
from esb_provisioner.services.eventbridge_connections.definition import Connection
from esb_provisioner.steps import Answer, Api

_SETTINGS: Final = ("ConnectionArn", "Description", "InvocationEndpoint", "HttpMethod", "InvocationRateLimitPerSecond")


@dataclass(frozen=True)
class ObservedConnection:
    """A connection that exists, with those of its file's API destinations that do.

    `secret_version` changes with its AuthParameters, on a server that says so; see
    `esb_schemas.agreements.connection_secrets`.
    """

    arn: str = ""
    authorization_type: str = ""
    description: str = ""
    secret_version: str = ""
    destinations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def list_connections(api: Api) -> frozenset[str]:
    """The names of all connections."""
    pages = all_pages(api, api_call("list_connections"), "NextToken", "NextToken")
    return frozenset(each["Name"] for page in pages for each in page.get("Connections", ()))


def read(api: Api, connection: Connection, _answers: Sequence[Answer]) -> ObservedConnection:
    """The connection and its API destinations. Raises ServerError (MISSING)."""
    found = api(api_call("describe_connection", Name=connection.name))
    return ObservedConnection(
        found["ConnectionArn"],
        found.get("AuthorizationType", ""),
        found.get("Description", ""),
        found.get("SecretArn", "").rpartition("-")[2],
        dict(_destinations(api, connection)),
    )


def _destinations(api: Api, connection: Connection) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in connection.destinations:
        try:
            found = api(api_call("describe_api_destination", Name=name))
        except ServerError as error:
            if error.kind is not ErrorKind.MISSING:
                raise
        else:
            yield name, {key: found[key] for key in _SETTINGS if key in found}
