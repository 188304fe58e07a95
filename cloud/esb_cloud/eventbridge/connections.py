"""Operations on connections: credentials for API destinations. Secrets are stored in the file and never shown."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.aws.stack import Stack
from esb_cloud.eventbridge.errors import NAME, NAME_TEXT, fail, not_found, problem_of_enum, refused
from esb_cloud.eventbridge.paging import after, limit, page
from esb_cloud.sql.event_resources import CONNECTION, EventResource
from esb_cloud.sql.transaction import Transaction
from esb_wire.errors import AwsError

_TYPES: Final = ("BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY")
_PARAMETERS: Final = {
    "BASIC": ("BasicAuthParameters", ("Username", "Password")),
    "API_KEY": ("ApiKeyAuthParameters", ("ApiKeyName", "ApiKeyValue")),
}
_SECRETS: Final = {"BasicAuthParameters": "Password", "ApiKeyAuthParameters": "ApiKeyValue"}
_MAX_NAME: Final = 64
_CHANGEABLE: Final[tuple[str, ...]] = ("Description", "AuthorizationType", "AuthParameters", "KmsKeyIdentifier")
_STATE: Final = "AUTHORIZED"


def create_connection(transaction: Transaction, call: Call) -> Result:
    name = call.parameters["Name"]
    _check_names(name, call.parameters["AuthorizationType"])
    if transaction.event_resources.find(CONNECTION, name) is not None:
        raise AwsError("ResourceAlreadyExistsException", f"Connection {name} already exists.")
    data: dict[str, Any] = {key: call.parameters[key] for key in _CHANGEABLE if key in call.parameters}
    _check(call, data)
    now = transaction.wall_ms // 1000
    found = EventResource(CONNECTION, name, {**data, "Id": transaction.ids.uuid()}, {}, now, now)
    transaction.event_resources.put(found)
    shown = _brief(call.stack, found)
    return {key: shown[key] for key in ("ConnectionArn", "ConnectionState", "CreationTime", "LastModifiedTime")}


def update_connection(transaction: Transaction, call: Call) -> Result:
    found = _require(transaction, call)
    data = {**found.data, **{key: call.parameters[key] for key in _CHANGEABLE if key in call.parameters}}
    _check_names(found.name, data["AuthorizationType"])
    _check(call, data)
    changed = EventResource(CONNECTION, found.name, data, {}, found.created, transaction.wall_ms // 1000)
    transaction.event_resources.put(changed)
    return _brief(call.stack, changed)


def delete_connection(transaction: Transaction, call: Call) -> Result:
    found = _require(transaction, call)
    transaction.event_resources.remove(CONNECTION, found.name)
    return {**_brief(call.stack, found), "ConnectionState": "DELETING"}


def describe_connection(transaction: Transaction, call: Call) -> Result:
    found = _require(transaction, call)
    secret = f"secret:events!connection/{found.name}/{found.data['Id']}-000000"
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
    if call.parameters.get("ConnectionState", _STATE) != _STATE:
        found = []

    def show(one: EventResource) -> Result:
        return {**_brief(call.stack, one), "Name": one.name, "AuthorizationType": one.data["AuthorizationType"]}

    return page(call, "Connections", found, lambda one: one.name, show)


def connection_arn(stack: Stack, found: EventResource) -> str:
    return stack.arn("events", f"connection/{found.name}/{found.data['Id']}")


def name_in_arn(arn: str) -> str:
    """`name` of `arn:aws:events:…:connection/name/id`; the id is not looked at."""
    return arn.rpartition(":")[2].partition("/")[2].partition("/")[0]


def _brief(stack: Stack, found: EventResource) -> Result:
    return {
        "ConnectionArn": connection_arn(stack, found),
        "ConnectionState": _STATE,
        "CreationTime": found.created,
        "LastModifiedTime": found.modified,
        "LastAuthorizedTime": found.modified,
    }


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
    if kind not in _PARAMETERS:
        raise refused(
            "AuthorizationType OAUTH_CLIENT_CREDENTIALS is not available in this stack; use BASIC or API_KEY, or send "
            "the token as a header parameter of the connection."
        )
    group, names = _PARAMETERS[kind]
    if any(not parameters.get(group, {}).get(name) for name in names):
        raise refused(f"Parameter(s) {group} with {' and '.join(names)} must be specified.")


def _without_secrets(parameters: Mapping[str, Any]) -> dict[str, Any]:
    shown = copy.deepcopy(dict(parameters))
    for group, secret in _SECRETS.items():
        shown.get(group, {}).pop(secret, None)
    for values in shown.get("InvocationHttpParameters", {}).values():
        for one in values:
            if one.get("IsValueSecret"):
                one.pop("Value", None)
    return shown
