"""Golden events: requests on disk and the events that AWS documents for them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.apis.events import RequestContext, build_event, build_url_event, clf_time
from esb_gateway.apis.function_urls import FunctionUrl, UrlMatch, UrlTable
from esb_gateway.apis.routing import Match, Router
from esb_gateway.configuration.compiling import read_configuration
from esb_wire.http.messages import Request

CASES = Path(__file__).parent / "cases" / "events"
CONTEXT = RequestContext(
    account_id="123456789012",
    request_id="c6af9ac6-7b61-4e69-9a41-93e8deadbeef",
    extended_request_id="JKJaXmPLvHcESHA=",
    trace_id="Root=1-65a7f3c0-0123456789abcdef01234567",
    time=1705505536.5,
    partition="aws",
)


def matched(api: dict[str, Any], route: dict[str, Any], request: Request) -> Match:
    name = api["id"]
    configuration = read_configuration(
        {"functions": {"f": {"handler": "h", "runtime": "python3.12"}}},
        {
            "apis": {name: {k: v for k, v in api.items() if k != "id"}},
            "routes": [{**route, "function": "f", "api": name}],
        },
    )
    found = Router(configuration.apis, configuration.routes).match(request.method, request.path)
    assert isinstance(found, Match)
    return found


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_the_event_is_what_aws_documents(path: Path, make_request: Callable[..., Request]) -> None:
    case = json.loads(path.read_text("utf-8"))
    assert case["source"]
    asked = case["request"]
    body = base64.b64decode(asked["body_base64"]) if "body_base64" in asked else asked.get("body", "").encode()
    request = make_request(asked["method"], asked["target"], asked["headers"], body)
    event = build_event(request, matched(case["api"], case["route"], request), CONTEXT)
    assert event == case["event"]
    assert list(event) == list(case["event"]), "the members come in AWS's order"


def url_event(case: dict[str, Any], make_request: Callable[..., Request]) -> dict[str, Any]:
    asked = case["request"]
    headers = [["Host", "f.lambda-url.localhost"], *asked["headers"]]
    request = make_request(asked["method"], asked["target"], headers, asked.get("body", "").encode())
    found = UrlTable([FunctionUrl("f", "arn", signed=case["access_key"] is not None)]).match(request)
    assert isinstance(found, UrlMatch)
    return build_url_event(request, found.match, CONTEXT, case["access_key"])


@pytest.mark.parametrize("path", sorted((CASES.parent / "url_events").glob("*.json")), ids=lambda path: path.stem)
def test_the_event_of_a_function_url(path: Path, make_request: Callable[..., Request]) -> None:
    case = json.loads(path.read_text("utf-8"))
    assert case["source"]
    assert url_event(case, make_request) == case["event"]


def test_there_are_enough_cases() -> None:
    assert len(list(CASES.glob("*.json"))) >= 36


def test_time_is_in_common_log_format() -> None:
    assert clf_time(0) == "01/Jan/1970:00:00:00 +0000"
    assert clf_time(951827696) == "29/Feb/2000:12:34:56 +0000"
