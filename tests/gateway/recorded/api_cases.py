"""Recorded answers of REST APIs, and the events that their functions received."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.gateway.recorded.application import Application, Response
from tests.gateway.recorded.recordings import Case, Headers, asking, parsed

_PROXY_PATHS = {
    "invocation-payload-without-trailing-slash": "/stage/proxy-value",
    "invocation-payload-with-trailing-slash": "/stage/proxy-value/",
    "invocation-payload-with-double-slash": "/stage/proxy-value//double-slash",
    "invocation-payload-with-prepended-slash-to-stage": "//stage/proxy-value",
    "invocation-payload-with-prepended-slash": "/stage//proxy-value",
    "invocation-payload-without-trailing-slash-and-query-params": "/stage/proxy-value?urlparam=test",
    "invocation-payload-with-trailing-slash-and-query-params": "/stage/proxy-value/?urlparam=test",
    "invocation-payload-with-path-encoded-email": (
        "/stage/proxy-value/api/user/test%2Balias@gmail.com/plus/test+alias@gmail.com"
    ),
    "invocation-payload-with-params-encoding": (
        "/stage/proxy-value/api?dateTimeOffset=2023-06-12T18:05:10.123456+00:00&email=test%2Balias@gmail.com"
        "&plus=test+alias@gmail.com&url=https://www.google.com/&whitespace=foo%20bar&zhash=abort/"
    ),
    "invocation-payload-with-params-encoding-multi": (
        "/stage/proxy-value?category=electronics&category=books&price=10&price=20&price=30"
    ),
    "invocation-hardcoded": "/stage//hardcoded",
}
# An edge-optimized API, as recorded, has CloudFront in front of it
_CLOUDFRONT = r"\.(headers|multiValueHeaders)\.(CloudFront-.*|Via|X-Amz-Cf-Id)$"
# Which connection is kept, and how long a body is that has what CloudFront adds, is not the API's
_CONNECTION = r"\.response-headers\.(connection|content-length)$"

_SENT = (
    ("Accept", "application/json"),
    ("Accept-Charset", "UTF-8"),
    ("Accept-Encoding", "br"),
    ("Age", "request_Age"),
    ("Authorization", "Unauthorized"),
    ("Content-Encoding", "deflate"),
    ("Content-MD5", "request_Content-MD5"),
    ("Content-Type", "application/json"),
    ("Date", "Sun, 01 Dec 2024 00:00:00 GMT"),
    ("Max-Forwards", "2"),
    ("Pragma", "cache"),
    ("Proxy-Authenticate", "request_Proxy-Authenticate"),
    ("Range", "bytes=500-999"),
    ("Referer", "https://example.com/"),
    ("Server", "request_Server"),
    ("User-Agent", "localStack/0.0"),
    ("Warn", "299 localStack/0.0"),
    ("WWW-Authenticate", "request_WWW-Authenticate"),
)

# Headers that must not be mapped
INVALID_FOR_FUNCTIONS = (
    *("authorization", "connection", "content-length", "expect", "proxy-authenticate", "te", "transfer-encoding"),
)


def cases() -> Iterator[Case]:
    yield from _events()
    yield from _mocks()
    yield from _validators()
    yield from _forwarded()


def _events() -> Iterator[Case]:
    def event(application: Application, path: str) -> Any:
        sent = (
            ("User-Agent", "python-requests/testing"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept", "*/*"),
            ("Connection", "keep-alive"),
            ("tEsT-HEADeR", "aValUE"),
            ("authorization", "random-value"),
        )
        return application.request("ProxyApi.localhost", "GET", path, sent).json

    def posted(application: Application, path: str) -> Any:
        sent = (
            ("User-Agent", "python-requests/testing"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept", "*/*"),
            ("Connection", "keep-alive"),
            ("Content-Type", "application/json;charset=utf-8"),
            ("authorization", "Bearer token123;API key456"),
        )
        received = application.request("ProxyApi.localhost", "POST", path, sent, '{"message": "hello world"}').json
        return {**received, "body": parsed(received["body"])}

    module, test = "apigateway/test_apigateway_lambda", "test_lambda_aws_proxy_integration"
    for step, path in _PROXY_PATHS.items():
        send = posted if step.endswith("-multi") else event
        yield Case("REST: events of functions", module, test, step, asking(send, path), (_CLOUDFRONT,))
    yield Case(
        "REST: events of functions",
        module,
        f"{test}_non_post_method",
        "invocation-payload-with-get-proxy-method",
        lambda application: application.request("ForwardApi.localhost", "GET", "/dev/get-function").json,
    )

    def remapped(application: Application, path: str) -> Any:
        response = application.request("ForwardApi.localhost", "GET", path, _SENT)
        return _with_response_headers(response, {name: response.json[name] for name in ("body", "headers")})

    module, test = "apigateway/test_apigateway_integrations", "test_apigateway_header_remapping_aws[AWS_PROXY]"
    for step in INVALID_FOR_FUNCTIONS:
        yield Case(
            "REST: events of functions", module, test, step, asking(_failed, f"/dev/function-{step}"), (_CONNECTION,)
        )
    for step, path in (("no-param-integration", "/dev/function"), ("full-integration", "/dev/mapped-function")):
        ignored = (_CLOUDFRONT, _CONNECTION)
        yield Case("REST: events of functions", module, test, step, asking(remapped, path), ignored)


def _mocks() -> Iterator[Case]:
    area = "REST: MOCK integrations, routes"
    module = "apigateway/test_apigateway_basic"
    for passthrough in ("NEVER", "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES"):
        for method in ("GET", "POST"):
            for kind, prefix in (("HOST", "/dev"), ("PATH", "")):  # with and without the stage
                test = f"test_mock_integration_response[{passthrough}-UrlType.{kind}_BASED-{method}]"
                ask = asking(_mock, method, f"{prefix}/{passthrough}")
                yield Case(area, module, test, "mock-response", ask)

    def not_found(response: Response) -> Any:
        return {"errorType": response.headers.get_header("x-amzn-ErrorType"), "content": response.json}

    module, test, host = "apigateway/test_apigateway_common", "test_routing_not_found", "MockApi.localhost"
    yield Case(
        area, module, test, "working-route", lambda application: application.request(host, "GET", "/dev/exists").json
    )
    yield Case(
        area, module, test, "not-found", lambda application: not_found(application.request(host, "GET", "/dev/random"))
    )
    yield Case(
        area,
        module,
        test,
        "wrong-method",
        lambda application: not_found(application.request(host, "POST", "/dev/exists")),
    )


def _mock(application: Application, method: str, path: str) -> Any:
    body = "{}" if method == "POST" else ""
    return application.request("MockApi.localhost", method, path, [("Content-Type", "application/json")], body).json


def _validators() -> Iterator[Case]:
    module = "apigateway/test_apigateway_common"

    def ask(application: Application, path: str, body: Any) -> Any:
        sent = [("Content-Type", "application/json")]
        return application.request("ModelApi.localhost", "POST", path, sent, json.dumps(body)).json

    for test, step, path, body in (
        ("models", "successful", "/dev/list", [{"a": 1, "b": 2}]),
        ("models", "failed-validation", "/dev/list", [{"a": 1}]),
        ("one_ofmodels", "successful", "/dev/one", {"status": None}),
        ("one_ofmodels", "successful-with-data", "/dev/one", {"status": {"Status": "active", "Order": 1}}),
        ("one_ofmodels", "failed-validation-no-data", "/dev/one", {}),
        ("one_ofmodels", "failed-validation-bad-data", "/dev/one", {"status": {"Status": "active", "Order": "one"}}),
    ):
        yield Case(
            "REST: request validators",
            module,
            f"test_api_gateway_request_validator_with_ref_{test}",
            step,
            asking(ask, path, body),
        )


def _forwarded() -> Iterator[Case]:
    area = "REST: HTTP_PROXY integrations"

    def url(application: Application) -> Any:
        sent = (
            ("User-Agent", "test/integration"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept", "application/xml"),
            ("Content-Type", "application/json"),
        )
        response = application.request("ForwardApi.localhost", "POST", "/dev/url", sent, '{"message": "hello world"}')
        return {"content": response.json, "headers": response.headers, "status_code": response.status}

    def target(application: Application, path: str) -> Any:
        response = application.request("ForwardApi.localhost", "GET", path, _SENT)
        answer = {**response.json, "headers": Headers(response.json["headers"])}
        return _with_response_headers(response, answer)

    yield Case(
        area,
        "apigateway/test_apigateway_http",
        "test_http_integration_with_lambda[HTTP_PROXY]",
        "http-invocation-lambda-url",
        url,
        (r"\.content\.headers\.x-amzn-tls-", r"\.headers\.connection$"),  # no TLS here
    )
    module = "apigateway/test_apigateway_integrations"
    test = "test_apigateway_header_remapping_http[HTTP_PROXY]"
    # The recorded server hides X-Forwarded-*; that AWS sends X-Forwarded-For is in the recording above
    ignored: tuple[str, ...] = (
        _CONNECTION,
        r"\.response-headers\.x-amzn-remapped-content-length$",
        r"\.headers\.x-forwarded-",
    )
    yield Case(area, module, test, "no-param-integration", asking(target, "/dev/target"), ignored)
    # The recorded integration also maps Host to that of the client
    ignored = (*ignored, r"\.headers\.host$")
    yield Case(area, module, test, "full-integration", asking(target, "/dev/mapped-target"), ignored)
    for step in ("content-length", "transfer-encoding"):  # headers that must not be mapped
        yield Case(area, module, test, step, asking(_failed, f"/dev/target-{step}"), (_CONNECTION,))


def _failed(application: Application, path: str) -> Any:
    response = application.request("ForwardApi.localhost", "GET", path, _SENT)
    return _with_response_headers(response, {"body": response.json})


def _with_response_headers(response: Response, answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "response-headers": response.headers}
