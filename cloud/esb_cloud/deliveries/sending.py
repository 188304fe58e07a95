"""From a row to a request, and from its response to an outcome."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Coroutine, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import SplitResult, quote, unquote, urlsplit

from esb_cloud.aws.stack import Stack
from esb_cloud.deliveries.connections import authorized, without_secrets
from esb_cloud.deliveries.http_client import HttpAnswer, HttpFailure, UnsendableRequest, send
from esb_cloud.deliveries.tokens import NoToken, Tokens
from esb_cloud.sql.tables.deliveries import Delivery
from esb_wire.http.messages import Request
from esb_wire.sigv4 import Credentials, sign

AUTHORIZE: Final = "authorize"  # in a request that is only about a connection's token
HTTP_SECONDS: Final = 15.0  # SNS developer guide: how long an endpoint may take
_LAMBDA_SECONDS: Final = 30.0
_TOKEN_REFUSED: Final = ("HTTP_401", "HTTP_407")
_RETRIED: Final = frozenset({401, 403, 407, 408, 409, 429})  # besides 5xx, where `request` does not say otherwise


class Verdict(Enum):
    """The result of a delivery."""

    ARRIVED = "arrived"
    RETRY = "retry"
    REFUSED = "refused"  # another try would not change anything


class Outcome(NamedTuple):
    """How a try ended; `code` and `message` are those of the error. `authorized`: whether the OAuth connection has a
    token, None if that was no question.
    """

    verdict: Verdict
    code: str = ""
    message: str = ""
    authorized: bool | None = None


ARRIVED: Final = Outcome(Verdict.ARRIVED)
Send: TypeAlias = Callable[[Delivery], Coroutine[Any, Any, Outcome]]


def sender(stack: Stack, wall: Callable[[], float] = time.time) -> Send:
    """A function that sends deliveries. `wall` is in seconds since 1970: signatures carry the time."""
    tokens = Tokens()

    async def send_delivery(delivery: Delivery) -> Outcome:
        request = delivery.request
        try:
            if "function" in request:
                return await _invoke(stack, request, delivery.body.encode(), wall())
            if "connection" in request:
                return await _post_authorized(request, delivery.body, tokens)
            return await _post(request, delivery.body)
        except HttpFailure as error:
            return Outcome(Verdict.RETRY, "CONNECTION_FAILURE", str(error))
        except UnsendableRequest as error:
            return Outcome(Verdict.REFUSED, "INVALID_HTTP_REQUEST", str(error))
        except ValueError as error:
            return Outcome(Verdict.REFUSED, "INVALID_URL", str(error))

    return send_delivery


async def _invoke(stack: Stack, delivery: Mapping[str, Any], event: bytes, now: float) -> Outcome:
    """Invoke a function asynchronously, within the trace that the event comes from: 202 says that it is durable on the
    other side.
    """
    if not stack.lambda_endpoint:
        return Outcome(
            Verdict.REFUSED, "NO_PERMISSIONS", "This server knows of no functions: LAMBDA_ENDPOINT is not set."
        )
    path = f"/2015-03-31/functions/{quote(delivery['function'], safe='')}/invocations"
    url = urlsplit(stack.lambda_endpoint.rstrip("/") + path)
    headers = {"Host": url.netloc, "Content-Type": "application/json", "X-Amz-Invocation-Type": "Event"}
    trace = delivery.get("trace", "")
    if trace.isascii() and trace.isprintable() and trace:  # an event's TraceHeader may be any text
        headers["X-Amzn-Trace-Id"] = trace
    lowered = {name.lower(): value for name, value in headers.items()}
    request = Request("POST", url.path, "", tuple(headers.items()), lowered, event, "")
    credentials = Credentials(stack.access_key, stack.secret_key)
    answer = await send("POST", url, {**headers, **sign(request, credentials, now)}, event, _LAMBDA_SECONDS)
    return _judge(answer, frozenset({403, 408, 429}))


async def _post_authorized(request: Mapping[str, Any], body: str, tokens: Tokens) -> Outcome:
    """As `_post`, with the credentials of the connection; what comes back shows none of them."""
    auth, connection = request.get("auth"), request["connection"]
    if auth is None:
        tokens.drop(connection)
        return Outcome(Verdict.REFUSED, "NO_RESOURCE", f"The connection {connection} does not exist.")
    token, is_oauth = "", "OAuthParameters" in auth
    if is_oauth:
        try:
            token = await tokens.get(connection, auth["OAuthParameters"])
        except NoToken as error:
            return Outcome(Verdict.RETRY, "NO_PERMISSIONS", str(error), authorized=False)
    if AUTHORIZE in request:
        return ARRIVED._replace(authorized=True)
    try:
        outcome = await _post(*authorized(request, body, auth, token))
    except HttpFailure as error:
        outcome = Outcome(Verdict.RETRY, "CONNECTION_FAILURE", str(error))
    if is_oauth and outcome.code in _TOKEN_REFUSED:
        tokens.forget(connection, token)
    hidden = without_secrets(outcome.message, auth, token)
    return outcome._replace(message=hidden, authorized=True if is_oauth else None)


async def _post(request: Mapping[str, Any], body: str) -> Outcome:
    url = urlsplit(request["url"])
    headers = {"Host": url.netloc.rpartition("@")[2], **_basic(url), **request["headers"]}
    seconds = request.get("seconds", HTTP_SECONDS)
    content = b"" if request.get("without_body") else body.encode()
    answer = await send(request.get("method", "POST"), url, headers, content, seconds)
    return _judge(answer, frozenset(request.get("retried", _RETRIED)))


def _basic(url: SplitResult) -> dict[str, str]:
    """The credentials of a URL (RFC 7617)."""
    if url.username is None:
        return {}
    pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"}


def _judge(answer: HttpAnswer, retried: frozenset[int]) -> Outcome:
    status = answer.status
    if 200 <= status < 300:
        return ARRIVED
    verdict = Verdict.RETRY if status >= 500 or status in retried else Verdict.REFUSED
    return Outcome(verdict, f"HTTP_{status}", answer.body[:1000].decode("utf-8", "replace"))
