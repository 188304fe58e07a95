"""Every request that esb-cloud answers beside AWS's APIs, for docs/endpoints.md."""

from __future__ import annotations

from typing import Final

from esb_cloud import admin, testing
from esb_cloud.services import SERVICES
from esb_schemas.endpoints import EndpointTable

TABLES: Final = (
    EndpointTable(
        "esb-cloud",
        "The server of queues, topics and buses, at its port, 4566. Those below `/_esb/testing` are served with "
        "`--testing` alone.",
        (
            *admin.ENDPOINTS.endpoints,
            *(page.endpoint for service in SERVICES for page in service.pages),
            *testing.ENDPOINTS.endpoints,
        ),
    ),
)
