"""Operations on connections: credentials for API destinations. Secrets are stored in the file and never shown.

`esb_cloud.deliveries.authorizing` keeps the state with a connection's data; by `Version` the provisioner sees whether
the secrets are those of its file.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import chain
from typing import Any, Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.aws.stack import Stack
from esb_cloud.deliveries.authorizing import (
    AUTHORIZING,
    OAUTH,
    authorization_of,
    authorize,
    in_state,
    state_of,
    without_state,
)
from esb_cloud.eventbridge.errors import (
    NAME,
    NAME_TEXT,
    check_one_of,
    fail,
    is_endpoint,
    not_found,
    problem_of_enum,
    refused,
)
from esb_cloud.eventbridge.resources.paging import after, limit, page
from esb_cloud.sql.store import Store
from esb_cloud.sql.tables.event_resources import CONNECTION, EventResource
from esb_cloud.sql.transaction import Transaction
from esb_schemas.agreements.connection_secrets import secret_version
from esb_wire.errors import AwsError

_TYPES: Final = ("BASIC", OAUTH, "API_KEY")
_PARAMETERS: Final = {
    "BASIC": ("BasicAuthParameters", ("Username", "Password")),
    "API_KEY": ("ApiKeyAuthParameters", ("ApiKeyName", "ApiKeyValue")),
    OAUTH: ("OAuthParameters", ("AuthorizationEndpoint", "HttpMethod", "ClientParameters")),
}
_CLIENT: Final = ("ClientID", "ClientSecret")
_OAUTH_METHODS: Final = ("GET", "POST", "PUT")
_SECRETS: Final = {"BasicAuthParameters": "Password", "ApiKeyAuthParameters": "ApiKeyValue"}
_MAX_NAME: Final = 64
_ALL: Final = -1  # SQLite: no limit
_CHANGEABLE: Final[tuple[str, ...]] = ("Description", "AuthorizationType", "AuthParameters", "KmsKeyIdentifier")


def create_connection(transaction: Transaction, call: Call) -> Result:
    name = call.parameters["Name"]
    _check_names(name, call.parameters["AuthorizationType"])
    if transaction.event_resources.find(CONNECTION, name) is not None:
        raise AwsError("ResourceAlreadyExistsException", f"Connection {name} already exists.")
    data: dict[str, Any] = {key: call.parameters[key] for key in _CHANGEABLE if key in call.parameters}
    _check(call, data)
    now = transaction.wall_ms // 1000
    found = EventResource(CONNECTION, name, {**data, "Id": transaction.ids.uuid()}, {}, now, now)
    found = _put(transaction, found)
    shown = _brief(call.stack, found)
    return {key: shown[key] for key in ("ConnectionArn", "ConnectionState", "CreationTime", "LastModifiedTime")}


def update_connection(transaction: Transaction, call: Call) -> Result:
    found = _require(transaction, call)
    data = {**found.data, **{key: call.parameters[key] for key in _CHANGEABLE if key in call.parameters}}
    _check_names(found.name, data["AuthorizationType"])
    _check(call, data)
    changed = EventResource(CONNECTION, found.name, data, {}, found.created, transaction.wall_ms // 1000)
    return _brief(call.stack, _put(transaction, changed))


def delete_connection(transaction: Transaction, call: Call) -> Result:
    found = _require(transaction, call)
    transaction.event_resources.remove(CONNECTION, found.name)
    shown = {key: value for key, value in _brief(call.stack, found).items() if key != "StateReason"}
    return {**shown, "ConnectionState": "DELETING"}


def describe_connection(transaction: Transaction, call: Call) -> Result:
    found = _require(transaction, call)
    secret = f"secret:events!connection/{found.name}/{found.data['Id']}-{found.data.get('Version', '000000')}"
    shown = {key: value for key, value in found.data.items() if key in _CHANGEABLE}
    return {
        **_brief(call.stack, found),
        "Name": found.name,
        "SecretArn": call.stack.arn("secretsmanager", secret),
        **shown,
        "AuthParameters": _without_secrets(found.data["AuthParameters"]),
    }


def list_connections(transaction: Transaction, call: Call) -> Result:
    prefix = call.parameters.get("NamePrefix", "")
    found = transaction.event_resources.page(CONNECTION, prefix, after(call), limit(call) + 1)
    wanted = call.parameters.get("ConnectionState")
    if wanted is not None:
        found = [one for one in found if state_of(one) == wanted]

    def show(one: EventResource) -> Result:
        return {**_brief(call.stack, one), "Name": one.name, "AuthorizationType": one.data["AuthorizationType"]}

    return page(call, "Connections", found, lambda one: one.name, show)


async def authorize_old_connections(store: Store, _stack: Stack) -> None:
    """Ask for tokens of the connections of a file from before there were states."""
    await store.do(_authorize_without_state)


def _authorize_without_state(transaction: Transaction) -> None:
    for found in transaction.event_resources.page(CONNECTION, "", "", _ALL):
        if found.data["AuthorizationType"] == OAUTH and "ConnectionState" not in found.data:
            transaction.event_resources.put(in_state(found, AUTHORIZING))
            authorize(transaction, found.name)


def connection_arn(stack: Stack, found: EventResource) -> str:
    return stack.arn("events", f"connection/{found.name}/{found.data['Id']}")


def name_in_arn(arn: str) -> str:
    """`name` of `arn:aws:events:…:connection/name/id`; the id is not looked at."""
    return arn.rpartition(":")[2].partition("/")[2].partition("/")[0]


def _brief(stack: Stack, found: EventResource) -> Result:
    return {
        "ConnectionArn": connection_arn(stack, found),
        "CreationTime": found.created,
        "LastModifiedTime": found.modified,
        **authorization_of(found),
    }


def _put(transaction: Transaction, connection: EventResource) -> EventResource:
    """Keep a new or changed connection; a token is asked for if it needs one."""
    data = without_state(connection.data)
    data["Version"] = secret_version(data["Id"], data["AuthParameters"])
    connection = connection.with_data(data)
    if data["AuthorizationType"] == OAUTH:
        connection = in_state(connection, AUTHORIZING)
        authorize(transaction, connection.name)
    transaction.event_resources.put(connection)
    return connection


def _require(transaction: Transaction, call: Call) -> EventResource:
    name = call.parameters["Name"]
    found = transaction.event_resources.find(CONNECTION, name)
    if found is None:
        what = "describe the connection(s)"
        raise not_found(f"Failed to {what}. Connection '{name}' does not exist.")
    return found


def _check_names(name: str, kind: str) -> None:
    problems = []
    if not NAME.fullmatch(name):
        pattern = f"Member must satisfy regular expression pattern: {NAME_TEXT}"
        problems.append(f"Value '{name}' at 'name' failed to satisfy constraint: {pattern}")
    if len(name) > _MAX_NAME:
        length = f"Member must have length less than or equal to {_MAX_NAME}"
        problems.append(f"Value '{name}' at 'name' failed to satisfy constraint: {length}")
    if kind not in _TYPES:
        problems.append(problem_of_enum(kind, _TYPES, "authorizationType"))
    fail(*problems)


def _check(call: Call, data: Mapping[str, Any]) -> None:
    kind, parameters = data["AuthorizationType"], data["AuthParameters"]
    if "InvocationConnectivityParameters" in call.parameters or "ConnectivityParameters" in parameters:
        raise refused("Private connectivity of connections is not available in this stack.")
    group, names = _PARAMETERS[kind]
    if any(not parameters.get(group, {}).get(name) for name in names):
        raise refused(f"Parameter(s) {group} with {' and '.join(names)} must be specified.")
    if kind == OAUTH:
        _check_oauth(parameters[group])


def _check_oauth(oauth: Mapping[str, Any]) -> None:
    if any(not oauth["ClientParameters"].get(name) for name in _CLIENT):
        raise refused(f"Parameter(s) ClientParameters with {' and '.join(_CLIENT)} must be specified.")
    check_one_of(oauth["HttpMethod"], _OAUTH_METHODS, "authParameters.oAuthParameters.httpMethod")
    if not is_endpoint(oauth["AuthorizationEndpoint"]):
        raise refused("Parameter AuthorizationEndpoint is not valid.")


def _without_secrets(parameters: Mapping[str, Any]) -> dict[str, Any]:
    shown = copy.deepcopy(dict(parameters))
    for group, secret in _SECRETS.items():
        shown.get(group, {}).pop(secret, None)
    oauth = shown.get("OAuthParameters", {})
    oauth.get("ClientParameters", {}).pop("ClientSecret", None)
    for more in (shown.get("InvocationHttpParameters", {}), oauth.get("OAuthHttpParameters", {})):
        for one in chain.from_iterable(more.values()):
            if one.get("IsValueSecret"):
                one.pop("Value", None)
    return shown
