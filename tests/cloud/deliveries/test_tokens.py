"""Tokens of OAuth connections: what is asked for, and when.

Sources: RFC 6749, 2.3.1, 4.4 and 5.1; EventBridge user guide, "Authorization methods for connections".
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import SplitResult, parse_qsl

import pytest

from esb_cloud.deliveries.http_client import HttpAnswer, HttpFailure
from esb_cloud.deliveries.tokens import NoToken, Tokens, token_request

OAUTH: dict[str, Any] = {
    "AuthorizationEndpoint": "https://login.example.com/token?v=2",
    "HttpMethod": "POST",
    "ClientParameters": {"ClientID": "esb", "ClientSecret": "s3cr3t/&"},
}
AUTHORIZATION = {"HeaderParameters": [{"Key": "authorization", "Value": "Basic x"}]}
MORE = {
    "HeaderParameters": [{"Key": "X-Tenant", "Value": "a"}],
    "QueryStringParameters": [{"Key": "q", "Value": "a b"}],
    "BodyParameters": [{"Key": "grant_type", "Value": "other"}, {"Key": "audience", "Value": "crm"}],
}


class Server:
    """Gives `answers` one after the other, and counts."""

    def __init__(self, *answers: HttpAnswer | HttpFailure) -> None:
        self.answers, self.requests = list(answers), 0

    async def __call__(self, _m: str, _u: SplitResult, _h: dict[str, str], _b: bytes, _s: float) -> HttpAnswer:
        self.requests += 1
        await asyncio.sleep(0)
        answer = self.answers.pop(0)
        if isinstance(answer, HttpFailure):
            raise answer
        return answer


def answer(token: Any, **more: Any) -> HttpAnswer:
    return HttpAnswer(200, json.dumps({"access_token": token, **more}).encode())


def test_a_post_has_the_credentials_in_a_form() -> None:
    method, url, headers, body = token_request(OAUTH)
    assert (method, url.geturl()) == ("POST", "https://login.example.com/token?v=2")
    assert headers["Host"] == "login.example.com"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded; charset=utf-8"
    form = [("grant_type", "client_credentials"), ("client_id", "esb"), ("client_secret", "s3cr3t/&")]
    assert parse_qsl(body.decode()) == form


def test_a_get_has_them_in_the_query() -> None:
    _, url, headers, body = token_request({**OAUTH, "HttpMethod": "GET"})
    assert body == b""
    assert "Content-Type" not in headers
    assert url.query == "v=2&grant_type=client_credentials&client_id=esb&client_secret=s3cr3t%2F%26"


def test_parameters_of_the_connection_win() -> None:
    _, url, headers, body = token_request({**OAUTH, "OAuthHttpParameters": MORE})
    assert (url.query, headers["X-Tenant"]) == ("v=2&q=a+b", "a")
    assert dict(parse_qsl(body.decode())) == {
        "grant_type": "other",
        "client_id": "esb",
        "client_secret": "s3cr3t/&",
        "audience": "crm",
    }


def test_a_header_authorization_replaces_the_credentials_in_the_form() -> None:
    _, _, headers, body = token_request({**OAUTH, "OAuthHttpParameters": AUTHORIZATION})
    assert (headers["authorization"], body) == ("Basic x", b"grant_type=client_credentials")


def test_a_token_is_kept_until_a_minute_before_its_end() -> None:
    now, server = [0.0], Server(answer("one", expires_in=100), answer("two"), answer("three"))
    tokens = Tokens(server, lambda: now[0])

    async def at(seconds: float) -> str:
        now[0] = seconds
        return await tokens.get("c", OAUTH)

    async def run() -> list[str]:
        return [await at(0), await at(40), await at(41), await at(3580), await at(3582)]

    assert asyncio.run(run()) == ["one", "one", "two", "two", "three"]


def test_one_request_serves_all_who_wait() -> None:
    server = Server(answer("one"))
    tokens = Tokens(server)

    async def run() -> list[str]:
        return list(await asyncio.gather(*(tokens.get("c", OAUTH) for _ in range(5))))

    assert (asyncio.run(run()), server.requests) == (["one"] * 5, 1)


def test_a_request_that_fails_fails_for_all_who_wait() -> None:
    """Else each of them would wait for its own time-out, one after the other."""
    server = Server(HttpFailure("no response within 5 s"), answer("one"))
    tokens = Tokens(server)

    async def run() -> list[str | BaseException]:
        return await asyncio.gather(*(tokens.get("c", OAUTH) for _ in range(5)), return_exceptions=True)

    assert [type(each) for each in asyncio.run(run())] == [NoToken] * 5
    assert server.requests == 1
    assert asyncio.run(tokens.get("c", OAUTH)) == "one"


def test_one_who_gives_up_leaves_the_others_their_token() -> None:
    tokens = Tokens(Server(answer("one")))

    async def run() -> str:
        first, other = (asyncio.create_task(tokens.get("c", OAUTH)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        return await other

    assert asyncio.run(run()) == "one"


def test_tokens_of_connections_that_are_gone_and_those_that_have_ended_are_forgotten() -> None:
    now, server = [0.0], Server(*(answer("x", expires_in=100) for _ in range(3)))
    tokens = Tokens(server, lambda: now[0])
    asyncio.run(tokens.get("a", OAUTH))
    asyncio.run(tokens.get("b", OAUTH))
    tokens.drop("b")
    assert tokens._known.keys() == {"a"}
    now[0] = 200
    asyncio.run(tokens.get("c", OAUTH))
    assert tokens._known.keys() == {"c"}


def test_what_cannot_be_sent_is_no_token() -> None:
    broken = {**OAUTH, "OAuthHttpParameters": {"HeaderParameters": [{"Key": "X", "Value": "a\nb"}]}}
    with pytest.raises(NoToken, match="cannot be asked: a header or the URL contains a line break"):
        asyncio.run(Tokens().get("c", broken))


def test_another_token_after_a_refusal_and_after_a_change_of_the_connection() -> None:
    tokens = Tokens(Server(answer("one"), answer("two"), answer("three")))
    changed = {**OAUTH, "ClientParameters": {"ClientID": "esb", "ClientSecret": "new"}}

    async def run() -> list[str]:
        first = await tokens.get("c", OAUTH)
        tokens.forget("c", first)
        tokens.forget("c", "of before")
        second = await tokens.get("c", OAUTH)
        tokens.forget("c", first)
        return [first, second, await tokens.get("c", OAUTH), await tokens.get("c", changed)]

    assert asyncio.run(run()) == ["one", "two", "two", "three"]


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (HttpAnswer(401, b"s3cr3t"), "the authorization endpoint answered 401"),
        (HttpFailure("no route"), "the authorization endpoint does not answer: no route"),
        (HttpAnswer(200, b"<html>"), "the response of the authorization endpoint has no access_token"),
        (HttpAnswer(200, b"[]"), "the response of the authorization endpoint has no access_token"),
        (answer("x", expires_in="soon"), "the response of the authorization endpoint has no access_token"),
        (answer("a\nb"), "the access_token of the authorization endpoint cannot stand in a header"),
        (answer(5), "the access_token of the authorization endpoint cannot stand in a header"),
        (answer(""), "the access_token of the authorization endpoint cannot stand in a header"),
    ],
)
def test_no_token(response: HttpAnswer | HttpFailure, expected: str) -> None:
    with pytest.raises(NoToken) as caught:
        asyncio.run(Tokens(Server(response)).get("c", OAUTH))
    assert str(caught.value) == expected
