"""Golden responses: what a function returned, and what the client gets for it by AWS's documentation."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.apis.api import Api, Integration, Route
from esb_gateway.apis.api_types import API_TYPES, HTTP, REST, ApiType, Failure
from esb_gateway.apis.responses import InvalidResponse, build_response
from esb_wire.http.messages import Request

CASES = Path(__file__).parent / "cases" / "responses"


def route_of(case: dict[str, Any]) -> Route:
    types = tuple(case["api"].get("binary_media_types", ()))
    api = Api("Api", API_TYPES[case["api"]["type"]], binary_media_types=types)
    return Route(api, "GET", "/", case["payload"], 29, Integration())


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_the_response_is_what_aws_documents(path: Path, make_request: Callable[..., Request]) -> None:
    case = json.loads(path.read_text("utf-8"))
    assert case["source"]
    payload = (case["raw_answer"] if "raw_answer" in case else json.dumps(case["answer"])).encode()
    request = make_request(headers=case.get("request_headers"))
    wanted = case["response"]
    if "bad_answer" in wanted:
        with pytest.raises(InvalidResponse) as refused:
            build_response(payload, route_of(case), request)
        assert str(refused.value) == wanted["bad_answer"]
        return
    response = build_response(payload, route_of(case), request)
    assert (response.status, [list(pair) for pair in response.headers]) == (wanted["status"], wanted["headers"])
    body = base64.b64decode(wanted["body_base64"]) if "body_base64" in wanted else wanted["body"].encode()
    assert response.body == body


def test_there_are_enough_cases() -> None:
    assert len(list(CASES.glob("*.json"))) >= 34


def test_json_that_is_too_deep_is_a_bad_answer(make_request: Callable[..., Request]) -> None:
    route = Route(Api("Api"), "GET", "/", "1.0", 30, Integration())
    with pytest.raises(InvalidResponse):
        build_response(b"[" * 100_000, route, make_request())


@pytest.mark.parametrize(
    ("api_type", "why", "status", "body"),
    [
        (REST, Failure.NOT_FOUND, 403, '{"message":"Missing Authentication Token"}'),
        (REST, Failure.TOO_LARGE, 413, '{"message":"Request Too Long"}'),
        (REST, Failure.FUNCTION_ERROR, 502, '{"message":"Internal server error"}'),
        (REST, Failure.INVALID_RESPONSE, 502, '{"message":"Internal server error"}'),
        (REST, Failure.TIMED_OUT, 504, '{"message":"Endpoint request timed out"}'),
        (REST, Failure.THROTTLED, 500, '{"message":"Internal server error"}'),
        (HTTP, Failure.NOT_FOUND, 404, '{"message":"Not Found"}'),
        (HTTP, Failure.TOO_LARGE, 413, '{"message":"Request Entity Too Large"}'),
        (HTTP, Failure.FUNCTION_ERROR, 500, '{"message":"Internal Server Error"}'),
        (HTTP, Failure.INVALID_RESPONSE, 500, '{"message":"Internal Server Error"}'),
        (HTTP, Failure.TIMED_OUT, 503, '{"message":"Service Unavailable"}'),
        (HTTP, Failure.THROTTLED, 500, '{"message":"Internal Server Error"}'),
    ],
)
def test_api_gateways_own_words(api_type: ApiType, why: Failure, status: int, body: str) -> None:
    response = api_type.failures[why].response
    assert (response.status, response.body.decode()) == (status, body)
    assert ("Content-Type", "application/json") in response.headers
