"""The state of a gateway, by its pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from esb_schemas.agreements.provisioned import Difference
from esb_wire.http.messages import Request


def test_health_and_ready(harness: Any, make_request: Callable[..., Request]) -> None:
    harness.readiness.waiting_for.update({"provisioner", "listeners"})
    assert harness.ask(make_request("GET", "/_esb/health"))[0].status == 200
    (starting,) = harness.ask(make_request("GET", "/_esb/ready"))
    assert (starting.status, json.loads(starting.body)["waiting_for"]) == (503, ["listeners", "provisioner"])
    harness.readiness.waiting_for.clear()
    assert harness.ask(make_request("GET", "/_esb/ready"))[0].status == 200
    assert harness.ask(make_request("GET", "/_esb/other"))[0].status == 404


def test_ready_names_what_the_provisioner_left(harness: Any, make_request: Callable[..., Request]) -> None:
    def refresh() -> None:
        harness.readiness.drift = (Difference("table Orders", "KeySchema differs"),)
        harness.readiness.not_provisioned = ("bucket media: no",)

    harness.readiness.refresh = refresh
    (ready,) = harness.ask(make_request("GET", "/_esb/ready"))
    assert (ready.status, json.loads(ready.body)) == (
        200,
        {
            "status": "ready",
            "drift": [{"resource": "table Orders", "text": "KeySchema differs"}],
            "not_provisioned": ["bucket media: no"],
        },
    )
