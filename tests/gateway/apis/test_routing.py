"""Which route answers: API Gateway's rules, for both types of API."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esb_gateway.apis.api import Api, Route
from esb_gateway.apis.api_types import HTTP, REST
from esb_gateway.apis.routing import Match, NotFound, Preflight, Router
from esb_gateway.integrations.lambda_proxy import LambdaProxy
from esb_schemas.contract import Cors
from tests.steps import steps_of

LEGACY = Api("Legacy", REST, "Prod")
SHOP = Api("Shop", HTTP)


def router(*keys: str, api: Api = SHOP) -> Router:
    return Router([api], [route(key, api) for key in keys])


def route(key: str, api: Api) -> Route:
    method, _, path = key.partition(" ")
    return leads_to(key, api, method if path else "ANY", path or key)


def leads_to(function: str, api: Api, method: str, path: str) -> Route:
    return Route(api, method, path, "2.0", 30, LambdaProxy(function, "arn"))


def answered(found: object) -> Any:
    """The key and the parameters of a match, or what else came out."""
    if isinstance(found, Match):
        assert isinstance(found.route.integration, LambdaProxy)
        return found.route.integration.function, dict(found.path_parameters)
    return found


PETS = ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default")


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1", {}),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        ("POST", "/test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        ("POST", "/pets/dog/1", "ANY /{proxy+}", {"proxy": "pets/dog/1"}),
        ("GET", "/", "$default", {}),
    ],
)
def test_the_best_match_of_awss_example(method: str, path: str, key: str, parameters: dict[str, str]) -> None:
    assert answered(router(*PETS).match(method, path)) == (key, parameters)


@pytest.mark.parametrize("api", [SHOP, LEGACY], ids=["HTTP", "REST"])
@pytest.mark.parametrize(
    ("keys", "path", "expected"),
    [
        (["GET /a/{x}", "GET /a/b"], "/a/b", ("GET /a/b", {})),
        (["GET /a/{p+}", "GET /a/{x}"], "/a/b", ("GET /a/{x}", {"x": "b"})),
        (["GET /a/{p+}", "GET /a/{x}"], "/a/b/c", ("GET /a/{p+}", {"p": "b/c"})),
        (["GET /a/b/c", "GET /a/{x}/d"], "/a/b/d", ("GET /a/{x}/d", {"x": "b"})),
        (["GET /{x}/{y}/{z}"], "/1/2/3", ("GET /{x}/{y}/{z}", {"x": "1", "y": "2", "z": "3"})),
        (["GET /a b"], "/a%20b", ("GET /a b", {})),
        (["ANY /a", "GET /a"], "/a", ("GET /a", {})),
    ],
)
def test_static_before_parameter_before_greedy(
    api: Api, keys: list[str], path: str, expected: tuple[str, dict[str, str]]
) -> None:
    assert answered(router(*keys, api=api).match("GET", path)) == expected
    assert answered(router(*reversed(keys), api=api).match("GET", path)) == expected


@pytest.mark.parametrize("path", ["/a", "/a/", "/A/b", "/a//b/c", "/b", "//a/b/c"])
def test_what_a_greedy_route_does_not_take(path: str) -> None:
    assert router("GET /a/{p+}").match("GET", path) == NotFound(SHOP)


def test_an_empty_segment_is_no_parameter() -> None:
    assert router("GET /a/{x}/b").match("GET", "/a//b") == NotFound(SHOP)


def test_a_trailing_slash_counts_in_an_http_api_only() -> None:
    assert router("GET /a").match("GET", "/a/") == NotFound(SHOP)
    assert answered(router("GET /a", api=LEGACY).match("GET", "/a/")) == ("GET /a", {})
    assert answered(router("GET /{x}", api=LEGACY).match("GET", "/b/")) == ("GET /{x}", {"x": "b"})


@pytest.mark.parametrize("api", [SHOP, LEGACY], ids=["HTTP", "REST"])
def test_a_less_specific_route_answers_if_it_has_the_method(api: Api) -> None:
    keys = ("GET /a", "ANY /{p+}")
    assert answered(router(*keys, api=api).match("POST", "/a")) == ("ANY /{p+}", {"p": "a"})
    orders = router("POST /orders", "OPTIONS /{proxy+}", api=api)
    assert answered(orders.match("OPTIONS", "/orders")) == ("OPTIONS /{proxy+}", {"proxy": "orders"})
    assert orders.match("GET", "/orders") == NotFound(api)


@pytest.mark.parametrize("api", [SHOP, LEGACY], ids=["HTTP", "REST"])
def test_head_needs_a_route_of_its_own(api: Api) -> None:
    assert router("GET /a", api=api).match("HEAD", "/a") == NotFound(api)
    assert answered(router("GET /a", "HEAD /a", api=api).match("HEAD", "/a")) == ("HEAD /a", {})
    assert answered(router("ANY /a", api=api).match("HEAD", "/a")) == ("ANY /a", {})


def test_the_first_of_two_equal_routes_answers() -> None:
    first, second = leads_to("first", SHOP, "GET", "/a"), leads_to("second", SHOP, "GET", "/a")
    assert answered(Router([SHOP], [first, second]).match("GET", "/a")) == ("first", {})


def test_parameters_at_one_place_may_have_different_names() -> None:
    both = router("GET /u/{user}/a", "GET /u/{id}/b")
    assert answered(both.match("GET", "/u/7/b")) == ("GET /u/{id}/b", {"id": "7"})
    assert answered(both.match("GET", "/u/7/a")) == ("GET /u/{user}/a", {"user": "7"})


@pytest.mark.parametrize(
    ("key", "path", "http", "rest"),
    [
        ("GET /{x}", "/my-id%2F100", "my-id/100", "my-id%2F100"),
        ("GET /{x}", "/a+b%2B", "a+b+", "a+b%2B"),
        ("GET /{x+}", "/%40/test%2Balias", "@/test+alias", "%40/test%2Balias"),
    ],
)
def test_an_http_api_decodes_parameters_and_a_rest_api_does_not(key: str, path: str, http: str, rest: str) -> None:
    assert answered(router(key).match("GET", path)) == (key, {"x": http})
    assert answered(router(key, api=LEGACY).match("GET", path)) == (key, {"x": rest})


@pytest.mark.parametrize(
    ("path", "key", "parameters", "full_path"),
    [
        ("/Prod/hardcoded", "GET /hardcoded", {}, ""),
        ("/Prod//hardcoded", "GET /hardcoded", {}, "//hardcoded"),
        ("//Prod/hardcoded", "GET /hardcoded", {}, ""),
        ("//hardcoded", "GET /hardcoded", {}, "//hardcoded"),
        ("/Prod/other", "GET /{proxy+}", {"proxy": "other"}, ""),
        ("/Prod/static/x", "GET /Prod/static/{x}", {"x": "x"}, ""),
        ("/Produce", "GET /{proxy+}", {"proxy": "Produce"}, ""),
    ],
)
def test_the_stage_comes_before_a_greedy_root(path: str, key: str, parameters: Any, full_path: str) -> None:
    table = router("GET /{proxy+}", "GET /hardcoded", "GET /Prod/static/{x}", api=LEGACY)
    found = table.match("GET", path)
    assert answered(found) == (key, parameters)
    assert isinstance(found, Match)
    assert found.full_path == full_path


def test_a_path_may_start_with_the_stage() -> None:
    found = router("GET /a/{x}", api=LEGACY).match("GET", "/Prod/a/1")
    assert isinstance(found, Match)
    assert (found.path, dict(found.path_parameters)) == ("/a/1", {"x": "1"})


class TestSeveralApis:
    apis = (SHOP, LEGACY)

    def two(self, *extra: Route) -> Router:
        mine = [route(f"GET /{name}", api) for api, name in ((SHOP, "shop"), (LEGACY, "legacy"))]
        same = [leads_to(api.id, api, "GET", "/same") for api in self.apis]
        return Router(self.apis, [*mine, *same, *extra])

    def test_the_host_chooses(self) -> None:
        assert answered(self.two().match("GET", "/same", "Legacy.localhost")) == ("Legacy", {})
        assert answered(self.two().match("GET", "/same", "shop.localhost")) == ("Shop", {})
        assert self.two().match("GET", "/shop", "legacy.localhost") == NotFound(LEGACY)

    @pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "shop", "other.example"])
    def test_every_other_host_asks_all_of_them_in_order(self, host: str) -> None:
        assert answered(self.two().match("GET", "/same", host)) == ("Shop", {})
        assert answered(self.two().match("GET", "/legacy", host)) == ("GET /legacy", {})
        assert self.two().match("GET", "/nowhere", host) == NotFound(SHOP)

    def test_a_default_route_comes_after_the_routes_of_all_apis(self) -> None:
        table = self.two(leads_to("rest", SHOP, "ANY", "$default"))
        assert answered(table.match("GET", "/legacy")) == ("GET /legacy", {})
        assert answered(table.match("GET", "/nowhere")) == ("rest", {})

    def test_no_api_at_all(self) -> None:
        assert Router([], []).match("GET", "/") == NotFound(Api(""))


class TestPreflight:
    rest = Api("Legacy", REST, "Prod", cors=Cors(("*",)))
    http = Api("Shop", HTTP, cors=Cors(("*",)))

    def test_a_rest_api_with_cors_has_an_options_method_on_each_path(self) -> None:
        table = router("GET /a/{x}", "POST /a/{x}", api=self.rest)
        assert table.match("OPTIONS", "/a/1") == Preflight(self.rest, ("GET", "OPTIONS", "POST"), "/a/1")
        assert table.match("OPTIONS", "/b") == NotFound(self.rest)

    def test_any_stands_for_every_method(self) -> None:
        found = router("ANY /a", api=self.rest).match("OPTIONS", "/a")
        assert found == Preflight(self.rest, ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"), "/a")

    def test_an_options_route_of_a_rest_api_is_the_functions(self) -> None:
        assert answered(router("OPTIONS /a", api=self.rest).match("OPTIONS", "/a")) == ("OPTIONS /a", {})

    def test_an_http_api_answers_preflights_itself(self) -> None:
        table = router("GET /a", "OPTIONS /a", api=self.http)
        assert table.match("OPTIONS", "/a", preflight_for="GET") == Preflight(self.http, (), "/a")
        assert table.match("OPTIONS", "/unknown", preflight_for="GET") == Preflight(self.http, (), "/unknown")
        assert answered(table.match("OPTIONS", "/a")) == ("OPTIONS /a", {})

    def test_without_cors_an_options_request_is_any_request(self) -> None:
        assert answered(router("ANY /a", api=LEGACY).match("OPTIONS", "/a")) == ("ANY /a", {})
        assert answered(router("ANY /a").match("OPTIONS", "/a", preflight_for="GET")) == ("ANY /a", {})


def test_2000_routes_take_the_work_of_20() -> None:
    def steps_for(count: int) -> int:
        table = router(*(f"GET /service-{n}/items/{{id}}/parts/{{part}}" for n in range(count)))
        paths = [f"/service-{random.randrange(count)}/items/7/parts/8" for _ in range(300)]
        found: list[object] = []
        steps = steps_of(lambda: found.extend(table.match("GET", path) for path in paths))
        assert all(isinstance(each, Match) for each in found)
        return steps

    assert steps_for(2000) < 2 * steps_for(20)


SEGMENTS = st.sampled_from(["a", "b", "{x}"])
PATHS = st.builds(
    lambda segments, greedy: "/" + "/".join([*segments, *greedy]),
    st.lists(SEGMENTS, max_size=3),
    st.sampled_from([[], ["{p+}"]]),
)


@given(
    st.lists(st.tuples(st.sampled_from(["GET", "ANY"]), PATHS), max_size=8),
    st.lists(st.sampled_from("abc"), max_size=4),
)
def test_the_tree_finds_what_trying_every_route_finds(keys: list[tuple[str, str]], segments: list[str]) -> None:
    path = "/" + "/".join(segments)
    candidates = [(rank(pattern, path), f"{method} {pattern}") for method, pattern in keys]
    fitting = [(ranks, 0 if key.startswith("GET") else 1, key) for ranks, key in candidates if ranks is not None]
    found = answered(router(*(f"{method} {pattern}" for method, pattern in keys)).match("GET", path))
    if fitting:
        assert found[0] == min(fitting)[2]
    else:
        assert found == NotFound(SHOP)


def rank(pattern: str, path: str) -> list[int] | None:
    """How specific the pattern is for the path, segment by segment; None when it does not fit."""
    wanted, given_segments = pattern[1:].split("/"), path[1:].split("/")
    greedy = wanted[-1] == "{p+}"
    if len(given_segments) < len(wanted) or (len(given_segments) > len(wanted) and not greedy):
        return None
    ranks = []
    for segment, value in zip(wanted, given_segments, strict=False):
        if (segment.startswith("{") and not value) or (not segment.startswith("{") and segment != value):
            return None
        ranks.append({"{x}": 1, "{p+}": 2}.get(segment, 0))
    return ranks
