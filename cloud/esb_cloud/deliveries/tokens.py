"""Access tokens of connections that authorize by OAuth.

RFC 6749, 4.4 (client credentials). EventBridge user guide, "Authorization methods for connections": a token is asked
for anew when it is about to expire, and after a response 401 or 407.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from esb_cloud.deliveries.http_client import HttpAnswer, HttpFailure, UnsendableRequest, send

SECONDS: Final = 5.0  # that an authorization endpoint may take
_AHEAD: Final = 60.0  # seconds before its end from which on a token is not used any more
_DEFAULT_LIFE: Final = 3600.0  # seconds of a token whose response does not say

SendRequest: TypeAlias = Callable[[str, SplitResult, dict[str, str], bytes, float], Awaitable[HttpAnswer]]


class NoToken(Exception):
    """There is no token. The text says why; it never has a part of what the endpoint answered."""


class _Token(NamedTuple):
    """`until` is the end of its life, by the clock of `Tokens`. `oauth` is what it was asked for with."""

    value: str
    until: float
    oauth: Mapping[str, Any]


class Tokens:
    """The tokens of this process, by connection. All who need one meanwhile share a request, and how it ends."""

    def __init__(self, send_request: SendRequest = send, clock: Callable[[], float] = time.monotonic) -> None:
        self._send = send_request
        self._clock = clock
        self._known: dict[str, _Token] = {}
        self._asked: dict[str, tuple[Mapping[str, Any], asyncio.Task[_Token]]] = {}

    async def get(self, connection: str, oauth: Mapping[str, Any]) -> str:
        """A token by the `OAuthParameters` of a connection. Raises NoToken."""
        known = self._known.get(connection)
        if known is not None and known.oauth == oauth and self._clock() <= known.until - _AHEAD:
            return known.value
        asked_with, task = self._asked.get(connection, (None, None))
        if task is None or asked_with != oauth:
            task = asyncio.create_task(self._renew(connection, oauth))
            self._asked[connection] = oauth, task
        return (await asyncio.shield(task)).value  # one who is cancelled leaves the others their token

    def forget(self, connection: str, value: str) -> None:
        """The token was refused: ask for another one."""
        known = self._known.get(connection)
        if known is not None and known.value == value:
            del self._known[connection]

    def drop(self, connection: str) -> None:
        """The connection is gone, and so is its token."""
        self._known.pop(connection, None)

    async def _renew(self, connection: str, oauth: Mapping[str, Any]) -> _Token:
        try:
            token = await self._ask(oauth)
        finally:
            if self._asked.get(connection, (None, None))[1] is asyncio.current_task():
                del self._asked[connection]
        now = self._clock()
        self._known = {name: each for name, each in self._known.items() if now <= each.until}
        self._known[connection] = token
        return token

    async def _ask(self, oauth: Mapping[str, Any]) -> _Token:
        method, url, headers, body = token_request(oauth)
        try:
            answer = await self._send(method, url, headers, body, SECONDS)
        except HttpFailure as error:
            raise NoToken(f"the authorization endpoint does not answer: {error}") from None
        except UnsendableRequest as error:
            raise NoToken(f"the authorization endpoint cannot be asked: {error}") from None
        if not 200 <= answer.status < 300:
            raise NoToken(f"the authorization endpoint answered {answer.status}")
        value, life = _token_in(answer.body)
        return _Token(value, self._clock() + life, oauth)


def token_request(oauth: Mapping[str, Any]) -> tuple[str, SplitResult, dict[str, str], bytes]:
    """Method, URL, headers and body of the request for a token.

    The client's credentials are parameters of the form (RFC 6749, 2.3.1), unless the connection has a header
    Authorization. A GET has the form in its query.
    """
    more = oauth.get("OAuthHttpParameters", {})
    given = dict(_pairs(more.get("HeaderParameters", ())))
    form = {"grant_type": "client_credentials"}
    if "authorization" not in map(str.lower, given):
        client = oauth["ClientParameters"]
        form |= {"client_id": client["ClientID"], "client_secret": client["ClientSecret"]}
    form |= dict(_pairs(more.get("BodyParameters", ())))
    url, method = urlsplit(oauth["AuthorizationEndpoint"]), oauth["HttpMethod"]
    query = [url.query, urlencode(_pairs(more.get("QueryStringParameters", ())))]
    body = b"" if method == "GET" else urlencode(form).encode()
    if method == "GET":
        query.append(urlencode(form))
    headers = {
        "Host": url.netloc.rpartition("@")[2],
        "Accept": "application/json",
        "User-Agent": "Amazon/EventBridge/ApiDestinations",
        **({} if method == "GET" else {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}),
        **given,
    }
    return method, urlsplit(urlunsplit(url._replace(query="&".join(filter(None, query))))), headers, body


def _pairs(parameters: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(one["Key"], one.get("Value", "")) for one in parameters]


def _token_in(body: bytes) -> tuple[str, float]:
    """The token of a response (RFC 6749, 5.1), and its life in seconds."""
    try:
        answer = json.loads(body)
        value, life = answer["access_token"], float(answer.get("expires_in", _DEFAULT_LIFE))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NoToken("the response of the authorization endpoint has no access_token") from None
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise NoToken("the access_token of the authorization endpoint cannot stand in a header")
    return value, life
