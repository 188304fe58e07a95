"""Routes to another server."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

import pytest

from esb_gateway.apis.api import Api, Route
from esb_gateway.apis.api_call import ApiCall
from esb_gateway.apis.api_types import HTTP, REST, ApiType
from esb_gateway.apis.events import RequestContext
from esb_gateway.apis.routing import Match
from esb_gateway.forwarding.forwarder import Outgoing, ProxyError
from esb_gateway.integrations.http_proxy import HttpProxy, outgoing
from esb_gateway.pending_request import ErrorBoundary, PendingRequest
from esb_gateway.telemetry.telemetry import Telemetry
from esb_wire.http.limits import MAX_BODY
from esb_wire.http.messages import Request, Response, lower
from tests.gateway.integrations.routes import configuration


def request(target: str = "/a", **headers: str) -> Request:
    path, _, query = target.partition("?")
    pairs = tuple((name.replace("_", "-"), value) for name, value in {"Host": "shop.local:8080", **headers}.items())
    return Request("PATCH", path, query, pairs, lower(pairs), b"x", "192.0.2.1")


def sent(
    integration: HttpProxy,
    came: Request,
    path: str = "/a",
    api_type: ApiType = HTTP,
    parameters: Mapping[str, str] = MappingProxyType({}),
) -> Outgoing:
    """The request that is sent for a call of the route with this path."""
    route = Route(Api("Shop", api_type), "ANY", path, "1.0", 29, integration)
    pending = PendingRequest(came, lambda _: None, ErrorBoundary(lambda *_: None))
    context = RequestContext("123456789012", "", "", "Root=1;Parent=2;Sampled=0", 0.0, "aws")
    telemetry = Telemetry(lambda *_: None, lambda: 0.0)
    return outgoing(ApiCall(pending, Match(route, parameters, came.path), context, telemetry), integration)


class TestOutgoing:
    @pytest.mark.parametrize(
        ("uri", "parameters", "query", "url"),
        [
            ("http://x.example", {}, "", "http://x.example"),
            ("http://x.example/{id}", {"id": "a b/c?d"}, "", "http://x.example/a%20b%2Fc%3Fd"),
            ("http://x.example/{rest}", {"rest": "a b/c?d"}, "", "http://x.example/a%20b/c%3Fd"),
            ("http://x.example/{a}/{b}", {"a": "1", "b": "é"}, "q=%20&q=2", "http://x.example/1/%C3%A9?q=%20&q=2"),
            ("http://x.example/a?key=1", {}, "q", "http://x.example/a?key=1&q"),
        ],
    )
    def test_the_url_has_the_parameters_of_the_path_and_the_query(
        self, uri: str, parameters: dict[str, str], query: str, url: str
    ) -> None:
        assert sent(HttpProxy(uri), request(f"/a?{query}"), "/{rest+}", HTTP, parameters).url == url

    def test_parameters_of_a_rest_api_are_encoded_already(self) -> None:
        out = sent(HttpProxy("http://x.example/{id}"), request(), "/{id}", REST, {"id": "a%20b%2Fc"})
        assert out.url == "http://x.example/a%20b%2Fc"

    @pytest.mark.parametrize("api_type", [REST, HTTP])
    @pytest.mark.parametrize("value", ["..", "a/../../b", "./a", "a/.."])
    def test_a_path_stays_below_the_uri(self, value: str, api_type: ApiType) -> None:
        with pytest.raises(ProxyError):
            sent(HttpProxy("http://x.example/public/{proxy}"), request(), "/{proxy+}", api_type, {"proxy": value})

    def test_an_encoded_path_stays_below_the_uri(self) -> None:
        with pytest.raises(ProxyError):
            sent(HttpProxy("http://x.example/public/{proxy}"), request(), "/{proxy+}", REST, {"proxy": "a/%2e%2e/b"})

    def test_headers_are_forwarded_without_those_of_the_connection(self) -> None:
        came = request(
            X_Own="1",
            Connection="close, X-Hop",
            X_Hop="2",
            TE="trailers",
            X_Forwarded_For="198.51.100.7",
            X_Set="theirs",
        )
        out = sent(HttpProxy("http://x.example", headers=(("x-set", "ours"),)), came)
        assert dict(out.headers) == {
            "X-Own": "1",
            "X-Forwarded-For": "198.51.100.7, 192.0.2.1",
            "X-Forwarded-Host": "shop.local:8080",
            "X-Forwarded-Port": "8080",
            "X-Forwarded-Proto": "http",
            "X-Amzn-Trace-Id": "Root=1",
            "x-set": "ours",
        }

    def test_headers_of_a_rest_api(self) -> None:
        """As recorded on AWS: LocalStack's snapshot tests test_apigateway_header_remapping_http[HTTP_PROXY] and, for
        X-Forwarded-*, test_http_integration_with_lambda[HTTP_PROXY].
        """
        passed = {"Accept": "application/json", "Age": "1", "Date": "x", "Range": "bytes=1-2", "Warn": "299 x"}
        dropped = ("Content-Encoding", "Content-MD5", "Max-Forwards", "Proxy-Authenticate", "Server", "Via")
        came = request(**passed, **{name.replace("-", "_"): "x" for name in (*dropped, "WWW-Authenticate")})
        headers = dict(sent(HttpProxy("http://x.example"), came._replace(body=b""), api_type=REST).headers)
        own = {"X-Amzn-Apigateway-Api-Id": "Shop", "X-Amzn-Trace-Id": "Root=1", "Content-Length": "0"}
        forwarded = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Port": "8080", "X-Forwarded-Proto": "http"}
        assert headers == passed | own | forwarded

    @pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
    def test_the_length_of_the_body_cannot_be_mapped(self, name: str) -> None:
        """As recorded on AWS: LocalStack's snapshot test test_apigateway_header_remapping_http[HTTP_PROXY]."""
        with pytest.raises(ProxyError) as caught:
            sent(HttpProxy("http://x.example", headers=((name, "1"),)), request(), api_type=REST)
        assert caught.value.why.name == "INVALID_MAPPING"
        assert REST.failures[caught.value.why].response.status == 500

    def test_the_method_is_the_integrations_or_the_requests(self) -> None:
        assert sent(HttpProxy("http://x.example"), request()).method == "PATCH"
        assert sent(HttpProxy("http://x.example", "GET"), request()).method == "GET"


class Confused:
    """A forwarder that answers with what is no answer."""

    async def send(self, _: Outgoing) -> Any:
        return None

    async def close(self) -> None:
        raise NotImplementedError


def test_a_defect_when_the_other_server_has_answered(harness: Any, make_request: Callable[..., Request]) -> None:
    harness.open_forwarder = Confused
    target = {"type": "HTTP_PROXY", "uri": "http://x.example"}
    harness.configuration = configuration({"path": "/a", "method": "GET", "api": "Shop", "integration": target})
    (response,) = harness.ask(make_request("GET", "/a"))
    assert response.status == 500
    assert "AttributeError" in str(harness.lines)


class Upstream(BaseHTTPRequestHandler):
    """Tells what it was asked; some paths do something else."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        match self.path.partition("?")[0]:
            case "/up/hold":
                self.close_connection = True
                self.connection.recv(1)  # until the gateway gives up
            case "/up/moved":
                self.say(302, b"", Location="/elsewhere", Set_Cookie="a=1")
            case "/up/big":
                self.say(200, b"x" * (MAX_BODY + 1))
            case "/up/packed":
                self.say(200, b"\x1f\x8bnot really", Content_Encoding="gzip")
            case _:
                asked = {"method": self.command, "path": self.path, "size": len(body), "headers": dict(self.headers)}
                self.say(201, json.dumps(asked).encode(), X_Up="yes", Keep_Alive="timeout=5", Set_Cookie="a=1")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815 - http.server's

    def say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not in the tests' output."""


@pytest.fixture
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ask(harness: Any, running: Any, upstream: str) -> Iterator[Callable[..., tuple[Response, Any]]]:
    """Asks a gateway whose routes lead to the upstream."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    proxy = {"type": "HTTP_PROXY", "uri": f"{upstream}/up/{{proxy}}"}
    authorizers = {"Asks": {"type": "TOKEN", "function": "check", "identity_sources": ["$request.header.T"]}}
    harness.configuration = configuration(
        {"path": "/rest/{proxy+}", "method": "ANY", "api": "Shop", "integration": proxy},
        {"path": "/web/{proxy+}", "method": "ANY", "api": "Web", "integration": proxy},
        {"path": "/get", "method": "POST", "api": "Web", "integration": {**proxy, "uri": upstream, "method": "GET"}},
        {"path": "/none", "method": "GET", "api": "Shop", "integration": {**proxy, "uri": nobody}},
        {"path": "/nothing", "method": "GET", "api": "Web", "integration": {**proxy, "uri": nobody}},
        {
            "path": "/hold",
            "method": "GET",
            "api": "Shop",
            "timeout_in_millis": 50,
            "integration": {**proxy, "uri": f"{upstream}/up/hold"},
        },
        {
            "path": "/closed",
            "method": "GET",
            "api": "Shop",
            "authorizer": "Asks",
            "integration": {**proxy, "uri": upstream},
        },
        authorizers=authorizers,
    )

    def call(method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[Response, Any]:
        connection = http.client.HTTPConnection(host, port, timeout=20)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            came = connection.getresponse()
            content = came.read()
            response = Response(came.status, tuple(came.getheaders()), content)
            return response, json.loads(content) if content[:1] == b"{" else None
        finally:
            connection.close()

    with running(harness) as (host, port):
        yield call


@pytest.mark.server
class TestHttpProxy:
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_a_request_arrives_as_it_was_sent(self, ask: Any, upstream: str, method: str) -> None:
        response, asked = ask(method, "/rest/a%20b/c?q=1&q=%2F", b"hello", X_Own="1", Accept_Encoding="gzip")
        assert (asked["method"], asked["path"], asked["size"]) == (method, "/up/a%20b/c?q=1&q=%2F", 5)
        headers = {name.lower(): value for name, value in asked["headers"].items()}
        assert headers["host"] == upstream.removeprefix("http://")
        assert (headers["x-own"], headers["accept-encoding"], headers["x-forwarded-for"]) == ("1", "gzip", "127.0.0.1")
        assert not {"user-agent", "accept", "cookie"} & headers.keys()
        said = {name.lower(): value for name, value in response.headers}
        assert (response.status, said["x-up"], said["set-cookie"]) == (201, "yes", "a=1")
        assert "keep-alive" not in said

    def test_no_cookie_of_one_caller_reaches_the_next(self, ask: Any) -> None:
        ask("GET", "/web/a")
        assert "Cookie" not in ask("GET", "/web/a")[1]["headers"]

    def test_head_has_no_body(self, ask: Any) -> None:
        response, _ = ask("HEAD", "/rest/a")
        assert (response.status, response.body) == (201, b"")

    def test_the_integration_s_method(self, ask: Any) -> None:
        assert ask("POST", "/get")[1]["method"] == "GET"

    def test_redirects_and_packed_answers_pass(self, ask: Any) -> None:
        moved, _ = ask("GET", "/web/moved")
        assert (moved.status, dict(moved.headers)["Location"]) == (302, "/elsewhere")
        packed, _ = ask("GET", "/web/packed")
        assert (packed.body, dict(packed.headers)["Content-Encoding"]) == (b"\x1f\x8bnot really", "gzip")

    def test_bodies_have_a_limit(self, ask: Any) -> None:
        assert ask("POST", "/rest/a", bytes(MAX_BODY))[1]["size"] == MAX_BODY
        assert ask("POST", "/rest/a", bytes(MAX_BODY + 1))[0].status == 413
        assert ask("GET", "/rest/big")[0].status == 502

    def test_a_server_that_is_not_there(self, ask: Any, harness: Any) -> None:
        assert ask("GET", "/none")[1] == {"message": "Network error communicating with endpoint"}
        assert [ask("GET", path)[0].status for path in ("/none", "/nothing")] == [504, 503]
        assert harness.counts.routes["Shop", "GET", "/none", 504] == 2
        assert "GET http://127.0.0.1" in str(harness.lines)

    def test_a_path_that_leads_out(self, ask: Any) -> None:
        assert ask("GET", "/rest/a/%2e%2e/%2e%2e/b")[0].status == 400

    def test_callers_are_checked_first(self, ask: Any) -> None:
        assert ask("GET", "/closed")[0].status == 401

    def test_the_time_is_up(self, ask: Any) -> None:
        response, said = ask("GET", "/hold")
        assert (response.status, said) == (504, {"message": "Endpoint request timed out"})
