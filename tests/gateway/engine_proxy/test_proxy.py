"""What passes to an engine that checks nothing: signed requests, and of websites only those that are allowed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from esb_gateway.engine_proxy.proxy import MAX_BODY, EngineProxy
from esb_gateway.telemetry.counts import RequestCounts
from esb_wire.http.client import UnreachableError
from esb_wire.http.limits import SMALL_BODY
from esb_wire.http.messages import Headers, Request, Response
from esb_wire.sigv4 import Credentials, Verifier, sign
from tests.gateway.fakes import ACCESS_KEY, NOW, SECRET_KEY, build_request

TARGET = {"Host": "127.0.0.1:8000", "X-Amz-Target": "DynamoDB_20120810.ListTables"}
ALLOWED = "https://admin.example"
CREDENTIALS = Credentials(ACCESS_KEY, SECRET_KEY)


class FakeEngine:
    """Answers everybody, and lets every website read the answer, as dynoxide does."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str, Headers, bytes]] = []
        self.is_down = False

    async def send(self, method: str, target: str, headers: Headers, body: bytes) -> Response:
        if self.is_down:
            raise UnreachableError("Connection refused")
        self.received.append((method, target, headers, body))
        answer = ("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-requestid", "r1")
        return Response(200, (*answer, ("access-control-allow-origin", "*"), ("Connection", "x")), b'{"TableNames":[]}')


class Harness:
    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.counts = RequestCounts()
        self.logged: list[object] = []
        self.proxy = EngineProxy(
            service="dynamodb",
            label="DynamoDB",
            host="database:8000",
            client=self.engine,
            access_key=ACCESS_KEY,
            verify=Verifier(CREDENTIALS, lambda: NOW, service="dynamodb"),
            origins={ALLOWED},
            counts=self.counts,
            log=lambda *line: self.logged.append(line),
        )

    def ask(self, request: Request) -> Response:
        async def run() -> Response:
            answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
            self.proxy.handle(request, answered.set_result)
            try:
                return await answered
            finally:
                await self.proxy.close()

        return asyncio.run(run())


@pytest.fixture
def harness() -> Harness:
    return Harness()


def pairs(headers: dict[str, str]) -> list[list[str]]:
    return [[name, value] for name, value in headers.items()]


def unsigned(method: str = "POST", body: bytes = b"{}", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return build_request(method, "/", headers=pairs({**TARGET, **named}), body=body)


def signed(
    credentials: Credentials = CREDENTIALS, now: float = NOW, service: str = "dynamodb", origin: str | None = None
) -> Request:
    """Signed as `sign` does, which covers Host and date and no further header of Amazon's."""
    headers = {"Host": TARGET["Host"], **({} if origin is None else {"Origin": origin})}
    request = build_request("POST", "/", headers=pairs(headers), body=b"{}")
    return build_request(
        "POST", "/", headers=pairs({**headers, **sign(request, credentials, now, service)}), body=b"{}"
    )


def code(response: Response) -> str:
    return f"{response.status} {json.loads(response.body)['__type']}"


def test_a_signed_request_reaches_the_engine(harness: Harness) -> None:
    response = harness.ask(signed())

    assert (response.status, response.body) == (200, b'{"TableNames":[]}')
    ((method, target, headers, body),) = harness.engine.received
    assert (method, target, body) == ("POST", "/", b"{}")
    assert headers[0] == ("Host", "database:8000")
    assert [name.lower() for name, _ in headers].count("host") == 1
    assert harness.counts.engines == {("dynamodb", 200): 1}


def test_the_engine_s_own_cors_and_connection_stay_behind(harness: Harness) -> None:
    assert harness.ask(signed()).headers == (
        ("Content-Type", "application/x-amz-json-1.0"),
        ("x-amzn-requestid", "r1"),
    )


def wrong_signature() -> Request:
    return signed(Credentials(ACCESS_KEY, "wrong"))


def rebound() -> Request:
    """Signed for another host: as a page would send it whose name leads to this machine."""
    request = signed()
    headers = {**dict(request.headers), "Host": "rebound.example:8000"}
    return build_request("POST", "/", headers=pairs(headers), body=request.body)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (unsigned, "403 MissingAuthenticationTokenException"),
        (lambda: unsigned("GET", b""), "403 MissingAuthenticationTokenException"),
        (lambda: unsigned(Host="rebound.example"), "403 MissingAuthenticationTokenException"),
        (wrong_signature, "403 InvalidSignatureException"),
        (lambda: signed(Credentials("SOMEBODY", SECRET_KEY)), "403 UnrecognizedClientException"),
        (lambda: signed(service="lambda"), "403 InvalidSignatureException"),
        (lambda: signed(now=NOW - 3600), "403 InvalidSignatureException"),
        (rebound, "403 InvalidSignatureException"),
        (lambda: signed(origin="https://elsewhere.example"), "403 AccessDeniedException"),
        (lambda: signed(origin="null"), "403 AccessDeniedException"),
        (lambda: unsigned(origin=ALLOWED), "403 MissingAuthenticationTokenException"),
        (lambda: unsigned()._replace(too_large=True), "413 RequestEntityTooLarge"),
    ],
)
def test_nothing_else_reaches_it(harness: Harness, make: Callable[[], Request], expected: str) -> None:
    response = harness.ask(make())

    assert code(response) == expected
    assert harness.engine.received == []
    assert not any(name.lower().startswith("access-control-") for name, _ in response.headers)


def test_a_website_that_is_allowed_may_read_the_answer(harness: Harness) -> None:
    headers = dict(harness.ask(signed(origin=ALLOWED)).headers)

    assert headers["Access-Control-Allow-Origin"] == ALLOWED
    assert headers["Vary"] == "Origin"


def preflight(origin: str) -> Request:
    return unsigned(
        "OPTIONS",
        b"",
        Origin=origin,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization,x-amz-target",
    )


def test_only_a_website_that_is_allowed_may_ask_what_it_may_send(harness: Harness) -> None:
    response = harness.ask(preflight(ALLOWED))

    assert response.status == 204
    assert dict(response.headers)["Access-Control-Allow-Headers"] == "authorization,x-amz-target"
    assert code(harness.ask(preflight("https://elsewhere.example"))) == "403 AccessDeniedException"
    assert harness.engine.received == []


def test_an_engine_that_does_not_answer_is_an_error_that_sdks_try_again(harness: Harness) -> None:
    harness.engine.is_down = True
    response = harness.ask(signed())

    assert code(response) == "500 InternalServerError"
    assert json.loads(response.body)["message"] == "DynamoDB at database:8000 does not answer: Connection refused."


def test_only_who_names_the_access_key_may_send_much(harness: Harness) -> None:
    assert harness.proxy.body_limit(unsigned()) == SMALL_BODY
    assert harness.proxy.body_limit(signed()) == MAX_BODY
