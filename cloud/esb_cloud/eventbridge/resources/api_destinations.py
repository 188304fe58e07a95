"""Operations on API destinations: HTTP endpoints with the credentials of a connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from esb_cloud.aws.service import Call, Result
from esb_cloud.aws.stack import Stack
from esb_cloud.deliveries.authorizing import DEAUTHORIZED, state_of
from esb_cloud.deliveries.queues import Refusal
from esb_cloud.eventbridge.errors import check_name, check_one_of, is_endpoint, not_found, refused
from esb_cloud.eventbridge.resources.connections import name_in_arn
from esb_cloud.eventbridge.resources.paging import after, limit, page
from esb_cloud.sql.tables.event_resources import API_DESTINATION, CONNECTION, EventResource
from esb_cloud.sql.transaction import Transaction
from esb_wire.errors import AwsError

_METHODS: Final = ("POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
_WITHOUT_BODY: Final = ("GET", "HEAD", "OPTIONS")
_CHANGEABLE: Final[tuple[str, ...]] = (
    *("Description", "ConnectionArn", "InvocationEndpoint", "HttpMethod", "InvocationRateLimitPerSecond"),
)
_RATE: Final = 300  # requests a second, unless the destination says otherwise
_SECONDS: Final = 5  # EventBridge user guide: how long a destination may take
_RETRIED: Final = (401, 407, 409, 429)


def create_api_destination(transaction: Transaction, call: Call) -> Result:
    name = call.parameters["Name"]
    check_name(name, "name")
    if transaction.event_resources.find(API_DESTINATION, name) is not None:
        raise AwsError("ResourceAlreadyExistsException", f"An api-destination '{name}' already exists.")
    data = {key: call.parameters[key] for key in _CHANGEABLE if key in call.parameters}
    _check(transaction, data)
    now = transaction.wall_ms // 1000
    found = EventResource(API_DESTINATION, name, {**data, "Id": transaction.ids.uuid()}, {}, now, now)
    transaction.event_resources.put(found)
    return _brief(transaction, call.stack, found)


def update_api_destination(transaction: Transaction, call: Call) -> Result:
    found = _require(transaction, call)
    data = {**found.data, **{key: call.parameters[key] for key in _CHANGEABLE if key in call.parameters}}
    _check(transaction, data)
    changed = EventResource(API_DESTINATION, found.name, data, {}, found.created, transaction.wall_ms // 1000)
    transaction.event_resources.put(changed)
    return _brief(transaction, call.stack, changed)


def delete_api_destination(transaction: Transaction, call: Call) -> Result:
    transaction.event_resources.remove(API_DESTINATION, _require(transaction, call).name)
    return {}


def describe_api_destination(transaction: Transaction, call: Call) -> Result:
    found = _require(transaction, call)
    return {**_show(transaction, call.stack, found), "Name": found.name}


def list_api_destinations(transaction: Transaction, call: Call) -> Result:
    prefix = call.parameters.get("NamePrefix", "")
    found = transaction.event_resources.page(API_DESTINATION, prefix, after(call), limit(call) + 1)
    wanted = call.parameters.get("ConnectionArn")
    if wanted is not None:
        found = [one for one in found if one.data["ConnectionArn"] == wanted]

    def show(one: EventResource) -> Result:
        return {**_show(transaction, call.stack, one), "Name": one.name}

    return page(call, "ApiDestinations", found, lambda one: one.name, show)


def request_to(transaction: Transaction, arn: str, parameters: Mapping[str, Any]) -> dict[str, Any] | Refusal:
    """The request of a delivery to a destination, with a target's `HttpParameters`, which have no paths any more."""
    found = transaction.event_resources.find(API_DESTINATION, name_in_arn(arn))
    if found is None:
        return Refusal("NO_RESOURCE", f"The API destination {arn} does not exist.")
    method: str = found.data["HttpMethod"]
    return {
        "url": _url(found.data["InvocationEndpoint"], parameters),
        "method": method,
        "headers": {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Amazon/EventBridge/ApiDestinations",
            **parameters.get("HeaderParameters", {}),
        },
        "connection": name_in_arn(found.data["ConnectionArn"]),
        "seconds": _SECONDS,
        "retried": list(_RETRIED),
        "without_body": method in _WITHOUT_BODY,
        "per_second": found.data.get("InvocationRateLimitPerSecond", _RATE),
    }


def _url(endpoint: str, parameters: Mapping[str, Any]) -> str:
    """The endpoint with each `*` replaced by a path parameter, and with the query of the target."""
    first, *others = endpoint.split("*")
    values = (quote(value, safe="") for value in parameters.get("PathParameterValues", ()))
    endpoint = first + "".join(f"{next(values, '*')}{other}" for other in others)
    given = parameters.get("QueryStringParameters", {}).items()
    query = [f"{quote(key)}={quote(value)}" for key, value in given]
    if not query:
        return endpoint
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{'&'.join(query)}"


def _require(transaction: Transaction, call: Call) -> EventResource:
    name = call.parameters["Name"]
    found = transaction.event_resources.find(API_DESTINATION, name)
    if found is None:
        raise not_found(f"Failed to describe the api-destination(s). An api-destination '{name}' does not exist.")
    return found


def _brief(transaction: Transaction, stack: Stack, found: EventResource) -> Result:
    connection = transaction.event_resources.find(CONNECTION, name_in_arn(found.data["ConnectionArn"]))
    return {
        "ApiDestinationArn": stack.arn("events", f"{API_DESTINATION}/{found.name}/{found.data['Id']}"),
        "ApiDestinationState": "INACTIVE" if connection is None or state_of(connection) == DEAUTHORIZED else "ACTIVE",
        "CreationTime": found.created,
        "LastModifiedTime": found.modified,
    }


def _show(transaction: Transaction, stack: Stack, found: EventResource) -> Result:
    data = {key: value for key, value in found.data.items() if key in _CHANGEABLE}
    return {**_brief(transaction, stack, found), "InvocationRateLimitPerSecond": _RATE, **data}


def _check(transaction: Transaction, data: Mapping[str, Any]) -> None:
    check_one_of(data["HttpMethod"], _METHODS, "httpMethod")
    if not is_endpoint(data["InvocationEndpoint"]):
        raise refused("Parameter InvocationEndpoint is not valid.")
    if data.get("InvocationRateLimitPerSecond", 1) < 1:
        raise refused("Parameter InvocationRateLimitPerSecond is not valid.")
    name = name_in_arn(data["ConnectionArn"])
    if transaction.event_resources.find(CONNECTION, name) is None:
        raise not_found(f"Connection '{data['ConnectionArn']}' does not exist.")
