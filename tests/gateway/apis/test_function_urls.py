"""Function URLs: which request means one, what the function receives, what the client gets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.invocation import Ending, Outcome
from esb_wire.http.messages import Request, Response

HERE = ["Host", "localhost:8080"]
FUNCTIONS = {
    "functions": {
        "Open-One": {
            "handler": "a.h",
            "runtime": "python3.12",
            "url": {"auth_type": "NONE", "cors": {"allow_origins": ["https://shop.example"], "allow_methods": ["GET"]}},
        },
        "signed": {
            "handler": "a.h",
            "runtime": "python3.12",
            "aliases": ["live"],
            "url": {"auth_type": "AWS_IAM", "qualifier": "live"},
        },
        "hidden": {"handler": "a.h", "runtime": "python3.12"},
    }
}
ROUTES = {"routes": [{"path": "/{all+}", "method": "ANY", "function": "hidden"}]}

# As recorded on AWS: LocalStack's snapshot test test_lambda_permission_url_invocation.
FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)

Ask = Callable[..., Response]


@pytest.fixture
def urls(harness: Any, done: Callable[[str], Outcome]) -> Any:
    harness.configuration = read_configuration(FUNCTIONS, ROUTES)
    harness.invoker.answer = lambda _: done('{"statusCode":200,"body":"here"}')
    return harness


@pytest.fixture
def ask(urls: Any, make_request: Callable[..., Request]) -> Ask:
    def one(*asked: Any, **more: Any) -> Response:
        (response,) = urls.ask(make_request(*asked, **more))
        assert isinstance(response, Response)
        return response

    return one


def event_of(harness: Any) -> dict[str, Any]:
    event = json.loads(harness.invoker.submitted[-1].payload)
    assert isinstance(event, dict)
    return event


@pytest.mark.parametrize(
    ("host", "target", "reached"),
    [
        ("localhost:8080", "/_url/Open-One", ("Open-One", "/")),
        ("localhost:8080", "/_url/Open-One/a%2Fb/?x=1", ("Open-One", "/a%2Fb/")),
        ("open-one.lambda-url.localhost:8080", "/a", ("Open-One", "/a")),
        ("Open-One.lambda-url.eu-west-1.on.aws", "/_url/signed/a", ("Open-One", "/_url/signed/a")),
        ("localhost", "/_url/hidden/a", ("hidden", "/_url/hidden/a")),
        ("localhost", "/_url/open-one/a", ("hidden", "/_url/open-one/a")),
        ("open-one.example", "/a", ("hidden", "/a")),
    ],
)
def test_which_function_a_request_means(ask: Ask, urls: Any, host: str, target: str, reached: tuple[str, str]) -> None:
    assert ask("GET", target, [["Host", host]]).body == b"here"
    function, path = reached
    assert urls.invoker.submitted[0].function == function
    assert event_of(urls)["rawPath"] == path
    assert event_of(urls)["requestContext"]["http"]["path"] == unquote(path)


def test_a_host_of_a_url_that_does_not_exist(ask: Ask, urls: Any) -> None:
    response = ask("GET", "/a", [["Host", "hidden.lambda-url.localhost"]])
    assert (response.status, response.body) == (403, b'{"Message":null}')
    assert dict(response.headers)["x-amzn-ErrorType"] == "AccessDeniedException"
    assert urls.invoker.submitted == []


@pytest.mark.parametrize(
    ("result", "body"),
    [
        ('{"hello": "world"}', b'{"hello":"world"}'),
        ('["hello", 3, true]', b'["hello",3,true]'),
        ('{"statusCode": 200, "body": {"hello": "world"}}', b'{"hello":"world"}'),
        ('{"statusCode": 200, "body": "{\\"hello\\": \\"world\\"}"}', b'{"hello": "world"}'),
        ("3.1", b"3.1"),
        ('"hello"', b"hello"),
    ],
)
def test_results_that_are_objects_are_compact(ask: Ask, urls: Any, result: str, body: bytes) -> None:
    """As recorded on AWS: LocalStack's snapshot tests test_lambda_url_invocation."""
    urls.invoker.answer = lambda _: Outcome(Ending.DONE, result.encode())
    response = ask("GET", "/_url/Open-One/")
    assert (response.status, response.body) == (200, body)
    assert dict(response.headers)["Content-Type"] == "application/json"


def test_the_event_of_an_open_url(ask: Ask, urls: Any) -> None:
    """The shape of "Request payload format" in Lambda's guide."""
    headers = [HERE, ["User-Agent", "curl"], ["Cookie", "a=1; b=2"], ["Content-Type", "text/plain"]]
    response = ask("POST", "/_url/Open-One/my/path?p=1&p=2&q=x", headers, "grüß".encode())
    event = event_of(urls)
    invocation = urls.invoker.submitted[0]
    trace = invocation.trace_id.partition(";")[0]
    assert event == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my/path",
        "rawQueryString": "p=1&p=2&q=x",
        "cookies": ["a=1", "b=2"],
        "headers": {
            "host": "localhost:8080",
            "user-agent": "curl",
            "content-type": "text/plain",
            "x-amzn-trace-id": trace,
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "8080",
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": {"p": "1,2", "q": "x"},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "Open-One",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "http": {
                "method": "POST",
                "path": "/my/path",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "curl",
            },
            "requestId": invocation.request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": "17/Jan/2024:15:32:16 +0000",
            "timeEpoch": 1705505536500,
        },
        "body": "grüß",
        "isBase64Encoded": False,
    }
    assert dict(response.headers)["x-amzn-RequestId"] == invocation.request_id
    assert dict(response.headers)["X-Amzn-Trace-Id"] == trace


class TestSigned:
    def request(self, credentials: Any, target: str, body: bytes = b"") -> list[list[str]]:
        """The headers of a request as botocore signs it for a function URL."""
        asked = AWSRequest("POST", f"http://localhost:8080{target}", data=body, headers={"Host": "localhost:8080"})
        SigV4Auth(Credentials(credentials.access_key, credentials.secret_key), "lambda", "eu-west-1").add_auth(asked)
        return [[name, value] for name, value in asked.headers.items()]

    def test_the_event_says_who_called(self, ask: Ask, urls: Any, credentials: Any) -> None:
        urls.credentials, urls.clock = credentials, time.time
        headers = self.request(credentials, "/_url/signed/a%20b?x=1", b"{}")
        assert ask("POST", "/_url/signed/a%20b?x=1", headers, b"{}").status == 200
        context = event_of(urls)["requestContext"]
        assert list(context)[:3] == ["accountId", "apiId", "authorizer"]
        assert context["accountId"] == "123456789012"
        assert context["authorizer"] == {
            "iam": {
                "accessKey": credentials.access_key,
                "accountId": "123456789012",
                "callerId": "123456789012",
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": "arn:aws:iam::123456789012:root",
                "userId": "123456789012",
            }
        }
        assert urls.invoker.submitted[0].arn.endswith(":function:signed:live")

    @pytest.mark.parametrize("spoil", [lambda _: [HERE], lambda headers: [*headers[:-1], [headers[-1][0], "AWS4"]]])
    def test_who_does_not_sign_is_forbidden(self, ask: Ask, urls: Any, credentials: Any, spoil: Any) -> None:
        urls.credentials, urls.clock = credentials, time.time
        response = ask("POST", "/_url/signed/", spoil(self.request(credentials, "/_url/signed/")))
        assert (response.status, json.loads(response.body)) == (403, {"Message": FORBIDDEN})
        assert dict(response.headers)["x-amzn-ErrorType"] == "AccessDeniedException"
        assert urls.invoker.submitted == []

    def test_a_signature_covers_the_body(self, ask: Ask, urls: Any, credentials: Any) -> None:
        urls.credentials, urls.clock = credentials, time.time
        assert ask("POST", "/_url/signed/", self.request(credentials, "/_url/signed/", b"a"), b"b").status == 403

    def test_without_credentials_to_check_against_everyone_may_call(self, ask: Ask, urls: Any) -> None:
        assert ask("GET", "/_url/signed/").status == 200
        assert "authorizer" not in event_of(urls)["requestContext"]


@pytest.mark.parametrize(
    ("outcome", "status", "body"),
    [
        (Outcome(Ending.DONE, b'{"a":1}'), 200, b'{"a":1}'),
        (Outcome(Ending.DONE, b'"text"'), 200, b"text"),
        (Outcome(Ending.DONE, b'{"statusCode":201,"body":"eA==","isBase64Encoded":true}'), 201, b"x"),
        (Outcome(Ending.DONE, b'{"statusCode":"none"}'), 502, b"Internal Server Error"),
        (Outcome(Ending.DONE, b"{"), 502, b"Internal Server Error"),
        (Outcome(Ending.FUNCTION_ERROR, b"{}"), 502, b"Internal Server Error"),
        (Outcome(Ending.TIMED_OUT, b"{}"), 502, b"Internal Server Error"),
        (Outcome(Ending.STOPPED, b"{}"), 503, b"Service Unavailable"),
        (Outcome(Ending.NOT_RUN, b"{}"), 429, b'{"Message":"Too Many Requests"}'),
    ],
)
def test_what_the_client_gets(ask: Ask, urls: Any, outcome: Outcome, status: int, body: bytes) -> None:
    urls.invoker.answer = lambda _: outcome
    response = ask("GET", "/_url/Open-One/")
    assert (response.status, response.body) == (status, body)


def test_an_answer_is_json_unless_it_says_otherwise(ask: Ask, urls: Any, done: Callable[[str], Outcome]) -> None:
    assert dict(ask("GET", "/_url/Open-One/").headers)["Content-Type"] == "application/json"
    urls.invoker.answer = lambda _: done('{"statusCode":200,"headers":{"content-type":"text/html"},"cookies":["a=1"]}')
    headers = dict(ask("GET", "/_url/Open-One/").headers)
    assert (headers["content-type"], headers["Set-Cookie"], "Content-Type" in headers) == ("text/html", "a=1", False)


def test_a_throttled_function(ask: Ask, urls: Any) -> None:
    urls.invoker.throttle = "x"
    assert ask("GET", "/_url/Open-One/").status == 429


def test_an_event_over_6_mb(ask: Ask, urls: Any) -> None:
    assert ask("POST", "/_url/Open-One/", body=b"x" * (6 * 1024 * 1024)).status == 413
    assert ask("POST", "/_url/Open-One/", too_large=True).status == 413
    assert urls.invoker.submitted == []


class TestCors:
    def allowed(self, response: Response) -> dict[str, str]:
        return {name: value for name, value in response.headers if name.startswith("Access-Control-")}

    def test_a_preflight_does_not_run_the_function(self, ask: Ask, urls: Any) -> None:
        headers = [HERE, ["Origin", "https://shop.example"], ["Access-Control-Request-Method", "GET"]]
        response = ask("OPTIONS", "/_url/Open-One/", headers)
        assert (response.status, urls.invoker.submitted) == (200, [])
        assert self.allowed(response) == {
            "Access-Control-Allow-Origin": "https://shop.example",
            "Access-Control-Allow-Methods": "GET",
        }

    def test_the_functions_own_headers_are_replaced(self, ask: Ask, urls: Any, done: Callable[[str], Outcome]) -> None:
        urls.invoker.answer = lambda _: done('{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*"}}')
        mine = ask("GET", "/_url/Open-One/", [HERE, ["Origin", "https://shop.example"]])
        assert self.allowed(mine) == {"Access-Control-Allow-Origin": "https://shop.example"}
        assert self.allowed(ask("GET", "/_url/Open-One/", [HERE, ["Origin", "https://evil.example"]])) == {}

    def test_without_configuration_options_is_a_method_like_any_other(self, ask: Ask, urls: Any) -> None:
        headers = [HERE, ["Origin", "https://shop.example"], ["Access-Control-Request-Method", "GET"]]
        ask("OPTIONS", "/_url/signed/", headers)
        assert event_of(urls)["requestContext"]["http"]["method"] == "OPTIONS"
