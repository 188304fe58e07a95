"""Every request that the gateway and the embedded servers answer themselves, for docs/endpoints.md."""

from __future__ import annotations

from typing import Final

from esb_gateway.admin import env_page, events_api, pages, queues_page
from esb_gateway.admin.state_page import STATE
from esb_gateway.apis.function_urls import PATH_PREFIX
from esb_gateway.inspection import page as inspection
from esb_gateway.inspection.stack_state import RESET_PATH
from esb_gateway.lambda_api.operations import REQUESTS
from esb_gateway.storage_events.object_event import ENDPOINT as FEED
from esb_gateway.storage_events.webhook import ENDPOINTS as WEBHOOK
from esb_schemas.endpoints import SIGNED, Endpoint, EndpointTable

_URL: Final = Endpoint(
    "ANY",
    f"{PATH_PREFIX}{{function}}/…",
    "as `AuthType` says",
    "a function's URL, for clients that cannot choose a host",
)
_EMPTY: Final = Endpoint("POST", RESET_PATH, SIGNED, "deletes all items and objects, with `--testing`")
TABLES: Final = (
    EndpointTable(
        STATE.title,
        "At the gateway's port, 8080. All other paths are those of the application's routes, which cannot be below "
        "`/_esb/` or be one of the Lambda API.",
        (*STATE.endpoints, *pages.COUNTS, env_page.ENDPOINT, _URL),
    ),
    events_api.ENDPOINTS,
    queues_page.ENDPOINTS,
    inspection.ENDPOINTS,
    EndpointTable(
        "The Lambda API",
        "At the gateway's port. Any other operation is answered with 404 and `UnknownOperationException`.",
        (Endpoint(method, path, SIGNED, f"`{operation.value}`") for method, path, operation in REQUESTS),
    ),
    EndpointTable("Storage", "Of the embedded storage, and of `esb-gateway storage-events`.", (FEED, _EMPTY)),
    EndpointTable("Storage with a webhook", "Of `esb-gateway storage-events --webhook`.", WEBHOOK),
)
