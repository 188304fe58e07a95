"""CORS: whose headers go out, for HTTP APIs and for REST APIs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_gateway.apis.api import Api
from esb_gateway.apis.api_types import HTTP, REST, ApiType
from esb_gateway.apis.cors import add_api_cors, answer_preflight
from esb_gateway.apis.routing import Preflight
from esb_schemas.contract import Cors
from esb_wire.http.messages import Headers, Request


def api(cors: Cors | None, api_type: ApiType = HTTP) -> Api:
    return Api("Api", api_type, cors=cors)


@pytest.mark.parametrize(
    ("allowed", "origin", "answer"),
    [
        (("*",), "https://a.example", "*"),
        (("https://a.example", "https://b.example"), "https://b.example", "https://b.example"),
        (("https://*",), "https://any.example", "https://any.example"),
        (("https://*",), "http://any.example", None),
        (("https://a.example",), "https://a.example.evil.example", None),
        (("https://a.example",), "", None),
    ],
)
def test_which_origins_are_allowed(
    make_request: Callable[..., Request], allowed: tuple[str, ...], origin: str, answer: str | None
) -> None:
    request = make_request("OPTIONS", "/", [["Host", "h"], ["Origin", origin]])
    response = answer_preflight(request, Preflight(api(Cors(allowed)), (), "/"))
    assert (response.status, dict(response.headers).get("Access-Control-Allow-Origin")) == (204, answer)


def test_a_preflight_says_all_that_is_set_and_nothing_else(make_request: Callable[..., Request]) -> None:
    cors = Cors(("*",), ("GET", "PUT"), ("X-A", "X-B"), ("X-C",), allow_credentials=True, max_age=0)
    request = make_request("OPTIONS", "/", [["Host", "h"], ["Origin", "https://a.example"]])
    assert answer_preflight(request, Preflight(api(cors), (), "/")).headers == (
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "GET,PUT"),
        ("Access-Control-Allow-Headers", "X-A,X-B"),
        ("Access-Control-Max-Age", "0"),
    )


OWN: Headers = (("Content-Type", "text/html"), ("access-control-allow-origin", "https://mine.example"))


def test_without_cors_the_functions_headers_stay() -> None:
    assert add_api_cors(api(None), "https://a.example", OWN) == OWN


def test_in_a_rest_api_the_functions_headers_stay() -> None:
    assert add_api_cors(api(Cors(("*",)), REST), "https://a.example", OWN) == OWN


def test_in_an_http_api_they_are_replaced_or_dropped() -> None:
    assert add_api_cors(api(Cors(("*",))), "https://a.example", OWN) == (OWN[0], ("Access-Control-Allow-Origin", "*"))
    assert add_api_cors(api(Cors(("*",))), None, OWN) == OWN[:1]
    assert add_api_cors(api(Cors(("https://b.example",))), "https://a.example", OWN) == OWN[:1]
