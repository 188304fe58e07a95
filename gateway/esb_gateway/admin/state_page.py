"""`/_esb/health`, `/_esb/ready` and the keys of `/_esb/jwks/`: the state of a gateway, for everyone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from esb_gateway.admin.readiness import Readiness
from esb_schemas.endpoints import ANYONE, Endpoint, EndpointTable
from esb_wire.http.messages import Request, Response, json_response

OWN_PREFIX: Final = "/_esb/"
_HEALTH: Final = Endpoint("GET", "/_esb/health", ANYONE, "200 while the process runs")
_READY: Final = Endpoint(
    "GET",
    "/_esb/ready",
    ANYONE,
    "200 when it can serve, else 503 with what it waits for; `configuration`, files that are `refused`, and `drift`",
)
_KEY_SET: Final = Endpoint(
    "GET",
    "/_esb/jwks/{pool}.json",
    ANYONE,
    "the public keys with which the stack signs in place of a user pool: [authorizers.md](authorizers.md)",
)
STATE: Final = EndpointTable("The gateway", "", (_HEALTH, _READY, _KEY_SET))


def admin_page(request: Request, readiness: Readiness, key_sets: Mapping[str, Any] = MappingProxyType({})) -> Response:
    """One of `STATE`, whatever the method."""
    asked = STATE.find("GET", request.path)
    if asked is not None and asked.endpoint is _HEALTH:
        return json_response(200, {"status": "alive"})
    if asked is not None and asked.endpoint is _READY:
        return _ready(readiness)
    if asked is not None and (key_set := key_sets.get(asked.parts["pool"])) is not None:
        return json_response(200, key_set)
    return json_response(404, {"message": "Not Found"})


def _ready(readiness: Readiness) -> Response:
    readiness.refresh()
    if readiness.draining:
        return json_response(503, {"status": "draining"})
    if readiness.waiting_for:
        starting: dict[str, Any] = {"status": "starting", "waiting_for": sorted(readiness.waiting_for)}
        if readiness.not_provisioned:
            starting["not_provisioned"] = readiness.not_provisioned
        return json_response(503, starting)
    page: dict[str, Any] = {"status": "ready"}
    if readiness.configuration:
        page["configuration"] = readiness.configuration
    if readiness.refusal is not None:
        page["refused"] = readiness.refusal
    if readiness.drift:
        page["drift"] = [each._asdict() for each in readiness.drift]
    if readiness.not_provisioned:
        page["not_provisioned"] = readiness.not_provisioned
    return json_response(200, page)
