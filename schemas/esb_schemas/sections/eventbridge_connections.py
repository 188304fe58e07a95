"""Section EventBridgeConnections: the rules of create_connection and create_api_destination (API reference)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from esb_schemas.documents.checks import Check
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.sections.row import Section

Connection: TypeAlias = Mapping[str, Any]

NAME: Final = "EventBridgeConnections"
DESTINATIONS: Final = "ApiDestinations"
PARAMETERS: Final[Mapping[str, str]] = {
    "API_KEY": "ApiKeyAuthParameters",
    "BASIC": "BasicAuthParameters",
    "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}
"""The key of AuthParameters with the credentials, by type of authorization."""

_SECRETS: Final[tuple[tuple[str, ...], ...]] = (
    ("ApiKeyAuthParameters", "ApiKeyValue"),
    ("BasicAuthParameters", "Password"),
    ("OAuthParameters", "ClientParameters", "ClientSecret"),
)
_HTTP_PARAMETERS: Final[tuple[tuple[str, ...], ...]] = (
    ("InvocationHttpParameters",),
    ("OAuthParameters", "OAuthHttpParameters"),
)


def secret_paths(parameters: Mapping[str, Any]) -> Iterator[tuple[str | int, ...]]:
    """The paths in AuthParameters of values that are always secret."""
    yield from (path for path in _SECRETS if _at(parameters, path) is not None)
    for path, parameter in http_parameters(parameters):
        if parameter.get("IsValueSecret"):
            yield (*path, "Value")


def http_parameters(parameters: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """The header, query and body parameters of AuthParameters, each with its path."""
    for path in _HTTP_PARAMETERS:
        for kind, values in (_at(parameters, path) or {}).items():
            for index, parameter in enumerate(values):
                yield (*path, kind, index), parameter


def credentials_of_type(connection: Connection) -> Iterator[Problem]:
    """AuthParameters has the credentials of its AuthorizationType, and no others."""
    parameters, kind = connection["AuthParameters"], connection["AuthorizationType"]
    wanted = PARAMETERS[kind]
    if wanted not in parameters:
        yield Problem(("AuthParameters",), f"a connection of type {kind} needs {wanted}; add it")
    for other in sorted(PARAMETERS.values()):
        if other != wanted and other in parameters:
            yield Problem(("AuthParameters", other), f"is not for AuthorizationType {kind}; remove it")


def destinations_of_file(document: Mapping[str, Any]) -> Iterator[Problem]:
    """The names of API destinations are different, also across connections."""
    seen: dict[str, str] = {}
    for index, connection in enumerate(document.get(NAME, ())):
        for number, destination in enumerate(connection.get(DESTINATIONS, ())):
            path: DocumentPath = (NAME, index, DESTINATIONS, number, "Name")
            if (other := seen.get(destination["Name"])) is not None:
                yield Problem(path, f"{destination['Name']} is an API destination of {other} already; rename one")
            seen.setdefault(destination["Name"], connection["Name"])


def _at(parameters: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = parameters
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


CHECKS: Final[tuple[Check, ...]] = (credentials_of_type,)

SECTION: Final = Section(
    NAME,
    "events",
    "Name",
    CHECKS,
    Path(__file__).with_suffix(".json"),
    whole_checks=(destinations_of_file,),
    has_variables=True,
)
